import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { caller } from "../core/caller.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message, type Rpc } from "../core/message.js";
import { sleep } from "../core/signals.js";
import { messageOf } from "../wire/json.js";
import { stdioBackend, type StdioBackendOptions } from "./stdio.js";

let folder: string;
let scripts = 0;
const open: Channel[] = [];
const logged: { level: string; text: string; fields: unknown }[] = [];
const log: Log = (level, text, fields) => void logged.push({ level, text, fields });
const limits: Partial<Limits> = { killAfterMs: 300 };

beforeAll(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), "mcpgen-stdio-")))));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(open.splice(0).map((channel) => channel.close()));
  logged.length = 0;
});

/** A server that is this script. `send` writes a message; `line` is called with each one that comes. */
function script(body: string): readonly string[] {
  const path = join(folder, `server-${++scripts}.cjs`);
  const head = `
    const send = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
    const lines = (each) => require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => each(JSON.parse(line)));
  `;
  writeFileSync(path, head + body);
  return [process.execPath, path];
}

async function connect(argv: readonly string[], more: Partial<StdioBackendOptions> = {}): Promise<Channel> {
  const channel = await stdioBackend({ argv, limits, log, ...more }).open(new AbortController().signal);
  open.push(channel);
  return channel;
}

async function next(channel: Channel): Promise<Message> {
  const result = await channel.incoming[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the channel has ended");
  return result.value;
}

const failureOf = async (promise: Promise<unknown>): Promise<RuntimeError> =>
  promise.then(
    () => Promise.reject(new Error("nothing was thrown")),
    (error: unknown) => RuntimeError.from(error),
  );

const request = (id: number, params?: unknown): Rpc => ({ jsonrpc: "2.0", id, method: "echo", params });
const ECHO = "lines((m) => send({ jsonrpc: '2.0', id: m.id, result: m.params }));";

/** A zombie is dead: where PID 1 is slow to reap, grandchildren stay zombies for a while. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Until the condition holds; the test's own time-out is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe("stdioBackend", () => {
  it("carries messages both ways, their bytes unchanged", async () => {
    const channel = await connect(script("process.stdin.pipe(process.stdout)"));
    const sent = '{"jsonrpc":"2.0","id":1,"method":"echo","params":{"n":12345678901234567890, "é":"\\ud83d\\ude00"}}';
    await channel.send(messageOf([Buffer.from(sent)]));
    expect(Buffer.concat((await next(channel)).bytes ?? []).toString()).toBe(sent);
  });

  it("keeps a message with line breaks on one line", async () => {
    const channel = await connect(script(ECHO));
    await channel.send(
      messageOf([Buffer.from('{\n"jsonrpc":"2.0",\r\n"id":1,\n"method":"echo","params":{"a":"\\n"}}')]),
    );
    expect((await next(channel)).rpc.result).toEqual({ a: "\n" });
  });

  it("sends 50 large messages at once without mixing them", async () => {
    const channel = await connect(script(ECHO));
    const texts = Array.from({ length: 50 }, (_, id) => String(id).repeat(200_000 / String(id).length));
    const sending = Promise.all(texts.map(async (text, id) => channel.send(messageFromRpc(request(id, text)))));
    for (const id of texts.keys()) expect((await next(channel)).rpc).toMatchObject({ id, result: texts[id] });
    await sending;
  });

  it("gives the child few variables, and those that were named", async () => {
    process.env["MCPGEN_SECRET"] = "no";
    process.env["LC_TEST"] = "yes";
    try {
      const env = { TOKEN: "given" };
      const channel = await connect(script("send({ method: 'env', params: [process.env, process.cwd()] })"), {
        env,
        cwd: folder,
      });
      const [seen, cwd] = (await next(channel)).rpc.params as [Record<string, string>, string];
      expect(seen).toMatchObject({ PATH: process.env["PATH"], TOKEN: "given", LC_TEST: "yes" });
      expect(Object.keys(seen).filter((name) => /SECRET|^npm_|^VITEST|^NODE_/.test(name))).toEqual([]);
      expect(cwd).toBe(folder);
    } finally {
      delete process.env["MCPGEN_SECRET"];
      delete process.env["LC_TEST"];
    }
  });

  it("passes arguments without a shell", async () => {
    const args = ["$HOME; id", "`id`", "a  b", "", "&&"];
    const channel = await connect([...script("send({ method: 'argv', params: process.argv.slice(2) })"), ...args]);
    expect((await next(channel)).rpc.params).toEqual(args);
  });

  it("refuses to be made without a program", () => {
    for (const argv of [[], [""]])
      expect(() => stdioBackend({ argv })).toThrow(expect.objectContaining({ code: "config" }));
  });

  it("starts nothing on a signal that has fired", async () => {
    const marker = join(folder, "started");
    const backend = stdioBackend({
      argv: script(`require("node:fs").writeFileSync(${JSON.stringify(marker)}, "")`),
      log,
    });
    await expect(backend.open(AbortSignal.abort())).rejects.toMatchObject({ code: "canceled" });
    expect(logged).toEqual([]);
  });

  it("ends the child when the signal fires while it opens", async () => {
    const control = new AbortController();
    const opening = stdioBackend({ argv: script("setInterval(() => {}, 1000)"), limits, log }).open(control.signal);
    await Promise.resolve();
    control.abort(new RuntimeError("timeout", "too slow"));
    await expect(opening).rejects.toMatchObject({ code: "timeout" });
  });
});

describe("bad peers", () => {
  const cannotStart: {
    name: string;
    given: () => Partial<StdioBackendOptions> & { argv: readonly string[] };
    want: object;
  }[] = [
    {
      name: "a program that is not there",
      given: () => ({ argv: ["/no/such"] }),
      want: { text: 'cannot start "/no/such"', why: "there is no such program", hint: expect.any(String) as unknown },
    },
    {
      name: "a file that is no program",
      given: () => ({ argv: [script("")[1] ?? ""] }),
      want: { why: "it may not be executed", hint: expect.stringContaining("chmod") as unknown },
    },
    {
      name: "a folder that is not there",
      given: () => ({ argv: [process.execPath], cwd: "/no/such/folder" }),
      want: { why: expect.stringContaining('"/no/such/folder" does not exist') as unknown },
    },
    {
      name: "an argument with NUL",
      given: () => ({ argv: [process.execPath, "a\0b"] }),
      want: { why: expect.stringContaining("null bytes") as unknown },
    },
  ];
  it.each(cannotStart)("$name", async ({ given, want }) => {
    const { argv, ...more } = given();
    expect(await failureOf(connect(argv, more))).toMatchObject({ code: "unreachable", ...want });
  });

  it("exits at once: the request fails with the exit code and the last lines of stderr", async () => {
    const argv = script(
      "for (let i = 1; i <= 12; i++) console.error('line ' + i + '\\x1b[31m'); process.exitCode = 3;",
    );
    const one = caller(await connect(argv));
    const error = await failureOf(one.request("initialize", {}, { timeoutMs: 20_000 }));
    expect(error).toMatchObject({ code: "closed", text: `${JSON.stringify(process.execPath)} exited with code 3` });
    expect(error.why?.split("\n")).toEqual(Array.from({ length: 10 }, (_, i) => `line ${i + 3}\\u{1b}[31m`));
  });

  it("is killed: the reader and later writers learn by what", async () => {
    const channel = await connect(script("process.kill(process.pid, 'SIGKILL')"));
    const want = {
      code: "closed",
      text: expect.stringContaining("was ended by SIGKILL") as unknown,
      why: "it wrote nothing to stderr",
    };
    expect(await failureOf(next(channel))).toMatchObject(want);
    expect(await failureOf(Promise.resolve(channel.send(messageFromRpc(request(1)))))).toMatchObject(want);
  });

  it("closes its stdout but lives on", async () => {
    const channel = await connect(script("require('node:fs').closeSync(1); setInterval(() => {}, 1000)"));
    expect(await failureOf(next(channel))).toMatchObject({
      code: "closed",
      text: expect.stringContaining("closed its stdin or stdout") as unknown,
    });
  });

  it("writes noise: it is reported once, with a hint, and the messages come through", async () => {
    const noise = ["hello\x1b[1m world", "{half", "[1,2]", "", "\r", '{"jsonrpc":"2.0"}', '"text"']
      .map((text) => `${text}\n`)
      .join("");
    const channel = await connect(
      script(`process.stdout.write(${JSON.stringify(noise)}); send({ method: "ready" }); process.stdin.resume()`),
    );
    expect((await next(channel)).method).toBe("ready");
    const warnings = logged.filter(({ level }) => level === "warn");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      text: expect.stringContaining("hello\\u{1b}[1m world") as unknown,
      fields: { hint: expect.stringContaining("stderr") as unknown },
    });
    expect(logged.filter(({ text }) => text.includes("no message"))).toHaveLength(5);
  });

  const framings: { name: string; given: string; want: unknown[] }[] = [
    { name: "CRLF", given: `process.stdout.write('{"method":"a"}\\r\\n{"method":"b"}\\r\\n')`, want: ["a", "b"] },
    {
      name: "split code points",
      given: `for (const byte of Buffer.from('{"method":"é😀"}\\n')) require("node:fs").writeSync(1, Buffer.of(byte))`,
      want: ["é😀"],
    },
    { name: "a batch", given: `process.stdout.write('[{"method":"a"},{"method":"b"}]\\n')`, want: ["a", "b"] },
    { name: "no line end at the end", given: `process.stdout.write('{"method":"a"}')`, want: ["a"] },
    {
      name: "invalid UTF-8 in a line",
      given: `process.stdout.write(Buffer.concat([Buffer.from('{"method":"a'), Buffer.of(0xff), Buffer.from('"}\\n{"method":"b"}\\n')]))`,
      want: ["b"],
    },
    { name: "a byte order mark", given: `process.stdout.write('\\ufeff{"method":"a"}\\n')`, want: ["a"] },
  ];
  it.each(framings)("$name", async ({ given, want }) => {
    const channel = await connect(script(given));
    const methods: unknown[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const message of channel.incoming) methods.push(message.method);
      })(),
    );
    expect(methods).toEqual(want);
    expect(failure.text).toMatch(/exited with code 0/);
  });

  const tooLong: { name: string; given: string }[] = [
    { name: "id first", given: `'{"jsonrpc":"2.0","id":1,"result":{"a":"', '"}}\\n'` },
    { name: "id last", given: `'{"result":{"a":"', '"},"jsonrpc":"2.0","id":1}\\n'` },
  ];
  it.each(tooLong)("a line over the limit, $name: its request is answered, the next one works", async ({ given }) => {
    const body = `lines((m) => {
      if (m.id === 2) return send({ id: 2, result: "fine" });
      const [head, tail] = [${given}];
      process.stdout.write(head + "x".repeat(3_000_000) + tail);
    });`;
    const channel = await connect(script(body), { limits: { ...limits, maxMessageBytes: 1_000_000 } });
    await channel.send(messageFromRpc(request(1)));
    expect(await next(channel)).toMatchObject({ kind: "response", id: 1, failure: { code: "too_large" } });
    await channel.send(messageFromRpc(request(2)));
    expect((await next(channel)).rpc).toMatchObject({ id: 2, result: "fine" });
  });

  it("answers the request whose answer is no JSON", async () => {
    const channel = await connect(
      script(`lines((m) => process.stdout.write('{"jsonrpc":"2.0","id":1,"result":{"n":NaN}}\\n'))`),
    );
    await channel.send(messageFromRpc(request(1)));
    const answer = await next(channel);
    expect(answer).toMatchObject({ kind: "response", id: 1, failure: { code: "bad_message", fault: "server" } });
    expect(answer.rpc.error).toMatchObject({ code: -32603, data: { mcpgen: { code: "bad_message" } } });
  });

  it("floods stderr: it never blocks, and the log is spared", async () => {
    const body = `const text = "x".repeat(1023) + "\\n";
      for (let i = 0; i < 20_000; i++) require("node:fs").writeSync(2, text);
      send({ method: "done" }); process.stdin.resume();`;
    const channel = await connect(script(body));
    expect((await next(channel)).method).toBe("done");
    expect(logged.length).toBeLessThan(20_000);
    expect(logged.every(({ level }) => level === "debug")).toBe(true);
  });

  it("stops reading: the writer waits, and is let go on close", async () => {
    const channel = await connect(script("setInterval(() => {}, 1000); send({ method: 'up' })"));
    await next(channel);
    const sending = Promise.resolve(channel.send(messageFromRpc(request(1, "x".repeat(5_000_000)))));
    const settled = failureOf(sending);
    await channel.close();
    expect((await settled).code).toBe("closed");
  });

  it("writes much: a reader that does not read holds it up, and gets it all when it does", async () => {
    const body = `const line = JSON.stringify({ method: "n", params: "x".repeat(10_000) }) + "\\n";
      const more = (n) => n === 0 ? console.error("all written") : process.stdout.write(line, () => more(n - 1));
      more(2000); process.stdin.resume();`;
    const channel = await connect(script(body));
    const allWritten = (): boolean => logged.some(({ text }) => text.endsWith("all written"));
    await next(channel);
    await sleep(300); // time in which 20 MB would be through
    expect(allWritten()).toBe(false);
    for (let n = 1; n < 2000; n++) await next(channel);
    await until(allWritten);
  });
});

describe("close", () => {
  async function pidOf(channel: Channel): Promise<number> {
    return (await next(channel)).rpc.params as number;
  }
  const HELLO = "send({ method: 'pid', params: process.pid });";

  it("ends a well-behaved server by the end of its stdin alone", async () => {
    const marker = join(folder, "bye");
    const body = `${HELLO} process.on("SIGTERM", () => {}); process.stdin.resume().on("end", () => require("node:fs").writeFileSync(${JSON.stringify(marker)}, ""))`;
    const channel = await connect(script(body), { limits: { killAfterMs: 20_000 } });
    const pid = await pidOf(channel);
    await channel.close();
    expect(alive(pid)).toBe(false);
    rmSync(marker);
    expect(await channel.incoming[Symbol.asyncIterator]().next()).toEqual({ value: undefined, done: true });
    expect(await failureOf(Promise.resolve(channel.send(messageFromRpc(request(1)))))).toMatchObject({
      code: "closed",
    });
  });

  it.each([
    { name: "ignores the end of its stdin", given: `${HELLO} setInterval(() => {}, 1000)` },
    { name: "ignores SIGTERM too", given: `process.on("SIGTERM", () => {}); ${HELLO} setInterval(() => {}, 1000)` },
  ])("ends one that $name", async ({ given }) => {
    const channel = await connect(script(given));
    const pid = await pidOf(channel);
    await Promise.all([channel.close(), channel.close("twice")]);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH"); // not even a zombie: it was ours to collect
  });

  const families: { name: string; given: (grandchild: string) => readonly string[] }[] = [
    {
      name: "a shell that waits for its child",
      given: (child) => ["/bin/sh", "-c", `"${process.execPath}" "${child}"; true`],
    },
    {
      name: "a shell that has left its child alone",
      given: (child) => ["/bin/sh", "-c", `"${process.execPath}" "${child}" & read line; exit 0`],
    },
    {
      name: "a node that forks",
      given: (child) =>
        script(
          `require("node:child_process").spawn(process.execPath, [${JSON.stringify(child)}], { stdio: "inherit" }); process.stdin.resume().on("end", () => process.exit(0))`,
        ),
    },
  ];
  describe.skipIf(process.platform === "win32")("takes the grandchildren along", () => {
    it.each(families)("of $name", async ({ given }) => {
      const stubborn = script(`process.on("SIGTERM", () => {}); ${HELLO} setInterval(() => {}, 1000)`)[1] ?? "";
      const channel = await connect(given(stubborn));
      const pid = await pidOf(channel);
      expect(alive(pid)).toBe(true);
      await channel.close();
      expect(alive(pid)).toBe(false);
    });

    it("also when the leader ends by itself", async () => {
      const child = script(`${HELLO} setInterval(() => {}, 1000)`)[1] ?? "";
      const body = `require("node:child_process").spawn(process.execPath, [${JSON.stringify(child)}], { stdio: "inherit" }); lines(() => process.exit(7))`;
      const channel = await connect(script(body));
      const pid = await pidOf(channel);
      await channel.send(messageFromRpc(request(1)));
      expect((await failureOf(next(channel))).text).toMatch(/exited with code 7/);
      await until(() => !alive(pid));
    });

    it("and does not wait for one that has left the group with the pipes", async () => {
      const child = script(`${HELLO} setInterval(() => {}, 1000)`)[1] ?? "";
      const body = `require("node:child_process").spawn(process.execPath, [${JSON.stringify(child)}], { stdio: "inherit", detached: true }).unref(); lines(() => process.exit(7))`;
      const channel = await connect(script(body));
      const pid = await pidOf(channel);
      try {
        await channel.send(messageFromRpc(request(1)));
        expect((await failureOf(next(channel))).text).toMatch(/exited with code 7/);
      } finally {
        process.kill(pid, "SIGKILL");
      }
    });
  });

  it("leaves no listener on the process", async () => {
    const before = process.listenerCount("exit");
    const channels = await Promise.all(Array.from({ length: 12 }, () => connect(script(ECHO))));
    expect(process.listenerCount("exit")).toBe(before + 1);
    await Promise.all(channels.map((channel) => channel.close()));
    expect(process.listenerCount("exit")).toBe(before);
  });

  it.skipIf(process.platform === "win32")("kills what is left when this process ends without closing", async () => {
    const child = script(`${HELLO} process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)`);
    const main = join(folder, "main.mts");
    writeFileSync(
      main,
      `import { stdioBackend } from ${JSON.stringify(join(import.meta.dirname, "stdio.ts"))};
       const channel = await stdioBackend({ argv: ${JSON.stringify(child)} }).open(new AbortController().signal);
       for await (const message of channel.incoming) { console.log(message.rpc.params); process.exit(0); }`,
    );
    const outer = spawn(process.execPath, ["--import", "tsx", main], {
      cwd: process.cwd(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(outer, "exit");
    const pid = Number(Buffer.concat(await outer.stdout.toArray()).toString());
    await exited;
    expect(pid).toBeGreaterThan(0);
    await until(() => !alive(pid));
  });
});

describe("a real server", () => {
  it("server-everything over stdio", async () => {
    const argv = [process.execPath, "node_modules/@modelcontextprotocol/server-everything/dist/index.js", "stdio"];
    const one = caller(await connect(argv));
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    expect(await one.request("initialize", params, { timeoutMs: 20_000 })).toMatchObject({
      protocolVersion: "2025-11-25",
    });
    await one.notify("notifications/initialized");
    const call = { name: "echo", arguments: { message: "hi" } };
    expect(await one.request("tools/call", call, { timeoutMs: 20_000 })).toMatchObject({
      content: [{ type: "text", text: "Echo: hi" }],
    });
    await expect(one.request("no/such", {}, { timeoutMs: 20_000 })).rejects.toMatchObject({
      code: "remote",
      rpcError: { code: -32601 },
    });
  });
});
