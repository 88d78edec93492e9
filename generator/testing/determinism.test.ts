import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { readSpec } from "../ir/read.js";
import type { ServerSpec } from "../ir/spec.js";
import { digestOf } from "./digest.js";
import { keptSpec } from "./snapshot.js";

const run = promisify(execFile);
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const CONTRACT = "project/src/spec.gen.ts";
const program = fileURLToPath(new URL("./digest.ts", import.meta.url));

// Each of these generates everything twice, one of them in a process of its own.
vi.setConfig({ testTimeout: 180_000 });

describe.each(["names", "schemas"] as const)("output for %s", (fixture) => {
  it("is the same in another process, folder, locale and time zone", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "mcpgen-cwd-"));
    try {
      const env = { PATH: process.env.PATH, LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Pacific/Kiritimati" };
      const { stdout } = await run(process.execPath, ["--import", tsx, program, fixture], { cwd, env });
      expect(JSON.parse(stdout)).toEqual(await digestOf(await keptSpec(fixture)));
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  it("does not depend on the order in which a server writes members, save the contract as it was written", async () => {
    const spec = await keptSpec(fixture);
    const turned = readSpec(turnMembers(spec), "turned");
    expect(Object.keys(turned.tools[0] ?? {})).toEqual(Object.keys(spec.tools[0] ?? {}).reverse());
    const code = async (one: ServerSpec): Promise<object> => ({ ...(await digestOf(one)), [CONTRACT]: "" });
    expect(await code(turned)).toEqual(await code(spec));
  });
});

it.each(["everything", "schemas", "names"] as const)("lists of %s in another order change nothing", async (fixture) => {
  const spec = await keptSpec(fixture);
  const turned = readSpec(turnLists(spec), "turned");
  expect(turned.tools[0]).toEqual(spec.tools.at(-1));
  expect(await digestOf(turned)).toEqual(await digestOf(spec));
});

function turnLists({ tools, resources, resourceTemplates, prompts, ...rest }: ServerSpec): object {
  const turn = (list: readonly object[]): object[] => [...list].reverse();
  return {
    ...rest,
    tools: turn(tools),
    resources: turn(resources),
    resourceTemplates: turn(resourceTemplates),
    prompts: turn(prompts),
  };
}

/** Members of the spec, of each item and of the capabilities in reverse. Schemas stay: their order is what a reader sees. */
function turnMembers(spec: ServerSpec): object {
  const turn = (value: object): object => Object.fromEntries(Object.entries(value).reverse());
  const { tools, resources, resourceTemplates, prompts, capabilities, server, ...rest } = spec;
  return turn({
    ...rest,
    tools: tools.map(turn),
    resources: resources.map(turn),
    resourceTemplates: resourceTemplates.map(turn),
    prompts: prompts.map(turn),
    capabilities: turn(capabilities),
    server: turn(server),
  });
}
