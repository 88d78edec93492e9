import { printClient } from "../../emit/client.js";
import type { EmitContext, EmittedFile } from "../../emit/emitter.js";
import { fileHeader } from "../../emit/header.js";
import { printTypes } from "../../emit/types.js";
import { printValidators, VALIDATOR_ENTRY } from "../../emit/validators.js";
import { planNames } from "../../ir/names.js";
import type { ServerSpec } from "../../ir/spec.js";
import type { ProjectOptions } from "./options.js";
import { BACKEND_PARTS, frontendModules } from "./transport.js";
import { backendKind, projectView } from "./view.js";

/** Template → file of the project. */
const TEXTS: Readonly<Record<string, string>> = {
  "package.json": "package.json",
  "tsconfig.json": "tsconfig.json",
  "build.mjs": "build.mjs",
  "README.md": "README.md",
  gitignore: ".gitignore",
  dockerignore: ".dockerignore",
  Dockerfile: "Dockerfile",
  "env.example": ".env.example",
  "main.ts": "src/main.ts",
  "config.ts": "src/config.ts",
};

export async function emit(
  spec: ServerSpec,
  options: ProjectOptions,
  context: EmitContext,
): Promise<readonly EmittedFile[]> {
  const names = planNames(spec, context.lock);
  const { files, packages } = await context.vendor(runtimeEntries(options, context));
  const header = fileHeader(spec);
  const view = projectView({ spec, names, header, options, context, packages });
  const text = (template: string): string => context.render(template, view);
  const client = printClient(spec, names, { typesModule: "./types.gen.js", header });
  return [
    ...Object.entries(TEXTS).map(([template, path]) => ({ path, contents: text(template) })),
    { path: "src/hooks.ts", contents: text("hooks.ts"), once: true },
    // Laid out by their printers, or one literal: formatting megabytes again would take longer than all the rest.
    { path: "src/hook-types.gen.ts", contents: text("hook-types.gen.ts"), verbatim: true },
    { path: "src/spec.gen.ts", contents: text("spec.gen.ts"), verbatim: true },
    { path: "src/types.gen.ts", contents: await printTypes(spec, names), verbatim: true },
    { path: "src/client.gen.ts", contents: client, verbatim: true },
    { path: "src/validate.gen.ts", contents: (await printValidators(spec)).text, verbatim: true },
    ...files,
  ];
}

/** What main.ts, config.ts and the generated types import. */
function runtimeEntries(options: ProjectOptions, context: EmitContext): readonly string[] {
  const backend = BACKEND_PARTS[backendKind(options, context.target)];
  return [
    "app/console.ts",
    "app/run.ts",
    "app/relay-settings.ts",
    "app/settings.ts",
    `app/${backend.settings}.ts`,
    `backends/${backend.module}.ts`,
    ...frontendModules(options.frontends),
    "contract/contract.ts",
    "contract/hooks.ts",
    VALIDATOR_ENTRY,
  ];
}
