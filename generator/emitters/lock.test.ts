import { describe, expect, it } from "vitest";
import { generate } from "../generate.js";
import { lockServer, parseLock, printLock, settleContract } from "../ir/lock-file.js";
import { openLock, type Settled } from "../ir/lock.js";
import { readSpec } from "../ir/read.js";
import { itemKeys } from "../ir/route.js";
import type { ServerSpec } from "../ir/spec.js";
import { keptSpec } from "../testing/snapshot.js";
import { BUILT_IN } from "./index.js";

// The project emitter asks for the names of the client.
const EMITTERS = BUILT_IN.filter(({ name }) => name !== "project").map((emitter) => ({ emitter, options: {} }));

interface Run {
  readonly settled: Settled;
  /** Of mcpgen.lock. */
  readonly text: string;
  readonly files: ReadonlyMap<string, string>;
}

/** One run as the command line does it: everything that the next one knows goes through the text of the lock. */
async function run(given: ServerSpec, before?: Run): Promise<Run> {
  const old = before && parseLock(before.text, "mcpgen.lock").servers["demo"];
  const spec = settleContract(given);
  const book = openLock(old);
  const files = new Map<string, string>();
  for (const one of EMITTERS)
    for (const { path, contents } of await generate({ spec, emitters: [one], lock: book }))
      files.set(`${one.emitter.name}/${path}`, contents);
  const settled = book.settled(itemKeys(spec));
  return { settled, files, text: printLock({ lockVersion: 1, servers: { demo: lockServer(spec, settled) } }) };
}

/** `TARGET OWNER KEY` → name, and the line of a number. */
function linesOf({ names, numbers }: Settled): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [target, owners] of Object.entries(names))
    for (const [owner, map] of Object.entries(owners))
      for (const [key, name] of Object.entries(map)) lines.set([target, owner, key].join(" "), name);
  for (const [target, owners] of Object.entries(numbers))
    for (const [owner, { live }] of Object.entries(owners))
      for (const [key, line] of Object.entries(live)) lines.set([target, owner, key].join(" "), line);
  return lines;
}

const every = (spec: ServerSpec, picks: (i: number) => boolean): ServerSpec =>
  readSpec({ ...spec, tools: spec.tools.filter((_, i) => picks(i)), diagnostics: [] }, "some");

describe.each(["everything", "names", "schemas"] as const)("what is settled for %s", (fixture) => {
  it("is the same after another run, and so is every file", async () => {
    const spec = await keptSpec(fixture);
    const first = await run(spec);
    expect(linesOf(first.settled).size).toBeGreaterThan(10);
    const second = await run(readSpec({ ...spec, tools: [...spec.tools].reverse(), diagnostics: [] }, "turned"), first);
    expect(second.settled).toEqual(first.settled);
    expect(second.files).toEqual(first.files);
  });

  it("stays when tools come between", async () => {
    const spec = await keptSpec(fixture);
    const before = await run(every(spec, (i) => i % 3 !== 1));
    const after = await run(spec, before);
    const [old, now] = [linesOf(before.settled), linesOf(after.settled)];
    expect(now.size).toBeGreaterThan(old.size);
    const moved = [...old].filter(([key, line]) => now.get(key) !== line);
    expect(moved).toEqual([]);
  });

  it("stays when tools go, and is there again when they come back", async () => {
    const spec = await keptSpec(fixture);
    const before = await run(spec);
    const less = await run(
      every(spec, (i) => i % 3 !== 1),
      before,
    );
    const [old, now] = [linesOf(before.settled), linesOf(less.settled)];
    const moved = [...now].filter(([key, line]) => old.get(key) !== line && old.has(key));
    expect(moved).toEqual([]);
    const back = await run(spec, less);
    const numbers = ({ settled }: Run): Settled["numbers"] => settled.numbers;
    expect(numbers(back)).toEqual(numbers(before));
  });
});
