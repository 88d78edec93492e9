import { createHash } from "node:crypto";
import { BUILT_IN } from "../emitters/index.js";
import { generate } from "../generate.js";
import type { ServerSpec } from "../ir/spec.js";
import { FIXTURES } from "./fixture.js";
import { keptSpec } from "./snapshot.js";

/** `<emitter>/<path>` → text of each file that the built-in emitters make of a spec, in their order. */
export async function emitAll(spec: ServerSpec): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for (const emitter of BUILT_IN)
    for (const { path, contents } of await generate({ spec, emitters: [{ emitter, options: {} }] }))
      all.set(`${emitter.name}/${path}`, contents);
  return all;
}

/** The same with SHA-256 for text. */
export async function digestOf(spec: ServerSpec): Promise<Record<string, string>> {
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  return Object.fromEntries([...(await emitAll(spec))].map(([path, text]) => [path, digest(text)]));
}

// As a program: the digests of one fixture, for a test to compare across processes.
const [, program = "", given] = process.argv;
if (program.endsWith("digest.ts")) {
  const fixture = FIXTURES.find((name) => name === given);
  if (!fixture) throw new Error(`no such fixture: ${String(given)}`);
  console.log(JSON.stringify(await digestOf(await keptSpec(fixture))));
}
