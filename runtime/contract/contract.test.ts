import { afterEach, describe, expect, it } from "vitest";
import { decorated, type Answer, type Decorated } from "../../generator/testing/decorated.js";
import type { Backend } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import { messageFromBytes, messageFromRpc, type Message, type RequestId, type Rpc } from "../core/message.js";
import type { Contract, ToolDefinition } from "./contract.js";
import { guardedAgainstDrift, type OnDrift } from "./drift.js";
import { hooked, type Hook } from "./hooks.js";
import { pinnedLists } from "./lists.js";
import { validatedArguments, type Validators } from "./validate.js";

const tool = (name: string, description = "as approved"): ToolDefinition => ({
  name,
  description,
  inputSchema: { type: "object", a: 1 },
});
const CONTRACT: Contract = {
  protocolVersion: "2025-11-25",
  server: { name: "s", version: "1" },
  capabilities: { tools: {}, resources: {} },
  clientCapabilities: {},
  tools: [tool("add"), tool("mail")],
  resources: [],
  resourceTemplates: [{ uriTemplate: "a:{b}", name: "t" }],
  prompts: [],
};
const VALIDATORS: Validators = {
  add: (args) =>
    typeof (args as { a?: unknown }).a === "number" ? [] : [{ pointer: "/a", message: "must be a number" }],
};

const open: Decorated[] = [];
async function join(wrap: (backend: Backend) => Backend, answer: Answer): Promise<Decorated> {
  const side = await decorated(wrap, answer);
  open.push(side);
  return side;
}
afterEach(async () => {
  for (const side of open.splice(0)) await side.close();
});

const call = (id: RequestId, name: string, args: unknown = {}): Rpc => ({
  id,
  method: "tools/call",
  params: { name, arguments: args },
});
const echo: Answer = (message) => {
  if (message.kind !== "request" || message.id === undefined) return undefined;
  return { jsonrpc: "2.0", id: message.id, result: { content: [], got: message.rpc.params } };
};
/** A server with these tools in pages of one. */
const listing =
  (tools: () => readonly ToolDefinition[]): Answer =>
  (message, server) => {
    if (message.method !== "tools/list" || message.id === undefined) return echo(message, server);
    const cursor = (message.rpc.params as { cursor?: string } | undefined)?.cursor ?? "0";
    const next = Number(cursor) + 1;
    const more = next < tools().length ? { nextCursor: String(next) } : {};
    return { jsonrpc: "2.0", id: message.id, result: { tools: tools().slice(Number(cursor), next), ...more } };
  };
const errorOf = (rpc: Rpc) => ({ id: rpc.id, code: rpc.error?.code, message: rpc.error?.message });

describe("pinnedLists", () => {
  const pinned = (backend: Backend): Backend => pinnedLists(backend, CONTRACT);
  it("answers declared lists from the contract, in one page, without the server", async () => {
    const side = await join(pinned, echo);
    expect((await side.ask({ id: 1, method: "tools/list" })).result).toEqual({ tools: CONTRACT.tools });
    expect((await side.ask({ id: "b", method: "resources/templates/list", params: {} })).result).toEqual({
      resourceTemplates: CONTRACT.resourceTemplates,
    });
    expect(errorOf(await side.ask({ id: 3, method: "tools/list", params: { cursor: "x" } }))).toMatchObject({
      id: 3,
      code: -32602,
    });
    expect(side.received).toEqual([]);
  });
  it("leaves to the server what it did not declare, and everything else", async () => {
    const side = await join(pinned, echo);
    await side.ask({ id: 1, method: "prompts/list" });
    await side.ask(call(2, "add"));
    expect(side.received.map(({ method }) => method)).toEqual(["prompts/list", "tools/call"]);
  });
});

