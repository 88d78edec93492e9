import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { packageRoot } from "../package-root.js";

export const MODULES = ["nodenext", "bundler"] as const;
export type ModuleKind = (typeof MODULES)[number];

export interface CompileError {
  /** Relative to the compiled folder, "/"-separated; empty where the compiler itself failed. */
  readonly file: string;
  /** The compiler's line. */
  readonly text: string;
}

/** The libraries' own declarations are checked as well: the SDK's need those of the browser, which are there by default. */
const STRICT = {
  strict: true,
  target: "ES2022",
  types: ["node"],
  skipLibCheck: false,
  noEmit: true,
  isolatedModules: true,
};
/** As strict as users have it. Neither implies the other: exact optional members also let pass what plain strictness refuses. */
const STRICTER = { noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noImplicitOverride: true };

export interface CompileOptions {
  readonly module: ModuleKind;
  /** Folders that count as one. */
  readonly rootDirs: readonly string[];
}

/** Type-checks every TypeScript file below `folder` in one run of tsc. The folder finds its packages by itself. */
export function compileFolder(folder: string, { module, rootDirs }: CompileOptions): Promise<readonly CompileError[]> {
  const modules =
    module === "nodenext" ? { module: "NodeNext", ...STRICTER } : { module: "ESNext", moduleResolution: "Bundler" };
  return compile(folder, module, { ...STRICT, ...modules, rootDirs });
}

/** The same of code that other tools made: strict, as they promise, and no more; their libraries are not ours to check. */
export const compileForeign = (folder: string): Promise<readonly CompileError[]> =>
  compile(folder, "foreign", {
    ...{ ...STRICT, module: "ESNext", moduleResolution: "Bundler", skipLibCheck: true, isolatedModules: false },
    lib: ["ES2023", "DOM", "DOM.Iterable"],
  });

async function compile(folder: string, name: string, compilerOptions: object): Promise<readonly CompileError[]> {
  const config = join(folder, `tsconfig.${name}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
  const tsc = join(packageRoot(), "node_modules", "typescript", "bin", "tsc");
  const argv = ["--max-old-space-size=6000", tsc, "-p", config, "--pretty", "false"];
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  const errors = stdout.split("\n").flatMap((line) => {
    const found = /^(?:(.+?)\(\d+,\d+\): )?error TS\d+: /.exec(line);
    return found ? [{ file: (found[1] ?? "").replaceAll("\\", "/"), text: line }] : [];
  });
  if (code !== 0 && errors.length === 0)
    return [{ file: "", text: `tsc (${name}) ended with ${String(code)}: ${(stdout + stderr).slice(0, 2000)}` }];
  return errors;
}
