import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import { silent } from "../core/log.js";
import { readFlags, type Flag, type Given } from "./flags.js";
import { readStdioServer, STDIO_SERVER_FLAGS } from "./stdio-server.js";
import { readTcpServer, TCP_SERVER_FLAGS } from "./tcp-server.js";
import { readUnixServer, UNIX_SERVER_FLAGS } from "./unix-server.js";
import { readUrlServer, URL_SERVER_FLAGS } from "./url-server.js";

type Env = Readonly<Record<string, string>>;
const givenOf =
  (flags: readonly Flag[]) =>
  (argv: readonly string[], env: Env = {}): Given =>
    readFlags(flags, argv, env);

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
  await writeFile(join(folder, "headers"), "X-Token: a: b\nX-Empty:\n");
  await writeFile(join(folder, "bad-headers"), "X-Token\n");
  await writeFile(join(folder, "pem"), "pem");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

describe("readStdioServer", () => {
  const given = givenOf(STDIO_SERVER_FLAGS);
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

describe("readUrlServer", () => {
  const given = givenOf(URL_SERVER_FLAGS);
  const baked = { url: "http://baked/mcp", headerNames: ["X-Token"] };
  const read = (argv: readonly string[], env: Env = {}, log: string[] = []): unknown =>
    outcome(() =>
      readUrlServer(given(argv, env), baked, { schemes: ["http", "https"], log: (_, text) => log.push(text) }),
    );
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
    expect(read(["--backend-url", "ws://b"])).toBe('[config] --backend-url cannot be "ws://b"');
    expect(read(["--backend-url", "file:///etc/passwd"])).toBe('[config] --backend-url cannot be "file:///etc/passwd"');
    expect(read(["--backend-header-file", file("bad-headers")])).toBe(
      `[config] line 1 of ${file("bad-headers")} is no header`,
    );
    expect(outcome(() => readUrlServer(given([]), { headerNames: [] }, { schemes: ["ws"], log: silent }))).toBe(
      "[config] there is no address of the server",
    );
  });
});

describe("readTcpServer", () => {
  const given = givenOf(TCP_SERVER_FLAGS);
  const cases: readonly { name: string; baked?: string; argv?: readonly string[]; env?: Env; want: unknown }[] = [
    { name: "the address of generation", baked: "h:1", want: { host: "h", port: 1 } },
    { name: "with TLS", baked: "tls://[::1]:1", want: { host: "::1", port: 1, tls: {} } },
    { name: "another one", baked: "tls://h:1", env: { MCPGEN_BACKEND_TCP: "tcp://i:2" }, want: { host: "i", port: 2 } },
    {
      name: "authorities mean TLS",
      argv: ["--backend-tcp", "i:2", "--backend-tls-ca", "pem"],
      want: { host: "i", port: 2, tls: { ca: "pem" } },
    },
    {
      name: "a certificate and its key",
      baked: "tls://h:1",
      argv: ["--backend-tls-cert", "pem", "--backend-tls-key", "pem"],
      want: { host: "h", port: 1, tls: { cert: "pem", key: "pem" } },
    },
    {
      name: "a certificate without its key",
      baked: "tls://h:1",
      argv: ["--backend-tls-cert", "pem"],
      want: "[config] --backend-tls-key is missing",
    },
    {
      name: "TLS in the clear",
      argv: ["--backend-tcp", "tcp://i:2", "--backend-tls-ca", "pem"],
      want: "[config] --backend-tls-… contradicts tcp:// in --backend-tcp",
    },
    { name: "none", want: "[config] there is no address of the server" },
    { name: "a URL", baked: "http://h:1", want: '[config] --backend-tcp cannot be "http://h:1"' },
  ];
  it.each(cases)("$name", ({ baked, argv = [], env, want }) => {
    const args = argv.map((arg) => (arg === "pem" ? file(arg) : arg));
    const address = baked === undefined ? {} : { address: baked };
    expect(outcome(() => readTcpServer(given(args, env), address))).toEqual(want);
  });
});

describe("readUnixServer", () => {
  const given = givenOf(UNIX_SERVER_FLAGS);
  it("is the socket of generation, or another one", () => {
    expect(readUnixServer(given([]), { path: "/a" })).toEqual({ path: "/a" });
    expect(readUnixServer(given([], { MCPGEN_BACKEND_SOCKET: "b" }), { path: "/a" })).toEqual({ path: "b" });
    expect(outcome(() => readUnixServer(given([]), {}))).toBe("[config] there is no Unix socket of the server");
  });
});
