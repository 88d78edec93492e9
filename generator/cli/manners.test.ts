import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { runCli, type CliResult } from "../testing/cli.js";
import { COMMANDS } from "./commands.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-manners-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<CliResult> => runCli(args, { cwd: folder });

describe("help", () => {
  test.each([["--help"], ["-h"], ["help"]])("mcpgen %s names every command, with examples", async (word) => {
    const { code, stdout, stderr } = await run(word);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { usage } of COMMANDS) expect(stdout).toContain(`mcpgen ${usage}`);
    expect(stdout).toContain("Examples:\n  mcpgen ");
  });

  test.each(COMMANDS.map((command) => ({ name: command.name, command })))(
    "mcpgen $name --help names every option",
    async ({ name, command }) => {
      const { code, stdout, stderr } = await run(name, "--help");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      for (const { heading, options } of command.groups) {
        expect(stdout).toContain(`\n${heading}\n`);
        for (const option of Object.keys(options)) expect(stdout).toMatch(new RegExp(`\\n +(?:-\\w, )?--${option}\\b`));
      }
      expect(stdout).toContain(`Examples:\n  mcpgen ${name}`);
    },
  );

  test.each([["--version"], ["-V"]])("mcpgen %s", async (word) => {
    expect(await run(word)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });
});

test.each(["bash", "zsh", "fish"])("completion for %s", async (shell) => {
  const { code, stdout, stderr } = await run("completion", shell);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("mcpgen --get-yargs-completions");
});

test("what completion asks for: commands", async () => {
  const { code, stdout } = await run("--get-yargs-completions", "mcpgen", "");
  expect(code).toBe(0);
  expect(stdout.split("\n")).toEqual(expect.arrayContaining(["inspect", "generate", "emitters"]));
});

describe("notices", () => {
  /** Prints a line that is no message, and ends. */
  const noisy = async (...flags: string[]): Promise<CliResult> => {
    await writeFile(join(folder, "noisy.mjs"), 'console.log("noise"); process.stdin.resume();');
    return run("inspect", "--connect-timeout", "1s", ...flags, "--", process.execPath, "noisy.mjs");
  };

  test("plain", async () => {
    expect((await noisy()).stderr).toMatch(/^warn: .*noise.*\nerror: /);
  });
  test("-q: errors only", async () => {
    expect((await noisy("-q")).stderr).toMatch(/^error: /);
  });
  test("--log-format json", async () => {
    const [first = ""] = (await noisy("--log-format", "json")).stderr.split("\n");
    expect(JSON.parse(first)).toMatchObject({ level: "warn", message: expect.stringContaining("noise") as string });
  });
  test("-v: the stack, for a bug report", async () => {
    expect((await noisy("-v")).stderr).toContain("\n    at ");
  });
});
