import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli, startCli, type CliResult } from "../testing/cli.js";
import { startControl, type Control } from "../testing/control.js";
import { fixtureArgv, startFixtureHttp } from "../testing/fixture.js";

let folder: string;
let control: Control;
const endings: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-watch-"));
  control = await startControl();
  await put("names.mjs", NAMES_EMITTER);
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  await control.close();
  await rm(folder, { recursive: true, force: true });
});

/** One file: the names of the tools. */
const NAMES_EMITTER = `export default { api: 1, name: "names", summary: "Names of tools", parseOptions: (raw) => raw,
  emit: (spec) => Promise.resolve([{ path: "names.txt", contents: spec.tools.map(({ name }) => name).join() + "\\n", verbatim: true }]) };`;
const BEFORE = "archive_note,drift,read_note,search,send_mail\n";
const AFTER = "delete_note,drift,read_note,search,send_mail\n";

const put = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);
const names = (out = "out"): Promise<string> => readFile(join(folder, out, "names.txt"), "utf8");
const spec = (...tools: string[]): string =>
  JSON.stringify({
    serverInfo: { name: "demo" },
    tools: tools.map((name) => ({ name, inputSchema: { type: "object" } })),
  });

interface Watching {
  /** Resolves when the next text like this has come on stderr. */
  until(pattern: RegExp): Promise<void>;
  /** Ctrl-C. */
  end(): Promise<CliResult>;
}

function watch(...args: readonly string[]): Watching {
  const { child, done } = startCli(["generate", "--watch", ...args], { cwd: folder });
  let text = "";
  let look: () => void = () => undefined;
  child.stderr?.on("data", (chunk: string) => {
    text += chunk;
    look();
  });
  const end = (): Promise<CliResult> => {
    child.kill("SIGINT");
    return done;
  };
  endings.push(end);
  return {
    end,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const found = pattern.exec(text);
          if (!found) return;
          text = text.slice(found.index + found[0].length);
          look = () => undefined;
          resolve();
        };
        look();
        void done.then(({ stderr }) => reject(new Error(`it ended before ${String(pattern)}: ${stderr}`)));
      }),
  };
}

const ONE_OUTPUT = ["--emit", "./names.mjs", "--out", "out"];
const runsIn = (stderr: string): number => stderr.split("\n").filter((line) => line.startsWith("out: ")).length;
const asEnv = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);

describe.each(["legacy", "modern"])("a %s server", (era) => {
  test("over stdio: says that its lists changed, dies, is started again", async () => {
    const env = asEnv({ ...control.env, FIXTURE_ERA: era });
    const watching = watch(...ONE_OUTPUT, "--poll", "1h", ...env, "--", ...fixtureArgv("drifting"));
    await watching.until(/out: \d+ created/);
    expect(await names()).toBe(BEFORE);
    control.send("say 50");
    control.send("drift");
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe(AFTER);
    expect(await readFile(join(folder, "mcpgen.lock"), "utf8")).toContain("delete_note");
    control.send("exit");
    await watching.until(/error: .*exited with code 1/);
    await watching.until(/there again/);
    // A new process begins as the first did.
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe(BEFORE);
    const { code, stderr } = await watching.end();
    expect([code, runsIn(stderr)]).toEqual([130, 3]);
    expect(stderr).toMatch(/\nstopped watching\n$/);
    await control.allGone();
  });

  test("over HTTP: says that its lists changed, goes away and comes back as another", async () => {
    const env = { ...control.env, FIXTURE_ERA: era };
    const server = await startFixtureHttp("drifting", { env });
    endings.push(() => server.close());
    const watching = watch(...ONE_OUTPUT, "--poll", "1h", "--url", server.url);
    await watching.until(/out: \d+ created/);
    control.send("drift");
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe(AFTER);
    await server.close();
    const again = await startFixtureHttp("drifting", { env: { ...env, PORT: new URL(server.url).port } });
    endings.push(() => again.close());
    await watching.until(/there again/);
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe(BEFORE);
    expect(await watching.end()).toMatchObject({ code: 130, stdout: "" });
  });
});

describe("a server that does not say when its lists change", () => {
  test("over HTTP it is asked on the same session", async () => {
    const server = await startFixtureHttp("drifting", { env: { ...control.env, FIXTURE_SILENT: "1" } });
    endings.push(() => server.close());
    const watching = watch(...ONE_OUTPUT, "--poll", "50ms", "--url", server.url);
    await watching.until(/out: \d+ created/);
    control.send("drift");
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe(AFTER);
  });

  test("over stdio it is started anew, and ends with the watch", async () => {
    const env = asEnv({ ...control.env, FIXTURE_SILENT: "1" });
    const watching = watch(...ONE_OUTPUT, "--poll", "50ms", ...env, "--", ...fixtureArgv("drifting"));
    await watching.until(/out: \d+ created/);
    await control.come(3);
    const { stderr } = await watching.end();
    expect(runsIn(stderr)).toBe(1);
    await control.allGone();
  });
});

