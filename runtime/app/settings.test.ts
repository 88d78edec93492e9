import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import { helpText, readFlags, type Given } from "./flags.js";
import { KEY_FLAGS, OPEN_FLAGS, readAccess, readOpen } from "./access-settings.js";
import { readRelay, RELAY_FLAGS } from "./relay-settings.js";
import { COMMON_FLAGS, readSettings } from "./settings.js";
import { readSoleTcp, readTcp, SOLE_TCP_FLAGS, TCP_FLAGS } from "./tcp-settings.js";
import { readTls, TLS_FLAGS } from "./tls-settings.js";
import { readUnix, UNIX_FLAGS } from "./unix-settings.js";
import { isLoopback } from "./values.js";
import { ENDPOINT_FLAGS, readEndpoint, readWeb, WEB_FLAGS } from "./web-settings.js";

const FLAGS = [
  ...[...WEB_FLAGS, ...ENDPOINT_FLAGS, ...KEY_FLAGS, ...OPEN_FLAGS, ...TCP_FLAGS, ...UNIX_FLAGS, ...TLS_FLAGS],
  ...[...RELAY_FLAGS, ...COMMON_FLAGS],
];
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
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

describe("what listens", () => {
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
      const { host, port } = readWeb(given(argv, env));
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
    expect(outcome(() => readAccess(given(args, env)).keys)).toEqual(want());
  });

  const proofs: readonly { name: string; argv?: string[]; env?: Env; want: unknown }[] = [
    { name: "not asked for", want: { required: false, open: false } },
    { name: "the flag", argv: ["--require-auth"], want: { required: true, open: false } },
    { name: "the variable", env: { MCPGEN_REQUIRE_AUTH: "1" }, want: { required: true, open: false } },
    {
      name: "and not at once",
      argv: ["--require-auth"],
      env: { MCPGEN_INSECURE_NO_AUTH: "1" },
      want: "[config] --require-auth and --insecure-no-auth contradict each other",
    },
  ];
  it.each(proofs)("proof of who one is: $name", ({ argv = [], env = {}, want }) => {
    for (const read of [readAccess, readOpen]) {
      const got = outcome(() => read(given(argv, env)));
      if (typeof want === "string") expect(got).toBe(want);
      else expect(got).toMatchObject(want as object);
    }
  });

  it("takes lists from repeated flags, or from variables by commas", () => {
    expect(readWeb(given(["--allowed-host", "a", "--allowed-host", "b:1"])).allowedHosts).toEqual(["a", "b:1"]);
    expect(readWeb(given([], { MCPGEN_ALLOWED_ORIGIN: "http://a, http://b" })).allowedOrigins).toEqual([
      "http://a",
      "http://b",
    ]);
    expect(readEndpoint(given(["--path", "/x"])).path).toBe("/x");
    expect(outcome(() => readEndpoint(given(["--path", "/x", "--endpoint", "/y"])))).toBe(
      "[config] --endpoint is given 2 times",
    );
    expect(outcome(() => readEndpoint(given(["--path", "x y"])))).toBe('[config] --endpoint cannot be "x y"');
    expect(outcome(() => readAccess(given([], { MCPGEN_INSECURE_NO_AUTH: "yes" })))).toBe(
      '[config] MCPGEN_INSECURE_NO_AUTH must be 1 or 0, not "yes"',
    );
  });
});

