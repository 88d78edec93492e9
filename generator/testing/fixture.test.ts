import { Client, StreamableHTTPClientTransport, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Ajv, type AnySchema } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, describe, expect, it } from "vitest";
import type { GeneratorError } from "../errors.js";
import { fixtureArgv, FIXTURES, startFixtureHttp, type FixtureName } from "./fixture.js";

type Mode = NonNullable<ClientOptions["versionNegotiation"]>["mode"];
type Wire = "stdio" | "http";
const WIRES: readonly Wire[] = ["stdio", "http"];
const MODERN = { pin: "2026-07-28" };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface ConnectOptions {
  readonly mode?: Mode;
  readonly env?: Readonly<Record<string, string>>;
  /** Before connecting: handlers for what the server asks and says. */
  readonly prepare?: (client: Client) => void;
}

/** The official client, connected to a fixture. Closed after the test. */
async function connect(
  name: FixtureName,
  wire: Wire,
  { mode = "legacy", env = {}, prepare }: ConnectOptions = {},
): Promise<Client> {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const client = new Client({ name: "test", version: "1" }, { capabilities, versionNegotiation: { mode } });
  prepare?.(client);
  cleanups.push(() => client.close());
  if (wire === "stdio") {
    const [command = "", ...args] = fixtureArgv(name);
    await client.connect(new StdioClientTransport({ command, args, env: { ...env }, stderr: "ignore" }));
  } else {
    const server = await startFixtureHttp(name, { env });
    cleanups.push(() => server.close());
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
  }
  return client;
}

/** Answers whatever a server may ask. */
function answerAll(client: Client): void {
  client.setRequestHandler("sampling/createMessage", () => ({
    model: "test",
    role: "assistant",
    content: { type: "text", text: "Paris" },
  }));
  client.setRequestHandler("elicitation/create", () => ({
    action: "accept",
    content: { name: "Ada", response: "yes" },
  }));
  client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///tmp/a" }] }));
}

const textOf = ({ content }: Awaited<ReturnType<Client["callTool"]>>): string =>
  content.map((block) => (block.type === "text" ? block.text : block.type)).join("\n");

describe("every fixture", () => {
  const cases = FIXTURES.flatMap((name) => WIRES.map((wire) => ({ name, wire })));
  it.each(cases)("$name listens on $wire and tells its name", async ({ name, wire }) => {
    const client = await connect(name, wire);
    expect(client.getServerVersion()?.name).toContain(name === "hostile" ? "CANARY" : name);
  });
});

describe("startFixtureHttp", () => {
  it("leaves nothing running", async () => {
    const server = await startFixtureHttp("minimal");
    expect((await fetch(server.url)).ok).toBe(false);
    await server.close();
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  });

  it("says why a fixture did not start", async () => {
    const broken = startFixtureHttp("minimal", { env: { PORT: "1000000" } });
    const why = await broken.then(
      () => "it started",
      (error: unknown) => (error as GeneratorError).why,
    );
    expect(why).toContain("ERR_SOCKET_BAD_PORT");
  });

  it("serves neither a foreign Host nor a foreign Origin", async () => {
    const server = await startFixtureHttp("paged");
    cleanups.push(() => server.close());
    const status = async (headers: Record<string, string>): Promise<number> => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
      return (await fetch(server.url, { method: "POST", headers, body })).status;
    };
    expect(await status({ origin: "http://localhost:1" })).toBe(200);
    expect(await status({ origin: "https://example.com" })).toBe(403);
  });
});

describe("everything", () => {
  const cells = WIRES.flatMap((wire) => [
    { wire, era: "legacy", mode: "legacy" as const },
    { wire, era: "modern", mode: MODERN },
  ]);
  it.each(cells)("answers and asks on $wire, $era", async ({ wire, mode }) => {
    const client = await connect("everything", wire, { mode, prepare: answerAll });
    const { tools } = await client.listTools();
    expect(tools.length).toBe(33);
    const call = (name: string, given: Record<string, unknown> = {}): ReturnType<Client["callTool"]> =>
      client.callTool({ name, arguments: given });
    expect(await call("strain_echo", { text: "ab", times: 2 })).toMatchObject({ structuredContent: { text: "abab" } });
    expect(textOf(await call("strain_big", { bytes: 70_000 }))).toHaveLength(70_000);
    expect(await call("test_error_handling")).toMatchObject({ isError: true });
    expect(textOf(await call("test_sampling", { prompt: "?" }))).toBe("LLM response: Paris");
    expect(textOf(await call("test_elicitation", { message: "?" }))).toContain('"response":"yes"');
    expect(textOf(await call("test_input_required_result_multiple_inputs"))).toBe("Paris Ada, 1 root(s) visible");
    expect(textOf(await call("test_input_required_result_multi_round"))).toContain("Multi-round complete: Ada");
  });

  it.each(WIRES)("says on %s that its tools changed and a resource was updated", async (wire) => {
    const said: string[] = [];
    let done: (() => void) | undefined;
    const both = new Promise<void>((resolve) => (done = resolve));
    const client = await connect("everything", wire, {
      prepare: (one) => {
        for (const method of ["notifications/tools/list_changed", "notifications/resources/updated"] as const)
          one.setNotificationHandler(method, () => {
            if (said.push(method) === 2) done?.();
          });
      },
    });
    await client.subscribeResource({ uri: "test://watched-resource" });
    await client.callTool({ name: "test_trigger_tool_change" });
    await client.callTool({ name: "strain_touch" });
    await both;
    expect(said).toEqual(["notifications/tools/list_changed", "notifications/resources/updated"]);
  });

  it.each(WIRES)("is limited to one era by FIXTURE_ERA on %s", async (wire) => {
    const legacy = await connect("everything", wire, { mode: "auto", env: { FIXTURE_ERA: "legacy" } });
    expect(legacy.getProtocolEra()).toBe("legacy");
    const modern = await connect("everything", wire, { mode: "auto", env: { FIXTURE_ERA: "modern" } });
    expect(modern.getProtocolEra()).toBe("modern");
    await expect(connect("everything", wire, { mode: "legacy", env: { FIXTURE_ERA: "modern" } })).rejects.toThrow();
  });
});

