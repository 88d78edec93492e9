import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { httpBackend } from "../../../runtime/backends/http.js";
import { stdioBackend } from "../../../runtime/backends/stdio.js";
import type { EmitTarget } from "../../emit/emitter.js";
import { introspect } from "../../introspect/introspect.js";
import type { ServerSpec } from "../../ir/spec.js";
import { packageRoot } from "../../package-root.js";
import { fixtureArgv, startFixtureHttp, type HttpFixture } from "../../testing/fixture.js";
import {
  bundleProxy,
  startBundle,
  type BundleInput,
  type ProxyBundle,
  type StartedBundle,
} from "../../testing/proxy-bundle.js";

const run = promisify(execFile);
const root = packageRoot();
const EVERYTHING = [process.execPath, join(root, "node_modules/@modelcontextprotocol/server-everything/dist/index.js")];

let folder = "";
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-proof-"));
});
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const project = (input: BundleInput): Promise<ProxyBundle> => bundleProxy(folder, input);

interface Started extends StartedBundle {
  /** The first address. */
  readonly url: string;
}

async function start(
  alone: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const started = await startBundle(alone, args, { env });
  cleanUp.push(() => started.stop());
  return { ...started, url: started.addresses[0] ?? "" };
}

async function client(transport: Transport): Promise<Client> {
  const one = new Client({ name: "proof", version: "1.0.0" });
  await one.connect(transport);
  cleanUp.push(() => one.close());
  return one;
}
const overHttp = (url: string, headers: Record<string, string> = {}): Transport =>
  new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const overStdio = ([command = "", ...args]: readonly string[], cwd?: string): Transport =>
  new StdioClientTransport({ command, args, ...(cwd !== undefined && { cwd }), stderr: "ignore" });

/** What a client sees of server-everything: all lists, and some results. */
async function view(one: Client): Promise<unknown> {
  return {
    server: one.getServerVersion(),
    capabilities: one.getServerCapabilities(),
    instructions: one.getInstructions(),
    tools: await one.listTools(),
    resources: await one.listResources(),
    templates: await one.listResourceTemplates(),
    prompts: await one.listPrompts(),
    echo: await one.callTool({ name: "echo", arguments: { message: "héllo \u2028 </script>" } }),
    sum: await one.callTool({ name: "get-sum", arguments: { a: 1, b: 2 } }),
    bad: await one.callTool({ name: "get-sum", arguments: { a: "x" } }),
    structured: await one.callTool({ name: "get-structured-content", arguments: { location: "Chicago" } }),
    image: await one.callTool({ name: "get-tiny-image", arguments: {} }),
    prompt: await one.getPrompt({ name: "args-prompt", arguments: { city: "Ulm" } }),
    unknown: await one.callTool({ name: "nope", arguments: {} }).catch((error: unknown) => String(error)),
    progress: await new Promise((resolve, reject) => {
      const seen: unknown[] = [];
      // The SDK's client drops a last step that arrives together with the result.
      const early = (): unknown[] => seen.filter((step) => (step as { progress: number }).progress < 3);
      one
        .callTool({ name: "trigger-long-running-operation", arguments: { duration: 0.1, steps: 3 } }, undefined, {
          onprogress: (step) => seen.push(step),
        })
        .then((result) => resolve({ seen: early(), result }), reject);
    }),
  };
}

const HOOKS = `import type { Hooks } from "./hook-types.gen.js";
export const hooks: Hooks = {
  "get-sum": async (args, next) => {
    const { content } = await next({ a: args.a * 10, b: args.b });
    return { content: [...content, { type: "text", text: "hooked" }] };
  },
  echo: (args) => ({ content: [{ type: "text", text: args.message.toUpperCase() }] }),
};
`;

const stdioTarget = (argv: readonly string[]): EmitTarget => ({ kind: "stdio", argv, envNames: [] });

