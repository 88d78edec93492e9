import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CliResult } from "../../testing/cli.js";
import { fixtureArgv } from "../../testing/fixture.js";
import { callCli } from "../call-cli.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-verify-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Report {
  readonly eras: readonly string[];
  readonly same: number;
  readonly different: number;
  readonly notOffered: number;
  readonly noAnswer: number;
  readonly notSpoken: readonly unknown[];
  readonly answers: readonly {
    readonly frontend: string;
    readonly era: string;
    readonly method: string;
    readonly item?: string;
    readonly outcome: string;
    readonly differences: readonly unknown[];
    readonly reasons?: unknown;
  }[];
}

const run = (...args: string[]): Promise<CliResult> => callCli(args, { cwd: folder });
const reportOf = ({ stdout }: CliResult): Report => JSON.parse(stdout) as Report;

/** A legacy server; `body` answers what is not the handshake, with `id`, `method`, `params`, and how often it was started, `start`. */
const put = (body: string): Promise<void> =>
  writeFile(
    join(folder, "server.mjs"),
    `import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
appendFileSync("starts", "x");
const start = readFileSync("starts", "utf8").length;
const say = (text) => console.log(text);
const answer = (id, result) => say('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + result + "}");
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  if (method === "initialize") answer(id, '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}');
  else if (method === "tools/list") answer(id, '{"tools":[{"name":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},{"name":"act","inputSchema":{"type":"object"}}]}');
  else { ${body} }
}
`,
  );
const REFUSE = `say(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "no " + method } }));`;
const server = ["--", process.execPath, "server.mjs"];
const LEGACY = ["verify", "--frontend", "stdio", "--era", "legacy"];

test("the proxy changes nothing that the fixture everything says, over HTTP and stdio", async () => {
  const result = await run(
    "verify",
    "--json",
    "--call",
    'strain_echo={"text":"a","times":2}',
    "--",
    ...fixtureArgv("everything"),
  );
  const report = reportOf(result);
  expect(report.answers.filter(({ outcome }) => outcome === "different")).toEqual([]);
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: "" });
  expect([...report.eras].sort()).toEqual(["legacy", "modern"]);
  expect(report.same).toBeGreaterThan(60);
  for (const frontend of ["http", "stdio"])
    for (const era of ["legacy", "modern"]) {
      const methods = report.answers.filter(
        (one) => one.frontend === frontend && one.era === era && one.outcome === "same",
      );
      expect(new Set(methods.map(({ method }) => method))).toEqual(
        new Set([
          "initialize or server/discover",
          ...(era === "legacy" ? ["ping"] : []),
          ...["tools/list", "resources/list", "resources/templates/list", "prompts/list"],
          ...["resources/read", "prompts/get", "completion/complete", "tools/call"],
        ]),
      );
      expect(methods.some(({ item }) => item === "strain_echo")).toBe(true);
    }
});

test.each([
  { speaks: "legacy", era: "modern" },
  { speaks: "modern", era: "legacy" },
])("nor what it says in the $era era where the server itself speaks the $speaks one alone", async ({ speaks, era }) => {
  const args = ["--frontend", "stdio", "--era", era, "--env", `FIXTURE_ERA=${speaks}`];
  const result = await run("verify", "--json", ...args, "--", ...fixtureArgv("everything"));
  const report = reportOf(result);
  expect(report.answers.filter(({ outcome }) => outcome === "different")).toEqual([]);
  expect(report.eras).toEqual([speaks]);
  expect(report.same).toBeGreaterThan(12);
});

describe("a server whose answers are others when it is asked again", () => {
  beforeEach(() =>
    put(`if (method === "tools/call" && params.name === "look") answer(id, '{"content":[],"n":' + start + '.0,"big":12345678901234567890}');
    else ${REFUSE}`),
  );

  test("exit 1, with the place and both values as they were spelled", async () => {
    const { code, stdout, stderr } = await run(...LEGACY, ...server);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^tools\/call +DIFFERENT 1 of 1$/m);
    expect(stdout).toMatch(
      /stdio legacy: tools\/call look\n {2}\/result\/n\n {4}direct: {2}\d\.0\n {4}proxied: \d\.0\n\n1 of \d+ answers differ\n$/,
    );
  });

  test("--ignore", async () => {
    const { code, stdout } = await run(...LEGACY, "--ignore", "/result/n", ...server);
    expect(stdout).toMatch(/the proxy changes nothing: \d+ answers compared\n$/);
    expect(code).toBe(0);
  });

  test("--output and --format json", async () => {
    const { code, stdout, stderr } = await run(...LEGACY, "--json", ...server);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ different: 1, eras: ["legacy"] });
    const [found] = reportOf({ code, stdout, stderr }).answers.filter(({ outcome }) => outcome === "different");
    expect(found).toMatchObject({ frontend: "stdio", era: "legacy", method: "tools/call", item: "look" });
    expect(found?.differences).toEqual([
      {
        pointer: "/result/n",
        direct: expect.stringMatching(/^\d\.0$/) as string,
        proxied: expect.stringMatching(/^\d\.0$/) as string,
      },
    ]);
  });
});

