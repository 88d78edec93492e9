import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { packageRoot } from "../package-root.js";

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, without a shell. Throws what `spawn` throws where there is no such program. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd }: { readonly cwd: string },
): Promise<RunResult> {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

/** A program that a package of ours brought: no npx, which might ask the network. */
export const ownProgram = (name: string): string => join(packageRoot(), "node_modules", ".bin", name);

/** Where a program lies on the PATH; undefined where it does not. */
export function systemProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