describe("validatedArguments", () => {
  const validated = (backend: Backend): Backend => validatedArguments(backend, VALIDATORS);
  it("answers -32602 with pointers before the server sees the call", async () => {
    const side = await join(validated, echo);
    const { error } = await side.ask(call(7, "add", { a: "1" }));
    expect(error).toEqual({
      code: -32602,
      message: 'invalid arguments for tool "add": /a must be a number',
      data: { mcpgen: { code: "bad_arguments" }, problems: [{ pointer: "/a", message: "must be a number" }] },
    });
    expect(errorOf(await side.ask({ id: 8, method: "tools/call", params: { name: "add" } }))).toMatchObject({
      id: 8,
      code: -32602,
    });
    expect(side.received).toEqual([]);
  });
  it("passes the very message where the arguments fit, and where no schema is known", async () => {
    const side = await join(validated, echo);
    for (const name of ["add", "unknown", "toString"]) {
      const bytes = [
        new TextEncoder().encode(`{"id":1, "method":"tools/call","params":{"name":"${name}","arguments":{"a":1}}}`),
      ];
      const message = messageFromBytes({ kind: "request", id: 1, method: "tools/call" }, bytes);
      await side.sendMessage(message);
      await side.next();
      expect(side.received.at(-1)).toBe(message);
    }
  });
});

describe("hooked", () => {
  const around =
    (hooks: object, log: string[] = []) =>
    (backend: Backend): Backend =>
      hooked(backend, { hooks, contract: CONTRACT, validators: VALIDATORS, log: (_, text) => log.push(text) });

  it("is the backend itself where there is no hook", () => {
    const backend: Backend = { kind: "stdio", open: () => Promise.reject(new Error("not opened")) };
    expect(around({})(backend)).toBe(backend);
  });
  it("refuses a hook of an unknown tool, and one that is no function", () => {
    const backend: Backend = { kind: "stdio", open: () => Promise.reject(new Error("not opened")) };
    expect(() => around({ gone: () => ({ content: [] }) })(backend)).toThrow(
      '[config] there is a hook for tool "gone"',
    );
    expect(() => around({ add: 1 })(backend)).toThrow('[config] the hook of tool "add" is not a function');
  });

  const hook: Hook<{ a: number }> = async (args, next, { tool: name, meta }) => {
    if (args.a < 0) return { content: [{ type: "text", text: "no" }], isError: true };
    const first = await next({ a: args.a + 1 });
    const second = await next({ a: args.a + 2 });
    return { content: [], first, second, name, meta };
  };
  it("calls the tool as often as it likes, under ids of its own, and answers under the client's", async () => {
    const side = await join(around({ add: hook }), echo);
    const { id, result } = await side.ask({
      id: 1,
      method: "tools/call",
      params: { name: "add", arguments: { a: 1 }, _meta: { x: 1 } },
    });
    expect(id).toBe(1);
    expect(result).toMatchObject({
      name: "add",
      meta: { x: 1 },
      first: { got: { name: "add", arguments: { a: 2 }, _meta: { x: 1 } } },
      second: { got: { arguments: { a: 3 } } },
    });
    expect(new Set([1, ...side.received.map((message) => message.id)]).size).toBe(3);
  });
  it("may answer alone, sees only arguments that fit, and leaves other tools untouched", async () => {
    const side = await join(around({ add: hook }), echo);
    expect((await side.ask(call(1, "add", { a: -1 }))).result).toMatchObject({ isError: true });
    expect(errorOf(await side.ask(call(2, "add", { a: "x" })))).toMatchObject({ id: 2, code: -32602 });
    expect(side.received).toEqual([]);
    const message = messageFromRpc({ jsonrpc: "2.0", ...call(3, "mail") });
    await side.sendMessage(message);
    await side.next();
    expect(side.received).toEqual([message]);
  });
  it("passes the server's error on, and tells nothing of a bug of its own", async () => {
    const log: string[] = [];
    const refuse: Answer = ({ id }) => ({
      jsonrpc: "2.0",
      id: id ?? 0,
      error: { code: -32099, message: "server says no", data: 1 },
    });
    const side = await join(
      around(
        {
          add: hook,
          mail: () => {
            throw new Error("secret");
          },
        },
        log,
      ),
      refuse,
    );
    expect((await side.ask(call(1, "add", { a: 1 }))).error).toEqual({
      code: -32099,
      message: "server says no",
      data: 1,
    });
    const { error } = await side.ask(call(2, "mail"));
    expect(error).toMatchObject({ code: -32603, message: 'the hook of tool "mail" failed' });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(log.join()).toContain("secret");
  });
  it("cancels at the server under the id that the server knows, and answers nothing", async () => {
    let aborted: AbortSignal | undefined;
    const waits: Hook<{ a: number }> = (args, next, { signal }) => {
      aborted = signal;
      return next(args);
    };
    const side = await join(around({ add: waits }), (message, server) =>
      message.method === "tools/call" ? undefined : echo(message, server),
    );
    await side.send(call(1, "add", { a: 1 }));
    await side.send({ method: "notifications/cancelled", params: { requestId: 1, reason: "why" } });
    expect((await side.ask({ id: 2, method: "ping" })).id).toBe(2);
    expect(aborted?.aborted).toBe(true);
    const [sent, cancel] = side.received;
    expect(cancel?.rpc.params).toEqual({ requestId: sent?.id, reason: "why" });
    expect(sent?.id).not.toBe(1);
  });
  it("gives what belongs to its call to the client's stream", async () => {
    const progress: Answer = (message, server) => {
      if (message.method === "tools/call")
        void server.send(
          messageFromRpc(
            { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 5, progress: 1 } },
            { relatedTo: message.id },
          ),
        );
      return echo(message, server);
    };
    const once: Hook<{ a: number }> = (args, next) => next(args);
    const side = await join(around({ add: once }), progress);
    await side.send(call("c", "add", { a: 1 }));
    const first = await side.next();
    expect({ method: first.method, relatedTo: first.relatedTo }).toEqual({
      method: "notifications/progress",
      relatedTo: "c",
    });
    expect((await side.next()).id).toBe("c");
  });
  it("ends with its channel", async () => {
    let ended: (reason: unknown) => void = () => undefined;
    const reason = new Promise((resolve) => (ended = resolve));
    const waits: Hook<{ a: number }> = (args, next) =>
      next(args).catch((error: unknown) => {
        ended(error);
        throw error;
      });
    const side = await join(around({ add: waits }), (_, server) => void server.close());
    await side.send(call(1, "add", { a: 1 }));
    expect(RuntimeError.from(await reason).code).toBe("closed");
    await expect(side.next()).rejects.toThrow("over");
  });
});