describe("readTcp, readUnix, readTls", () => {
  it("have an address of loopback, and none for a socket", () => {
    expect(readTcp(given([]))).toEqual({ host: "127.0.0.1", port: 3001 });
    expect(readTcp(given([], { MCPGEN_TCP_BIND: "[::1]:9" }))).toEqual({ host: "::1", port: 9 });
    expect(readUnix(given(["--socket", "/run/x"]))).toEqual({ path: "/run/x" });
    expect(outcome(() => readUnix(given([])))).toBe("[config] there is no path for the Unix socket");
  });
  const sole: readonly { name: string; argv?: string[]; env?: Env; want: unknown }[] = [
    { name: "default", want: { host: "127.0.0.1", port: 3001 } },
    { name: "HOST and PORT", env: { HOST: "::", PORT: "80" }, want: { host: "::", port: 80 } },
    {
      name: "MCPGEN_TCP_BIND before them",
      env: { PORT: "80", MCPGEN_BIND: "", MCPGEN_TCP_BIND: "a:1" },
      want: { host: "a", port: 1 },
    },
    {
      name: "MCPGEN_BIND before it",
      env: { MCPGEN_TCP_BIND: "a:1", MCPGEN_BIND: "b:2" },
      want: { host: "b", port: 2 },
    },
    { name: "--bind before all", argv: ["--bind=c:3"], env: { MCPGEN_TCP_BIND: "a:1" }, want: { host: "c", port: 3 } },
    { name: "--tcp-bind too", argv: ["--tcp-bind=c:3"], env: { MCPGEN_BIND: "b:2" }, want: { host: "c", port: 3 } },
    { name: "both", argv: ["--tcp-bind=c:3", "--bind=d:4"], want: "[config] --bind is given 2 times" },
  ];
  it.each(sole)("TCP alone: $name", ({ argv = [], env = {}, want }) => {
    expect(outcome(() => readSoleTcp(readFlags(SOLE_TCP_FLAGS, argv, env)))).toEqual(want);
  });
  it("TCP alone: its help tells all names", () => {
    expect(helpText("p", "", SOLE_TCP_FLAGS)).toMatch(
      /--bind, --tcp-bind HOST:PORT .*\(env MCPGEN_BIND, else MCPGEN_TCP_BIND\)/,
    );
  });
  const tls: readonly { name: string; argv: readonly string[]; want: unknown }[] = [
    { name: "none", argv: [], want: {} },
    {
      name: "texts of the files",
      argv: ["--tls-cert", "keys", "--tls-key", "bad-keys"],
      want: { tls: { cert: "# ours\nalice:one-0123456789\r\n\ntwo-0123456789\n", key: "one-0123456789\nname: two\n" } },
    },
    {
      name: "authorities",
      argv: ["--tls-cert", "keys", "--tls-key", "keys", "--tls-ca", "bad-keys"],
      want: { tls: { ca: "one-0123456789\nname: two\n" } },
    },
    { name: "no key", argv: ["--tls-cert", "keys"], want: "[config] --tls-key is missing" },
    { name: "authorities alone", argv: ["--tls-ca", "keys"], want: "[config] --tls-cert is missing" },
  ];
  it.each(tls)("TLS: $name", ({ argv, want }) => {
    const args = argv.map((arg) => (arg.startsWith("--") ? arg : file(arg)));
    const got = outcome(() => readTls(given(args)));
    if (typeof want === "string") expect(got).toBe(want);
    else expect(got).toMatchObject(want as object);
  });
  it("TLS: a file that is not there is named", () => {
    expect(outcome(() => readTls(given(["--tls-cert", "/nowhere", "--tls-key", "/nowhere"])))).toBe(
      "[config] cannot read /nowhere",
    );
  });
});

describe("readSettings", () => {
  it("has defaults", () => {
    expect(readSettings(given([]))).toEqual({
      lists: "live",
      onDrift: "warn",
      validateArguments: false,
      logLevel: "warn",
    });
  });
});

describe("readRelay", () => {
  it("has defaults", () => {
    expect(readRelay(given([]))).toEqual({ backendEra: "auto", isolation: "auto", warm: 0, limits: {} });
  });
  it("is what flags and variables say", () => {
    const argv = ["--isolation", "principal", "--request-timeout=1m", "--connect-timeout", "2s", "--max-sessions", "7"];
    expect(readRelay(given(argv, { MCPGEN_WARM: "2", MCPGEN_BACKEND_ERA: "modern" }))).toEqual({
      backendEra: "modern",
      isolation: "principal",
      warm: 2,
      limits: { requestTimeoutMs: 60_000, connectTimeoutMs: 2000, maxSessions: 7 },
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
    expect(outcome(() => readRelay(given(["--session-idle", text])).limits.sessionIdleMs)).toBe(want);
  });
  const refused = [
    { argv: ["--warm", "-1"], want: '[config] --warm cannot be "-1"' },
    { argv: ["--isolation", "none"], want: '[config] --isolation cannot be "none"' },
    { argv: ["--backend-era", "2026-07-28"], want: '[config] --backend-era cannot be "2026-07-28"' },
  ];
  it.each(refused)("refuses $argv", ({ argv, want }) => {
    const [flag = "", value = ""] = argv;
    expect(outcome(() => readRelay(given([`${flag}=${value}`])))).toBe(want);
  });
  it("refuses numbers that are none", () => {
    for (const text of ["0", "1.5", "1e3", "0x10", "ten"])
      expect(outcome(() => readRelay(given([`--max-sessions=${text}`])))).toBe(
        `[config] --max-sessions cannot be "${text}"`,
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