describe("a project of server-everything", () => {
  let spec: ServerSpec;
  let made: ProxyBundle;
  beforeAll(async () => {
    spec = await introspect(stdioBackend({ argv: EVERYTHING }));
    made = await project({ name: "everything", spec, target: stdioTarget(EVERYTHING) });
  });

  it("is bundled by its own build to the same bytes, under 300 KB", async () => {
    const ours = await readFile(join(made.alone, "proxy.mjs"));
    await symlink(join(root, "node_modules"), join(made.dir, "node_modules"));
    await run(process.execPath, ["build.mjs", "--release"], { cwd: made.dir });
    expect(ours.equals(await readFile(join(made.dir, "dist/proxy.mjs")))).toBe(true);
    expect(made.bytes).toBeLessThan(300_000);
    expect(made.bytes).toBe(ours.byteLength);
  });

  it("shows over HTTP what the server itself shows, from an empty folder", async () => {
    const { url } = await start(made.alone, []);
    const got = await view(await client(overHttp(url)));
    expect(got).toEqual(await view(await client(overStdio(EVERYTHING))));
    expect(await readdir(made.alone)).toEqual(["proxy.mjs"]);
  });

  it("shows over stdio what the server itself shows", async () => {
    const { alone } = await project({
      name: "everything-stdio",
      spec,
      options: { frontend: "stdio" },
      target: stdioTarget(EVERYTHING),
    });
    const got = await view(await client(overStdio([process.execPath, "proxy.mjs"], alone)));
    expect(got).toEqual(await view(await client(overStdio(EVERYTHING))));
  });

  it("checks arguments where asked to, and answers lists from the contract", async () => {
    const { url } = await start(made.alone, ["--lists", "pinned", "--validate-arguments", "enforce"]);
    const one = await client(overHttp(url));
    // The contract was read by a client with more capabilities than this one has.
    expect((await one.listTools()).tools.map(({ name }) => name)).toEqual(spec.tools.map(({ name }) => name).sort());
    expect((await client(overStdio(EVERYTHING)).then((direct) => direct.listTools())).tools.length).toBeLessThan(
      spec.tools.length,
    );
    await expect(one.callTool({ name: "get-sum", arguments: { a: "x", b: 1 } })).rejects.toThrow(
      /-32602.*invalid arguments for tool "get-sum": \/a/,
    );
    expect(await one.callTool({ name: "get-sum", arguments: { a: 1, b: 2 } })).toMatchObject({
      content: [{ type: "text" }],
    });
  });

  describe("with hooks", () => {
    let hooked: ProxyBundle;
    beforeAll(async () => {
      hooked = await project({ name: "hooked", spec, target: stdioTarget(EVERYTHING), hooks: HOOKS });
    });

    it("is typed: tsc has nothing to say", { timeout: 120_000 }, async () => {
      await symlink(join(root, "node_modules"), join(hooked.dir, "node_modules"));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { stdout } = await run(process.execPath, [tsc, "-p", hooked.dir]).catch(
        (error: unknown) => error as { stdout: string },
      );
      expect(stdout).toBe("");
    });

    it("runs them", async () => {
      const { url } = await start(hooked.alone, []);
      const one = await client(overHttp(url));
      const { content } = await one.callTool({ name: "get-sum", arguments: { a: 1, b: 2 } });
      expect(content).toEqual([
        { type: "text", text: expect.stringContaining("12") as string },
        { type: "text", text: "hooked" },
      ]);
      expect(await one.callTool({ name: "echo", arguments: { message: "hi" } })).toEqual({
        content: [{ type: "text", text: "HI" }],
      });
      await expect(one.callTool({ name: "echo", arguments: {} })).rejects.toThrow("-32602");
    });
  });

  const configs: readonly { name: string; args: string[]; env?: Record<string, string>; code: number; want: string }[] =
    [
      { name: "unknown flag", args: ["--bindd", "x"], code: 2, want: "error: Unknown option '--bindd'" },
      {
        name: "no address",
        args: ["--bind", "3000"],
        code: 2,
        want: 'error: --bind cannot be "3000"\n  why: it must be HOST:PORT',
      },
      { name: "no port", args: [], env: { PORT: "x" }, code: 2, want: 'error: PORT cannot be "x"' },
      { name: "no choice", args: ["--lists", "x"], code: 2, want: "  why: it must be one of live, pinned" },
      { name: "twice", args: ["--bind", "a:1", "--bind", "b:2"], code: 2, want: "error: --bind is given 2 times" },
      { name: "shell in a command", args: ["--backend-cmd", "a; b"], code: 2, want: "error: " },
      {
        name: "variable of another transport",
        args: [],
        env: { MCPGEN_BACKEND_URL: "http://x" },
        code: 2,
        want: "MCPGEN_BACKEND_URL has no effect",
      },
      { name: "missing key file", args: ["--api-key-file", "/nowhere"], code: 2, want: "error: cannot read /nowhere" },
      {
        name: "short key",
        args: [],
        env: { MCPGEN_API_KEY: "short" },
        code: 2,
        want: 'error: API key "env" cannot be used',
      },
      {
        name: "open and closed",
        args: ["--insecure-no-auth"],
        env: { MCPGEN_API_KEY: "0123456789012345678901" },
        code: 2,
        want: "contradicts",
      },
      {
        name: "missing program",
        args: ["--on-drift", "refuse", "--backend-cmd", "/no/such/program"],
        code: 3,
        want: "error: ",
      },
      {
        name: "program that ends at once",
        args: ["--on-drift", "refuse", "--backend-cmd", `${process.execPath} -e "console.error('last words')"`],
        code: 3,
        want: "last words",
      },
    ];
  it.each(configs)("fails loudly: $name", async ({ args, env = {}, code, want }) => {
    const { exited, stderr, url } = await start(made.alone, args, env);
    expect({ code: await exited, url }).toEqual({ code, url: "" });
    expect(stderr()).toContain(want);
    expect(stderr()).toMatch(/error: .+\n {2}why: .+\n {2}fix: .+\n/);
    expect(stderr()).not.toContain("    at ");
  });

  it("says that its port is taken", async () => {
    const first = await start(made.alone, []);
    const second = await start(made.alone, ["--bind", new URL(first.url).host]);
    expect(await second.exited).toBe(2);
    expect(second.stderr()).toMatch(/error: .*in use/);
  });

  it("tells its contract", async () => {
    const { stdout: version } = await run(process.execPath, [join(made.alone, "proxy.mjs"), "--version"]);
    expect(version).toMatch(/^mcp-servers-everything-proxy 2\.0\.0 \(contract sha256 [0-9a-f]{64}\)\n$/);
  });

  it("is never open by accident: a key for one run, in a file of its own, gone with it", async () => {
    const { url, stderr, child, exited } = await start(made.alone, ["--bind", "0.0.0.0:0"]);
    const local = url.replace("0.0.0.0", "127.0.0.1");
    const file = /^key file: (.+)$/m.exec(stderr())?.[1] ?? "";
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const key = (await readFile(file, "utf8")).trim();
    expect(stderr()).not.toContain(key);
    await expect(client(overHttp(local))).rejects.toThrow(/401|API key/);
    const one = await client(overHttp(local, { "x-api-key": key }));
    expect((await one.listTools()).tools.length).toBeGreaterThan(5);
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    await expect(stat(file)).rejects.toThrow("ENOENT");
  });

  it("serves openly only where asked to, and with keys where given", async () => {
    const opened = await start(made.alone, ["--bind", "0.0.0.0:0", "--insecure-no-auth"]);
    expect(opened.stderr()).not.toContain("key");
    expect(
      (await (await client(overHttp(opened.url.replace("0.0.0.0", "127.0.0.1")))).listTools()).tools.length,
    ).toBeGreaterThan(5);
    const keys = join(folder, "keys");
    await writeFile(keys, "# clients\nalice:alice-0123456789abcdef\n\nbob-0123456789abcdef-xyz\n");
    const closed = await start(made.alone, ["--api-key-file", keys, "--api-key-header", "x-mine"]);
    await expect(client(overHttp(closed.url))).rejects.toThrow(/401|API key/);
    for (const key of ["alice-0123456789abcdef", "bob-0123456789abcdef-xyz"])
      expect((await (await client(overHttp(closed.url, { "x-mine": key }))).listTools()).tools.length).toBeGreaterThan(
        5,
      );
  });

  const ends = [
    { signal: "SIGTERM" as const, code: 0 },
    { signal: "SIGINT" as const, code: 130 },
  ];
  it.each(ends)("leaves no process behind on $signal", async ({ signal, code }) => {
    const pidFile = join(folder, `pid-${signal}`);
    const script = join(folder, `server-${signal}.mjs`);
    await writeFile(
      script,
      `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(pidFile)}, String(process.pid));\nawait import(${JSON.stringify(EVERYTHING[1])});\n`,
    );
    const { url, child, exited } = await start(made.alone, ["--backend-cmd", `${process.execPath} ${script}`]);
    await client(overHttp(url));
    const pid = Number(await readFile(pidFile, "utf8"));
    expect(() => process.kill(pid, 0)).not.toThrow();
    child.kill(signal);
    expect(await exited).toBe(code);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

describe("a project that is ended", () => {
  let made: ProxyBundle;
  const HOOK = `import type { Hooks } from "./hook-types.gen.js";
export const hooks: Hooks = {
  strain_wait: (args, next) => {
    console.log("under way");
    return next(args);
  },
  strain_touch: (args, next) => {
    setTimeout(() => { throw new Error("nobody caught this"); });
    return next(args);
  },
};
`;
  beforeAll(async () => {
    const argv = fixtureArgv("everything");
    const spec = await introspect(stdioBackend({ argv }));
    made = await project({ name: "ended", spec, target: stdioTarget(argv), hooks: HOOK });
  });
  /** Resolves when the call is on its way, to what will become of it. */
  const waiting = async (one: Client, ms: number, stderr: () => string): Promise<{ answer: Promise<unknown> }> => {
    const answer = one.callTool({ name: "strain_wait", arguments: { ms } }).then(({ content }) => content, String);
    await expect.poll(stderr).toContain("under way");
    return { answer };
  };
  const ready = async (url: string): Promise<number> => (await fetch(new URL("/readyz", url))).status;

  it("answers what is under way, and serves nobody new", async () => {
    const { url, child, exited, stderr } = await start(made.alone, []);
    const { answer } = await waiting(await client(overHttp(url)), 2000, stderr);
    expect(await ready(url)).toBe(200);
    child.kill("SIGTERM");
    await expect.poll(() => ready(url)).toBe(503);
    expect(await answer).toEqual([{ type: "text", text: "waited" }]);
    expect(await exited).toBe(0);
  });

  // Sooner than what is under way would be given up of itself.
  it("ends at once at the second signal", { timeout: 20_000 }, async () => {
    const { url, child, exited, stderr } = await start(made.alone, []);
    const { answer } = await waiting(await client(overHttp(url)), 600_000, stderr);
    child.kill("SIGINT");
    await expect.poll(() => ready(url)).toBe(503);
    child.kill("SIGINT");
    expect(await exited).toBe(130);
    expect(await answer).toEqual(expect.any(String));
  });

  it("does not go on after an error that nobody caught", async () => {
    const { url, exited, stderr } = await start(made.alone, []);
    const one = await client(overHttp(url));
    await one.callTool({ name: "strain_touch", arguments: {} }).catch(() => undefined);
    expect(await exited).toBe(70);
    expect(stderr()).toContain("nobody caught this");
  });

  it("goes on where nobody reads its log any more", async () => {
    const { url, child } = await start(made.alone, ["--log-level", "debug"]);
    child.stderr?.destroy();
    for (let turn = 0; turn < 2; turn++) {
      const one = await client(overHttp(url));
      const { content } = await one.callTool({ name: "strain_wait", arguments: { ms: 0 } });
      expect(content).toEqual([{ type: "text", text: "waited" }]);
      await one.close();
    }
    expect(await ready(url)).toBe(200);
  });
});

describe("a project of a server that drifts", () => {
  const argv = fixtureArgv("drifting");
  let alone = "";
  beforeAll(async () => {
    const spec = await introspect(stdioBackend({ argv }));
    ({ alone } = await project({
      name: "drifting",
      spec,
      target: { kind: "stdio", argv, envNames: ["FIXTURE_DRIFT"] },
    }));
  });
  const names = async (one: Client): Promise<string[]> => (await one.listTools()).tools.map(({ name }) => name).sort();
  const drifted = { FIXTURE_DRIFT: "1" };

  it("warns, and lets all through, by default", async () => {
    const { url, stderr } = await start(alone, [], drifted);
    const one = await client(overHttp(url));
    expect(await names(one)).toEqual(["delete_note", "drift", "read_note", "search", "send_mail"]);
    expect(await one.callTool({ name: "send_mail", arguments: { to: "a", body: "b" } })).toMatchObject({
      content: [{ type: "text" }],
    });
    for (const tool of ["delete_note", "search", "send_mail"]) expect(stderr()).toContain(`tool "${tool}"`);
  });

  it("quarantines what is changed or new, from the start or in the middle of a session", async () => {
    const { url } = await start(alone, ["--on-drift", "quarantine"]);
    const one = await client(overHttp(url));
    expect(await names(one)).toEqual(["archive_note", "drift", "read_note", "search", "send_mail"]);
    await one.callTool({ name: "drift", arguments: {} });
    await expect(one.callTool({ name: "send_mail", arguments: { to: "a", body: "b" } })).rejects.toThrow(
      /-32602.*Unknown tool: send_mail/,
    );
    expect(await names(one)).toEqual(["drift", "read_note"]);
    expect(await one.callTool({ name: "read_note", arguments: { id: "1" } })).toMatchObject({
      content: [{ type: "text" }],
    });
  });

  it("refuses to start, naming the tools", async () => {
    const { exited, stderr } = await start(alone, ["--on-drift", "refuse"], drifted);
    expect(await exited).toBe(1);
    expect(stderr()).toContain(
      'error: the server\'s tools are not those of the contract: changed "send_mail", "search"; new "delete_note"; gone "archive_note"',
    );
  });

  it("starts with --on-drift refuse while nothing has changed, and refuses once it has", async () => {
    const { url } = await start(alone, ["--on-drift", "refuse"]);
    const one = await client(overHttp(url));
    expect(await one.callTool({ name: "drift", arguments: {} })).toMatchObject({ content: [{ type: "text" }] });
    await expect(one.callTool({ name: "read_note", arguments: { id: "1" } })).rejects.toThrow(
      'have changed since this proxy was generated: "send_mail"',
    );
    await expect(one.listTools()).rejects.toThrow("have changed");
  });

  it("warns of a variable that the server had", async () => {
    const { stderr } = await start(alone, []);
    expect(stderr()).toContain("FIXTURE_DRIFT is not set");
  });
});

describe("a project of a server over HTTP", () => {
  let server: HttpFixture;
  beforeAll(async () => {
    server = await startFixtureHttp("minimal");
  });
  afterAll(() => server.close());

  it("calls it, and can be sent elsewhere", async () => {
    const spec = await introspect(httpBackend({ url: server.url }));
    const target: EmitTarget = { kind: "http", url: "http://127.0.0.1:9/gone", headerNames: ["x-token"] };
    const { dir, alone } = await project({ name: "http", spec, options: { frontend: "http,stdio" }, target });
    expect((await readdir(join(dir, "src/runtime/backends"))).some((name) => name.startsWith("stdio"))).toBe(false);
    const { url, stderr } = await start(alone, [], { MCPGEN_BACKEND_URL: server.url });
    expect(stderr()).toContain("header x-token is not given");
    const one = await client(overHttp(url));
    expect(await one.callTool({ name: "add", arguments: { a: 1, b: 2 } })).toEqual({
      content: [{ type: "text", text: "3" }],
    });
  });
});