test("a tool that may change something is called only where it is named", async () => {
  await put(
    `if (method === "tools/call") { appendFileSync("called", params.name + JSON.stringify(params.arguments) + " "); answer(id, '{"content":[]}'); } else ${REFUSE}`,
  );
  const calls = async (...more: string[]): Promise<string> => {
    await rm(join(folder, "called"), { force: true });
    const { code } = await run(...LEGACY, ...more, ...server);
    expect(code).toBe(0);
    return readFile(join(folder, "called"), "utf8");
  };
  expect(await calls()).toBe("look{} mcpgen-verify-nowhere{} ".repeat(2));
  expect(await calls("--call", 'act={"a":1}', "--max-reads", "0")).toBe(
    'act{"a":1} mcpgen-verify-nowhere{} '.repeat(2),
  );
});

test("a proxy that gives no answer where the server does is different", async () => {
  await put(
    `if (method === "tools/call") { if (start > 2) process.exit(1); else answer(id, '{"content":[]}'); } else ${REFUSE}`,
  );
  const { code, stdout } = await run(...LEGACY, ...server);
  expect(code).toBe(1);
  expect(stdout).toContain("stdio legacy: tools/call look");
});

test("a question that nobody answers is compared with nothing, and the rest counts", async () => {
  await put(`if (method !== "tools/call") ${REFUSE}`);
  const result = await run(...LEGACY, "--json", "--request-timeout", "500ms", ...server);
  const report = reportOf(result);
  expect({ code: result.code, noAnswer: report.noAnswer }).toEqual({ code: 0, noAnswer: 2 });
  const failed = expect.stringContaining("500 ms") as string;
  expect(report.answers.filter(({ outcome }) => outcome === "no answer")).toMatchObject(
    ["look", "mcpgen-verify-nowhere"].map((item) => ({
      ...{ method: "tools/call", item, differences: [], reasons: { direct: failed, proxied: failed } },
    })),
  );
});

describe("HTTP+SSE, which the modern era does not have", () => {
  test("is asked in the legacy era alone", async () => {
    const args = ["verify", "--frontend", "sse"];
    const { code, stdout } = await run(...args, "--", ...fixtureArgv("minimal"));
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        "sse modern: not spoken there: HTTP+SSE is the transport of 2024-11-05",
      ) as string,
    });
    expect(stdout).toMatch(/^ +sse legacy$/m);
    const report = reportOf(await run(...args, "--json", "--", ...fixtureArgv("minimal")));
    expect(report.notSpoken).toMatchObject([{ frontend: "sse", era: "modern" }]);
    expect([...new Set(report.answers.map(({ era }) => era))]).toEqual(["legacy"]);
  });
});

describe("what is refused", () => {
  test.each([
    { args: ["--era", "old"], text: "--era cannot be old" },
    { args: ["--ignore", "result"], text: "--ignore needs a JSON pointer" },
    { args: ["--call", "act"], text: "--call needs the form TOOL=JSON" },
    { args: ["--call", "act=[1]"], text: "--call act must hold the arguments as a JSON object" },
    { args: ["--era", "modern", "--frontend", "sse"], text: "--era modern is not spoken over --frontend sse" },
    { args: ["--max-reads", "-1"], text: '--max-reads cannot be "-1"' },
  ])("$args", async ({ args, text }) => {
    await put(REFUSE);
    expect(await run("verify", ...args, ...server)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(text) as string,
    });
  });

  test("a description of a server", async () => {
    await writeFile(join(folder, "spec.json"), "{}");
    expect(await run("verify", "--spec", "spec.json")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is nothing to verify") as string,
    });
  });
});
