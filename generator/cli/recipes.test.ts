import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { splitCommand } from "../../runtime/guard/command.js";
import { packageRoot } from "../package-root.js";
import { callCli } from "./call-cli.js";
import { runCli, type CliResult } from "../testing/cli.js";
import { fixtureArgv, startFixtureHttp, type HttpFixture } from "../testing/fixture.js";
import { readArguments } from "./program.js";

interface Block {
  readonly language: string;
  readonly text: string;
}

const read = (path: string): Promise<string> => readFile(join(packageRoot(), path), "utf8");
const text = await read("docs/recipes.md");
const blocks: readonly Block[] = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(
  ([, language = "", body = ""]) => ({
    language,
    text: body,
  }),
);
const hooks = parse(await read(".pre-commit-hooks.yaml")) as readonly { readonly id: string; readonly entry: string }[];

/** Whatever stands in a code block, a table or a hook as a command line of mcpgen. */
const commands = [
  ...blocks.map((block) => block.text),
  ...[...text.matchAll(/`(mcpgen [^`]*)`/g)].map(([, one = ""]) => one),
  ...hooks.map(({ entry }) => entry),
]
  .flatMap((one) => one.split("\n"))
  .filter((line) => !/^[\s-]*name:/.test(line))
  .flatMap((line) => /(?:^|[\s"])(mcpgen [a-z]+(?: .*)?)$/.exec(line.replace(/",?;?$|,$/, ""))?.[1] ?? [])
  .map((line) => line.replace(/\$\{\{[^}]*\}\}/g, "main"));

let folder: string;
let billing: HttpFixture;
const run = (args: readonly string[]): Promise<CliResult> =>
  runCli(args, { cwd: folder, env: { BILLING_TOKEN: "s3cret-token" } });

/** The project that the recipes speak of. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-recipes-"));
  billing = await startFixtureHttp("drifting");
  const config = blocks.find((block) => block.text.includes('"servers"'))?.text ?? "";
  expect(config).toContain("https://mcp.example.com/mcp");
  await writeFile(
    join(folder, "mcpgen.config.json"),
    config.replace("https://mcp.example.com/mcp", billing.url).replace('"delete*"', '"archive*"'),
  );
  await mkdir(join(folder, "servers"));
  const [, server] = fixtureArgv("minimal");
  await writeFile(join(folder, "servers/notes.js"), `process.argv[2] = "stdio"; import(${JSON.stringify(server)});`);
  const { code, stderr } = await run(["generate"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await billing.close();
  await rm(folder, { recursive: true, force: true });
});

describe("docs/recipes.md", () => {
  test("has commands in every block that should have one", () => {
    expect(commands.length).toBeGreaterThan(15);
    expect(new Set(commands.map((command) => command.split(" ")[1]))).toEqual(new Set(["generate", "diff", "schema"]));
  });

  test.each([...new Set(commands)])("is understood: %s", (command) => {
    expect(readArguments(splitCommand(command).slice(1), 100)).toHaveProperty("command");
  });

  test.each(blocks.filter(({ language }) => language === "yaml" || language === "json"))(
    "is well-formed $language",
    (block) => {
      expect(block.language === "json" ? JSON.parse(block.text) : parse(block.text, { strict: true })).toBeTypeOf(
        "object",
      );
    },
  );

  test("its JavaScript is a config of lint-staged", async () => {
    const code = blocks.find(({ language }) => language === "js")?.text ?? "";
    const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      readonly default: Readonly<Record<string, () => string>>;
    };
    expect(Object.values(module.default).map((make) => make())).toEqual(["mcpgen generate --offline --check"]);
  });

  const runnable = [...new Set(commands)].filter(
    (one) => /^mcpgen (?:generate|schema)\b/.test(one) && !/--watch/.test(one),
  );
  test.each(runnable)("works: %s", async (command) => {
    const args = splitCommand(command).slice(1);
    // Where no server is started, a process of its own would only cost time.
    const { code, stderr } = await (args.includes("--offline") ? callCli(args, { cwd: folder }) : run(args));
    expect({ code, stderr }).toMatchObject({ code: 0 });
  });
});

test(".pre-commit-hooks.yaml: the mcpgen of the project, without the names of files", () => {
  expect(hooks.map(({ id, entry }) => [id, entry])).toEqual([
    ["mcpgen-check", "npx --no-install mcpgen generate --offline --check"],
    ["mcpgen-check-live", "npx --no-install mcpgen generate --check"],
  ]);
  for (const hook of hooks) expect(hook).toMatchObject({ language: "system", pass_filenames: false, always_run: true });
});
