import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import { readFlags, type Given } from "./flags.js";
import { HTTP_SERVER_FLAGS, readHttpServer } from "./http-server.js";
import { HTTP_FLAGS, readHttp } from "./http-settings.js";
import { COMMON_FLAGS, readSettings } from "./settings.js";
import { readStdioServer, STDIO_SERVER_FLAGS } from "./stdio-server.js";
import { isLoopback } from "./values.js";

const FLAGS = [...HTTP_FLAGS, ...HTTP_SERVER_FLAGS, ...STDIO_SERVER_FLAGS, ...COMMON_FLAGS];
type Env = Readonly<Record<string, string>>;
const given = (argv: readonly string[], env: Env = {}): Given => readFlags(FLAGS, argv, env);

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return RuntimeError.from(error).message;
  }
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-app-"));
  await writeFile(join(folder, "keys"), "# ours\nalice:one-0123456789\r\n\ntwo-0123456789\n");
  await writeFile(join(folder, "bad-keys"), "one-0123456789\nname: two\n");
  await writeFile(join(folder, "headers"), "X-Token: a: b\nX-Empty:\n");
  await writeFile(join(folder, "bad-headers"), "X-Token\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

describe("readHttp", () => {
  const bound: readonly { name: string; argv?: string[]; env?: Env; want: unknown }[] = [
    { name: "default", want: ["127.0.0.1", 3000] },
    { name: "HOST and PORT", env: { HOST: "0.0.0.0", PORT: "80" }, want: ["0.0.0.0", 80] },
    { name: "MCPGEN_BIND before them", env: { HOST: "a", PORT: "x", MCPGEN_BIND: "b:1" }, want: ["b", 1] },
    { name: "the flag before all", argv: ["--bind=[::1]:0"], env: { MCPGEN_BIND: "b:1" }, want: ["::1", 0] },
    { name: "empty variables are unset", env: { HOST: "", PORT: "", MCPGEN_BIND: "" }, want: ["127.0.0.1", 3000] },
    { name: "no port", argv: ["--bind", "a"], want: '[config] --bind cannot be "a"' },
    { name: "too large a port", argv: ["--bind", "a:65536"], want: '[config] --bind cannot be "a:65536"' },
    { name: "IPv6 without brackets", argv: ["--bind", "::1:3000"], want: '[config] --bind cannot be "::1:3000"' },
    { name: "a URL", argv: ["--bind", "http://a:1"], want: '[config] --bind cannot be "http://a:1"' },
    { name: "a negative port", env: { PORT: "-1" }, want: '[config] PORT cannot be "-1"' },
  ];
  it.each(bound)("address: $name", ({ argv = [], env = {}, want }) => {
    const read = (): unknown => {
      const { host, port } = readHttp(given(argv, env));
      return [host, port];
    };
    expect(outcome(read)).toEqual(want);
  });

  const keys: readonly { name: string; argv?: string[]; env?: Env; want: () => unknown }[] = [
    { name: "none", want: () => [] },
    { name: "a variable", env: { MCPGEN_API_KEY: "k" }, want: () => [{ name: "env", key: "k" }] },
    {
      name: "a file with names and without",
      argv: ["--api-key-file", "keys"],
      want: () => [
        { name: "alice", key: "one-0123456789" },
        { name: "key-2", key: "two-0123456789" },
      ],
    },
    {
      name: "a broken line, which is not told",
      argv: ["--api-key-file", "bad-keys"],
      want: () => `[config] line 2 of ${file("bad-keys")} holds no key`,
    },
    { name: "no such flag for a secret", argv: ["--api-key=k"], want: () => "[config] Unknown option '--api-key'" },
  ];
  it.each(keys)("keys: $name", ({ argv = [], env = {}, want }) => {
    const args = argv.map((arg) => (arg.startsWith("--") ? arg : file(arg)));
    expect(outcome(() => readHttp(given(args, env)).access.keys)).toEqual(want());
  });

  it("takes lists from repeated flags, or from variables by commas", () => {
    expect(readHttp(given(["--allowed-host", "a", "--allowed-host", "b:1"])).allowedHosts).toEqual(["a", "b:1"]);
    expect(readHttp(given([], { MCPGEN_ALLOWED_ORIGIN: "http://a, http://b" })).allowedOrigins).toEqual([
      "http://a",
      "http://b",
    ]);
    expect(readHttp(given(["--path", "/x"])).path).toBe("/x");
    expect(outcome(() => readHttp(given(["--path", "/x", "--endpoint", "/y"])))).toBe(
      "[config] --endpoint is given 2 times",
    );
    expect(outcome(() => readHttp(given(["--path", "x y"])))).toBe('[config] --endpoint cannot be "x y"');
    expect(outcome(() => readHttp(given([], { MCPGEN_INSECURE_NO_AUTH: "yes" })))).toBe(
      '[config] MCPGEN_INSECURE_NO_AUTH must be 1 or 0, not "yes"',
    );
  });
});

describe("readSettings", () => {
  it("has defaults", () => {
    expect(readSettings(given([]))).toEqual({
      lists: "live",
      onDrift: "warn",
      validateArguments: false,
      limits: {},
      logLevel: "warn",
    });
  });
  const durations = [
    { given: "1500", want: 1500 },
    { given: "500ms", want: 500 },
    { given: "5m", want: 300_000 },
    { given: "576h", want: 2_073_600_000 },
    { given: "597h", want: '[config] --session-idle cannot be "597h"' },
    { given: "0", want: '[config] --session-idle cannot be "0"' },
    { given: "5 m", want: '[config] --session-idle cannot be "5 m"' },
    { given: "1d", want: '[config] --session-idle cannot be "1d"' },
    { given: "", want: '[config] --session-idle cannot be ""' },
  ];
  it.each(durations)("reads the duration $given", ({ given: text, want }) => {
    expect(outcome(() => readSettings(given(["--session-idle", text])).limits.sessionIdleMs)).toBe(want);
  });
  it("refuses numbers that are none", () => {
    for (const text of ["0", "1.5", "1e3", "0x10", "ten"])
      expect(outcome(() => readSettings(given([`--max-sessions=${text}`])))).toBe(
        `[config] --max-sessions cannot be "${text}"`,
      );
  });
});

describe("readStdioServer", () => {
  const baked = { argv: ["server", "a b"], cwd: "there", envNames: ["TOKEN", "GONE"] };
  const read = (argv: readonly string[], env: Env = {}, log: string[] = []): unknown =>
    outcome(() => readStdioServer(given(argv, env), baked, (_, text) => log.push(text)));
  it("is the command of generation with the variables of now", () => {
    const log: string[] = [];
    expect(read([], { TOKEN: "t", OTHER: "o" }, log)).toEqual({
      argv: ["server", "a b"],
      cwd: "there",
      env: { TOKEN: "t" },
    });
    expect(log).toEqual(["GONE is not set; the server had it when this proxy was generated"]);
  });
  it("is what flags and variables say", () => {
    expect(
      read(["--backend-cmd", "x 'y z'", "--backend-env", "GONE=1=2", "--backend-env", "TOKEN"], { TOKEN: "t" }),
    ).toEqual({ argv: ["x", "y z"], env: { TOKEN: "t", GONE: "1=2" } });
    expect(read([], { MCPGEN_BACKEND_CMD: "x", MCPGEN_BACKEND_CWD: "here" })).toEqual({
      argv: ["x"],
      cwd: "here",
      env: {},
    });
    expect(read(["--backend-env", "1=2"])).toBe("[config] --backend-env must be NAME or NAME=VALUE");
    expect(read(["--backend-env", "NOWHERE"])).toBe("[config] --backend-env NOWHERE: no such variable is set");
    expect(outcome(() => readStdioServer(given([]), { envNames: [] }, () => undefined))).toBe(
      "[config] there is no command for the server",
    );
  });
});

describe("readHttpServer", () => {
  const baked = { url: "http://baked/mcp", headerNames: ["X-Token"] };
  const read = (argv: readonly string[], env: Env = {}, log: string[] = []): unknown =>
    outcome(() => readHttpServer(given(argv, env), baked, (_, text) => log.push(text)));
  it("is the address of generation with the headers of now", () => {
    const log: string[] = [];
    expect(read([], { MCPGEN_BACKEND_AUTH_TOKEN: "t" }, log)).toEqual({
      url: "http://baked/mcp",
      headers: { authorization: "Bearer t" },
    });
    expect(log).toEqual(["header X-Token is not given; the server had it when this proxy was generated"]);
    expect(read(["--backend-header-file", file("headers")], {}, log)).toEqual({
      url: "http://baked/mcp",
      headers: { "x-token": "a: b", "x-empty": "" },
    });
    expect(log).toHaveLength(1);
  });
  it("is what flags say", () => {
    expect(read(["--backend-url", "https://b"])).toMatchObject({ url: "https://b" });
    expect(read(["--backend-url", "file:///etc/passwd"])).toBe('[config] --backend-url cannot be "file:///etc/passwd"');
    expect(read(["--backend-header-file", file("bad-headers")])).toBe(
      `[config] line 1 of ${file("bad-headers")} is no header`,
    );
    expect(outcome(() => readHttpServer(given([]), { headerNames: [] }, () => undefined))).toBe(
      "[config] there is no address of the server",
    );
  });
});

describe("isLoopback", () => {
  const hosts = [
    { host: "127.0.0.1", want: true },
    { host: "127.9.9.9", want: true },
    { host: "::1", want: true },
    { host: "localhost", want: true },
    { host: "0.0.0.0", want: false },
    { host: "::", want: false },
    { host: "127.0.0.1.evil.example", want: false },
    { host: "192.168.0.1", want: false },
  ];
  it.each(hosts)("$host: $want", ({ host, want }) => {
    expect(isLoopback(host)).toBe(want);
  });
});