describe("paged", () => {
  const lists = [
    { list: "tools", want: 5 },
    { list: "resources", want: 4 },
    { list: "resourceTemplates", want: 3 },
    { list: "prompts", want: 3 },
  ] as const;
  const METHODS = {
    tools: "tools/list",
    resources: "resources/list",
    resourceTemplates: "resources/templates/list",
    prompts: "prompts/list",
  };
  const page = async (url: string, method: string, cursor?: string): Promise<Record<string, unknown>> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: cursor === undefined ? {} : { cursor } });
    const reply = (await (await fetch(url, { method: "POST", body })).json()) as { result: Record<string, unknown> };
    return reply.result;
  };

  it.each(lists)("gives $list in three pages", async ({ list, want }) => {
    const server = await startFixtureHttp("paged");
    cleanups.push(() => server.close());
    const items: unknown[] = [];
    const cursors: unknown[] = [];
    let cursor: string | undefined;
    do {
      const result = await page(server.url, METHODS[list], cursor);
      items.push(...(result[list] as unknown[]));
      cursor = result.nextCursor as string | undefined;
      cursors.push(cursor);
    } while (cursor !== undefined);
    expect(cursors).toEqual(["", expect.stringContaining("page 3/3"), undefined]);
    expect(new Set(items.map((item) => JSON.stringify(item))).size).toBe(want);
  });

  it.each([
    { cursors: "endless", want: ["2", "3"] },
    { cursors: "loop", want: ["again", "again"] },
  ])("never ends with FIXTURE_CURSORS=$cursors", async ({ cursors, want }) => {
    const server = await startFixtureHttp("paged", { env: { FIXTURE_CURSORS: cursors } });
    cleanups.push(() => server.close());
    const first = await page(server.url, "tools/list");
    const second = await page(server.url, "tools/list", first.nextCursor as string);
    expect([first.nextCursor, second.nextCursor]).toEqual(want);
  });
});

describe("drifting", () => {
  const names = async (client: Client): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
  const BEFORE = ["drift", "read_note", "send_mail", "search", "archive_note"];
  const AFTER = ["drift", "read_note", "send_mail", "search", "delete_note"];

  it.each(WIRES)("changes its tools when told to, and says so on %s", async (wire) => {
    let changed: (() => void) | undefined;
    const told = new Promise<void>((resolve) => (changed = resolve));
    const client = await connect("drifting", wire, {
      prepare: (one) => one.setNotificationHandler("notifications/tools/list_changed", () => changed?.()),
    });
    expect(await names(client)).toEqual(BEFORE);
    await client.callTool({ name: "drift" });
    await told;
    expect(await names(client)).toEqual(AFTER);
  });

  it("can start as it will be", async () => {
    expect(await names(await connect("drifting", "stdio", { env: { FIXTURE_DRIFT: "1" } }))).toEqual(AFTER);
  });
});

describe("schemas", () => {
  it("answers each tool with what its outputSchema allows, and echoes the arguments", async () => {
    const client = await connect("schemas", "http", { mode: MODERN, env: { FIXTURE_TYPED: "1" } });
    const { tools } = await client.listTools();
    const typed = tools.filter(({ outputSchema }) => outputSchema !== undefined);
    expect([tools.length, typed.length]).toEqual([61, 17]);
    const options = { strict: false, validateFormats: false };
    for (const { name, outputSchema } of typed) {
      const old = String(outputSchema?.$schema).includes("draft-07");
      const validate = (old ? new Ajv(options) : new Ajv2020(options)).compile(outputSchema as AnySchema);
      const { structuredContent } = await client.callTool({ name });
      expect([name, validate(structuredContent), structuredContent]).toEqual([name, true, structuredContent]);
    }
    expect(textOf(await client.callTool({ name: "free_form", arguments: { a: [1] } }))).toBe('{"a":[1]}');
  });
});
