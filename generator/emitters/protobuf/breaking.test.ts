import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLock, type Settled } from "../../ir/lock.js";
import { inOrder } from "../../ir/order.js";
import { itemKeys } from "../../ir/route.js";
import { places } from "../../ir/walk.js";
import type { Json, JsonObject, ServerSpec, ToolSpec } from "../../ir/spec.js";
import { keptSpec } from "../../testing/snapshot.js";
import { emit } from "./emit.js";
import { parseOptions } from "./options.js";

const BUF = resolve(import.meta.dirname, "../../../node_modules/.bin/buf");
const FIXTURES = ["everything", "names", "schemas"] as const;
const run = promisify(execFile);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-proto-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Answers of buf, a finding a line; throws where buf could not run at all. */
async function buf(version: string, args: readonly string[]): Promise<string[]> {
  try {
    await run(BUF, [...args], { cwd: join(folder, version), maxBuffer: 1 << 28 });
    return [];
  } catch (error) {
    const { code, stdout = "" } = error as { readonly code?: unknown; readonly stdout?: string };
    if (code !== 100) throw error;
    return stdout.split("\n").filter((line) => line !== "");
  }
}

/** The files of one version, and what is settled then. */
async function write(version: string, spec: ServerSpec, before?: Settled): Promise<Settled> {
  const lock = openLock(before);
  for (const { path, contents } of emit(inOrder(spec), parseOptions({}), { lock })) {
    const file = join(folder, version, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, contents);
  }
  return lock.settled(itemKeys(spec));
}

type Change = (properties: [string, Json][]) => [string, Json][];

/** The spec with the properties and the enum values of all schemas changed. */
function changed(spec: ServerSpec, properties: Change, values: (all: Json[]) => Json[]): ServerSpec {
  const tools = structuredClone(spec.tools) as unknown as Record<string, Json>[];
  for (const tool of tools)
    for (const { value, role } of [...places(tool["inputSchema"]), ...places(tool["outputSchema"])]) {
      const schema = value as Record<string, Json>;
      const members = schema["properties"];
      if (role !== "schema") continue;
      if (typeof members === "object" && members !== null && !Array.isArray(members))
        schema["properties"] = Object.fromEntries(properties(Object.entries(members)));
      if (Array.isArray(schema["enum"])) schema["enum"] = values([...(schema["enum"] as Json[])]);
    }
  return { ...spec, tools: tools as unknown as ToolSpec[] };
}

const reversed = (spec: ServerSpec): ServerSpec => {
  const { tools, resources, resourceTemplates, prompts } = changed(
    spec,
    (all) => all.reverse(),
    (all) => all.reverse(),
  );
  return {
    ...spec,
    tools: [...tools].reverse(),
    resources: [...resources].reverse(),
    resourceTemplates: [...resourceTemplates].reverse(),
    prompts: prompts
      .map((prompt) => ({ ...prompt, arguments: [...((prompt["arguments"] ?? []) as JsonObject[])].reverse() }))
      .reverse(),
  };
};

const added = (spec: ServerSpec): ServerSpec => {
  const names = new Set(spec.tools.map(({ name }) => name));
  const more = spec.tools
    .flatMap((tool) =>
      ["_", ".x", "_request"].map((end) => ({ ...tool, name: tool.name.slice(0, 110).toUpperCase() + end })),
    )
    .filter(({ name }) => !names.has(name) && names.add(name));
  const fresh: [string, Json] = ["aa_new", { enum: ["a", "b"] }];
  return changed(
    { ...spec, tools: [...more, ...spec.tools] },
    (all) => [fresh, ...all],
    (all) => (typeof all[0] === "string" ? ["aa-new", ...all] : all),
  );
};

const removed = (spec: ServerSpec): ServerSpec =>
  changed(
    { ...spec, tools: spec.tools.filter((_, i) => i % 4 > 0) },
    (all) => all.filter((_, i) => i % 3 > 0),
    (all) => (all.length > 1 ? all.slice(1) : all),
  );

const retyped = (spec: ServerSpec): ServerSpec =>
  changed(
    spec,
    (all) => all.map(([name, one], i) => [name, i % 2 > 0 ? one : { type: "object", properties: { a: one } }]),
    (all) => all,
  );

const CHANGES: readonly { readonly name: string; readonly change: (spec: ServerSpec) => ServerSpec }[] = [
  { name: "reversed", change: reversed },
  { name: "added", change: added },
  { name: "removed", change: removed },
  { name: "retyped", change: retyped },
  { name: "back", change: (spec) => spec },
];

describe.each(FIXTURES)("%s, from change to change with one lock", (fixture) => {
  it("breaks nobody who has the first version", { timeout: 120_000 }, async () => {
    const spec = await keptSpec(fixture);
    let settled = await write(`${fixture}-first`, spec);
    const image = join(folder, `${fixture}.binpb`);
    await run(BUF, ["build", "-o", image], { cwd: join(folder, `${fixture}-first`) });
    const findings: Record<string, string[]> = {};
    for (const { name, change } of CHANGES) {
      const version = `${fixture}-${name}`;
      settled = await write(version, change(spec), settled);
      findings[name] = [...(await buf(version, ["lint"])), ...(await buf(version, ["breaking", "--against", image]))];
    }
    expect(findings).toEqual({ reversed: [], added: [], removed: [], retyped: [], back: [] });
  });

  it(
    "is told apart from another version by buf, and by bytes only where something changed",
    { timeout: 120_000 },
    async () => {
      const spec = await keptSpec(fixture);
      const options = parseOptions({});
      const lock = openLock();
      const first = emit(inOrder(spec), options, { lock });
      const settled = lock.settled(itemKeys(spec));
      expect(emit(inOrder(spec), options, { lock: openLock(settled) })).toEqual(first);
      // Without the lock the same change does break them, or there would be nothing to see above.
      await write(`${fixture}-old`, spec);
      const image = join(folder, `${fixture}-old.binpb`);
      await run(BUF, ["build", "-o", image], { cwd: join(folder, `${fixture}-old`) });
      await write(`${fixture}-unlocked`, removed(spec));
      expect((await buf(`${fixture}-unlocked`, ["breaking", "--against", image])).length).toBeGreaterThan(0);
    },
  );
});