describe("files", () => {
  test("the program of a stdio server", async () => {
    const server = (drifted: string): string =>
      `process.env.FIXTURE_DRIFT = "${drifted}"; process.argv[2] = "stdio"; await import(${JSON.stringify(fixtureArgv("drifting")[1])});`;
    await put("server.mjs", server("0"));
    const watching = watch(...ONE_OUTPUT, "--", process.execPath, "server.mjs");
    await watching.until(/out: \d+ created/);
    await put("server.mjs", server("1"));
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe(AFTER);
  });

  test("a spec; what fails keeps the last good output", async () => {
    await put("spec.json", spec("a"));
    const watching = watch(...ONE_OUTPUT, "--spec", "spec.json");
    await watching.until(/out: \d+ created/);
    await put("spec.json", "{");
    await watching.until(/error: .*spec\.json.*holds no valid JSON/);
    expect(await names()).toBe("a\n");
    await put("spec.json", spec("a", "b"));
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe("a,b\n");
  });

  test("an emitter", async () => {
    await put("spec.json", spec("a"));
    const watching = watch(...ONE_OUTPUT, "--spec", "spec.json");
    await watching.until(/out: \d+ created/);
    await put("names.mjs", NAMES_EMITTER.replace(".join()", ".join() + '!'"));
    await watching.until(/out: \d+ changed/);
    expect(await names()).toBe("a!\n");
  });
});

describe("a config with several servers and outputs", () => {
  const output = (server: string, out: string): object => ({ server, out, emit: ["./names.mjs"] });
  const config = (outputs: readonly object[]): string =>
    JSON.stringify({
      servers: {
        file: { spec: "spec.json" },
        live: { command: process.execPath, args: fixtureArgv("drifting").slice(1), env: control.env },
        broken: { command: process.execPath, args: ["-e", "process.exit(7)"] },
      },
      outputs,
    });
  const OUTPUTS = [output("file", "a"), output("live", "b"), output("live", "c")];

  test("each server for itself; one that fails is named and keeps no other from its output", async () => {
    await put("spec.json", spec("a"));
    await put("mcpgen.config.json", config([output("broken", "d"), ...OUTPUTS]));
    const watching = watch();
    await watching.until(/c: \d+ created/);
    expect(await Promise.all(["b", "c"].map(names))).toEqual([BEFORE, BEFORE]);
    control.send("drift");
    await watching.until(/c: \d+ changed/);
    expect(await Promise.all(["a", "b", "c"].map(names))).toEqual(["a\n", AFTER, AFTER]);
    const { stderr } = await watching.end();
    expect(stderr).toMatch(/error: broken: .*exited with code 7/);
    await control.allGone();
  });

  test("a config that is saved is the one that counts, unless it is broken", async () => {
    await put("spec.json", spec("a"));
    await put("mcpgen.config.json", config(OUTPUTS));
    const watching = watch();
    await watching.until(/c: \d+ created/);
    await put("mcpgen.config.json", "{ outputs: 1 }");
    await watching.until(/error: mcpgen\.config\.json/);
    control.send("drift");
    await watching.until(/c: \d+ changed/);
    await put("mcpgen.config.json", config([output("file", "e")]));
    await watching.until(/e: \d+ created/);
    await control.allGone();
    expect(await names("e")).toBe("a\n");
  });
});

test.each([
  { args: ["--check"], want: "--watch and --check contradict each other" },
  { args: ["--dry-run"], want: "--watch and --dry-run contradict each other" },
  { args: ["--run"], want: "--watch and --run contradict each other" },
  { args: ["--offline"], want: "--watch and --offline contradict each other" },
  { args: ["--update"], want: "--watch and --update contradict each other" },
  { args: ["--poll", "often"], want: "--poll must be a duration" },
  { args: ["--spec", "-"], want: "--watch and --spec - contradict each other" },
])("refused: $args", async ({ args, want }) => {
  const { code, stderr } = await runCli(["generate", "--watch", ...ONE_OUTPUT, ...args], { cwd: folder, stdin: "" });
  expect({ code, first: stderr.split("\n")[0] }).toEqual({ code: 2, first: expect.stringContaining(want) as string });
});

test("refused: --poll without --watch", async () => {
  await put("spec.json", spec("a"));
  const { code, stderr } = await runCli(["generate", ...ONE_OUTPUT, "--spec", "spec.json", "--poll", "1s"], {
    cwd: folder,
  });
  expect({ code, first: stderr.split("\n")[0] }).toEqual({
    code: 2,
    first: "error: --poll has no effect without --watch",
  });
});