describe("guardedAgainstDrift", () => {
  const guard =
    (onDrift: OnDrift, log: string[] = []) =>
    (backend: Backend): Backend =>
      guardedAgainstDrift(backend, CONTRACT, { onDrift, timeoutMs: 10_000, log: (_, text) => log.push(text) });
  const same = { name: "add", inputSchema: { a: 1, type: "object" }, description: "as approved" };
  const changed = [same, tool("mail", "as approved."), tool("new")];

  async function listAll(side: Awaited<ReturnType<typeof join>>): Promise<unknown> {
    const names: string[] = [];
    for (let cursor: string | undefined, id = 100; ; id++) {
      const { result, error } = await side.ask({
        id,
        method: "tools/list",
        params: cursor === undefined ? {} : { cursor },
      });
      if (error) return error;
      const page = result as { tools: ToolDefinition[]; nextCursor?: string };
      names.push(...page.tools.map(({ name }) => name));
      cursor = page.nextCursor;
      if (cursor === undefined) return names;
    }
  }

  const lists = [
    { onDrift: "warn" as const, tools: changed, want: ["add", "mail", "new"], said: 2 },
    { onDrift: "quarantine" as const, tools: changed, want: ["add"], said: 2 },
    {
      onDrift: "refuse" as const,
      tools: changed,
      want: expect.objectContaining({ code: -32000, message: expect.stringContaining('"mail"') as string }) as unknown,
      said: 1,
    },
    { onDrift: "quarantine" as const, tools: [same], want: ["add"], said: 0 },
    { onDrift: "refuse" as const, tools: CONTRACT.tools, want: ["add", "mail"], said: 0 },
  ];
  it.each(lists)("$onDrift: a list of $tools.length tools", async ({ onDrift, tools, want, said }) => {
    const log: string[] = [];
    const side = await join(
      guard(onDrift, log),
      listing(() => tools),
    );
    expect(await listAll(side)).toEqual(want);
    await listAll(side);
    expect(log).toHaveLength(said);
  });

  const calls = [
    { onDrift: "warn" as const, tools: changed, name: "mail", want: undefined },
    { onDrift: "quarantine" as const, tools: changed, name: "add", want: undefined },
    { onDrift: "quarantine" as const, tools: changed, name: "mail", want: [-32602, "Unknown tool: mail"] },
    { onDrift: "quarantine" as const, tools: changed, name: "new", want: [-32602, "Unknown tool: new"] },
    { onDrift: "quarantine" as const, tools: changed, name: "nowhere", want: [-32602, "Unknown tool: nowhere"] },
    {
      onDrift: "refuse" as const,
      tools: changed,
      name: "add",
      want: [-32000, 'the tools of the server have changed since this proxy was generated: "mail", "new"'],
    },
    { onDrift: "refuse" as const, tools: CONTRACT.tools, name: "add", want: undefined },
  ];
  it.each(calls)("$onDrift: a call to $name before any list, and after one", async ({ onDrift, tools, name, want }) => {
    const log: string[] = [];
    const side = await join(
      guard(onDrift, log),
      listing(() => tools),
    );
    for (const id of [1, 2]) {
      const { id: got, error } = await side.ask(call(id, name));
      expect(got).toBe(id);
      expect(error && [error.code, error.message]).toEqual(want);
      await listAll(side);
    }
    const reached = side.received.filter(({ method }) => method === "tools/call").length;
    expect(reached).toBe(want ? 0 : 2);
  });

  it("warns of drift though the client never lists", async () => {
    const log: string[] = [];
    const side = await join(
      guard("warn", log),
      listing(() => changed),
    );
    await side.ask(call(1, "mail"));
    await side.ask({ id: 2, method: "ping" });
    await side.ask(call(3, "mail"));
    expect(log).toEqual([
      'tool "mail" differs from its definition in the contract',
      'tool "new" is not in the contract',
    ]);
    expect(side.received.filter(({ method }) => method === "tools/list")).toHaveLength(3);
  });

  it("looks again when the server says that its tools have changed", async () => {
    let tools = CONTRACT.tools;
    const side = await join(
      guard("quarantine"),
      listing(() => tools),
    );
    expect((await side.ask(call(1, "mail"))).error).toBeUndefined();
    tools = changed;
    await side.server.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/tools/list_changed" }));
    expect((await side.next()).method).toBe("notifications/tools/list_changed");
    expect(errorOf(await side.ask(call(2, "mail")))).toMatchObject({ code: -32602 });
  });

  it("does not let a call through that was canceled while it waited", async () => {
    const held: Message[] = [];
    const side = await join(guard("quarantine"), (message, server) => {
      if (message.method !== "tools/list") return echo(message, server);
      held.push(message);
      return undefined;
    });
    await side.send(call(1, "add"));
    await side.send({ method: "notifications/cancelled", params: { requestId: 1 } });
    await side.ask({ id: 2, method: "ping" });
    await side.server.send(messageFromRpc({ jsonrpc: "2.0", id: held[0]?.id ?? 0, result: { tools: CONTRACT.tools } }));
    expect((await side.ask(call(3, "add"))).id).toBe(3);
    expect(side.received.filter(({ method }) => method === "tools/call").map(({ id }) => id)).toEqual([3]);
  });

  const failing: readonly { name: string; answer: Answer; want: string }[] = [
    {
      name: "refuses",
      answer: ({ id }) => ({ jsonrpc: "2.0", id: id ?? 0, error: { code: -32601, message: "no lists" } }),
      want: "no lists",
    },
    {
      name: "answers nonsense",
      answer: ({ id }) => ({ jsonrpc: "2.0", id: id ?? 0, result: { tools: [{}] } }),
      want: "no list of tools",
    },
    {
      name: "never ends",
      answer: ({ id }) => ({ jsonrpc: "2.0", id: id ?? 0, result: { tools: [], nextCursor: "x" } }),
      want: "has no end",
    },
  ];
  it.each(failing)("lets no call through where the server's list $name", async ({ answer, want }) => {
    const side = await join(guard("quarantine"), answer);
    const { id, error } = await side.ask(call(1, "add"));
    expect({ id, message: error?.message }).toEqual({ id: 1, message: expect.stringContaining(want) as string });
    expect(side.received.some(({ method }) => method === "tools/call")).toBe(false);
  });

  it("takes a definition too deep to compare for a changed one", async () => {
    let deep: unknown = 1;
    for (let i = 0; i < 10_000; i++) deep = [deep];
    const side = await join(
      guard("quarantine"),
      listing(() => [{ ...tool("add"), deep }]),
    );
    expect(await listAll(side)).toEqual([]);
  });
});
