import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BUILT_IN } from "../emitters/index.js";
import { generate } from "../generate.js";
import { byCodeUnit } from "../ir/order.js";
import { FIXTURES } from "./fixture.js";
import { keptSpec, matchSnapshot, snapshotOf } from "./snapshot.js";

const listing = async (folder: string): Promise<string[]> => {
  const path = fileURLToPath(new URL(`../../snapshots/${folder}`, import.meta.url));
  return (await readdir(path)).sort(byCodeUnit);
};

it("keeps snapshots of the fixtures and of nothing else", async () => {
  expect(await listing("")).toEqual([...FIXTURES]);
});

describe.each(FIXTURES)("snapshots/%s", (fixture) => {
  it("holds the spec, the emitters' folders and nothing else", async () => {
    expect(await listing(fixture)).toEqual([...BUILT_IN.map(({ name }) => name), "spec.json"].sort(byCodeUnit));
  });

  it.each(BUILT_IN)("$name", async (emitter) => {
    const files = await generate({ spec: await keptSpec(fixture), emitters: [{ emitter, options: {} }] });
    await matchSnapshot(`${fixture}/${emitter.name}`, snapshotOf(files));
  });
});
