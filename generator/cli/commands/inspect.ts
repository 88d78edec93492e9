import { resolve } from "node:path";
import { lint } from "../../ir/lint.js";
import type { Diagnostic, ServerSpec } from "../../ir/spec.js";
import { writeFileWhole } from "../../output/file.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import { GeneratorError } from "../../errors.js";
import { paint } from "../paint.js";
import { readServer } from "../read-server.js";
import { selectServer, theServer } from "../select.js";
import { describeServer } from "./inspect-human.js";

/** `mcpgen inspect`: what a server offers, to stdout or a file. */
export async function inspect(invocation: Invocation): Promise<number> {
  const { flags, print, cwd } = invocation;
  const given = flags.text("format");
  if (flags.flag("json") && given !== undefined && given !== "json")
    throw new GeneratorError("usage", `two formats are given: --json and --format ${given}`, {
      hint: "give one of them",
    });
  const format = flags.flag("json") ? "json" : (given ?? "human");
  const output = flags.text("output");
  const server = await theServer(await selectServer(invocation), invocation);
  const spec = await readServer(server, invocation);
  const findings = lint(spec);
  const toFile = output !== undefined && output !== "-";
  const text =
    format === "json"
      ? `${JSON.stringify({ ...spec, findings }, null, 2)}\n`
      : format === "yaml"
        ? await yaml(spec, findings)
        : describeServer(spec, findings, {
            paint: toFile ? paint(false) : print.paint,
            width: toFile ? 100 : print.width,
          });
  if (!toFile) print.out(text);
  else {
    await writeFileWhole(resolve(cwd, output), text);
    print.note(`wrote ${output}`);
  }
  return EXIT.done;
}

async function yaml(spec: ServerSpec, findings: readonly Diagnostic[]): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify({ ...spec, findings }, { lineWidth: 0, aliasDuplicateObjects: false });
}
