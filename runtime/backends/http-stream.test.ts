import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import {
  json,
  rawServer,
  stream,
  type RawServer,
  type Received,
  type Script,
} from "../../generator/testing/raw-server.js";
import type { Channel } from "../core/channel.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message } from "../core/message.js";
import { httpBackend, type HttpBackendOptions } from "./http.js";

const cleanUps: (() => Promise<unknown>)[] = [];
const logged: { level: string; text: string }[] = [];
const log: Log = (level, text) => void logged.push({ level, text });

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  logged.length = 0;
});

async function connect(
  script: Script,
  more: Partial<HttpBackendOptions> = {},
): Promise<{ server: RawServer; channel: Channel }> {
  const server = await rawServer(script);
  cleanUps.push(() => server.close());
  const channel = await httpBackend({ url: server.url, log, ...more }).open(new AbortController().signal);
  cleanUps.push(() => channel.close());
  return { server, channel };
}

async function next(channel: Channel): Promise<Message> {
  const result = await channel.incoming[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the channel has ended");
  return result.value;
}

const request = (id: number, method = "tools/call"): Message => messageFromRpc({ jsonrpc: "2.0", id, method });
const INITIALIZED = messageFromRpc({ jsonrpc: "2.0", method: "notifications/initialized" });
const event = (rpc: object, id?: string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify({ jsonrpc: "2.0", ...rpc })}\n\n`;
const cursorOf = ({ headers }: Received): unknown => headers["last-event-id"];
/** Cuts the connection once all has been sent. */
const cut = (response: ServerResponse, text: string): void =>
  void stream(response).write(text, () => response.destroy());

describe("the answer's stream", () => {
  const breaks: { name: string; given: (response: ServerResponse) => void }[] = [
    { name: "is cut", given: (response) => cut(response, `retry: 1\n${event({ method: "n1" }, "a")}`) },
    {
      name: "is cut in mid-event",
      given: (response) => cut(response, `retry: 1\n${event({ method: "n1" }, "a")}id: b\ndata: {"jso`),
    },
    {
      name: "ends, as a server that wants to be polled does",
      given: (response) => void stream(response, `retry: 1\n${event({ method: "n1" }, "a")}`).end(),
    },
    {
      name: "ends right after a priming event",
      given: (response) => void stream(response, `${event({ method: "n1" })}id: a\nretry: 1\ndata:\n\n`).end(),
    },
  ];
  it.each(breaks)("$name: it goes on from the last event, on and on", async ({ given }) => {
    const resumed: unknown[] = [];
    const { server, channel } = await connect((one, response) => {
      if (one.method === "POST") {
        given(response);
        return;
      }
      resumed.push(cursorOf(one));
      if (resumed.length === 1) cut(response, event({ method: "n2" }, "c"));
      else if (resumed.length === 2) stream(response, "retry: 2\n\n").end();
      else stream(response, event({ id: 1, result: {} }, "d"));
    });
    await channel.send(request(1));
    const got = [await next(channel), await next(channel), await next(channel)];
    expect(got).toMatchObject([
      { method: "n1", relatedTo: 1 },
      { method: "n2", relatedTo: 1 },
      { kind: "response", id: 1, relatedTo: 1 },
    ]);
    expect(resumed).toEqual(["a", "c", "c"]);
    expect(server.received.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("is asked for again while the server cannot be reached for a moment", async () => {
    let gets = 0;
    const { channel } = await connect((one, response) => {
      if (one.method === "POST") cut(response, "id: a\nretry: 1\ndata:\n\n");
      else if (++gets < 4) response.destroy();
      else stream(response, event({ id: 1, result: {} }));
    });
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({ kind: "response", id: 1 });
    expect(gets).toBe(4);
  });

  const lost: { name: string; given: Script; gets: number }[] = [
    { name: "no event had an id", given: (_one, response) => cut(response, event({ method: "n" })), gets: 0 },
    {
      name: "the server does not resume",
      given: (one, response) =>
        one.method === "GET"
          ? void response.writeHead(405).end()
          : cut(response, `retry: 1\n${event({ method: "n" }, "a")}`),
      gets: 1,
    },
    {
      name: "the server stays away",
      given: (one, response) =>
        one.method === "GET" ? void response.destroy() : cut(response, `retry: 1\n${event({ method: "n" }, "a")}`),
      gets: 5,
    },
  ];
  it.each(lost)("is lost when $name", async ({ given, gets }) => {
    const { server, channel } = await connect(given);
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({ method: "n" });
    expect(await next(channel)).toMatchObject({ kind: "response", id: 1, failure: { code: "closed" } });
    expect(server.received.filter(({ method }) => method === "GET")).toHaveLength(gets);
  });

  it("is not resumed for a modern request", async () => {
    const { server, channel } = await connect((_one, response) => cut(response, "id: a\nretry: 1\ndata:\n\n"));
    const params = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
    await channel.send(messageFromRpc({ jsonrpc: "2.0", id: 1, method: "tools/list", params }));
    expect(await next(channel)).toMatchObject({ id: 1, failure: { code: "closed" } });
    expect(server.received).toHaveLength(1);
  });

  it("is let go when the server keeps it open after the answer", async () => {
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const { channel } = await connect(
      (_one, response) => void stream(response, event({ id: 1, result: {} }, "a")).on("close", () => ended()),
    );
    await channel.send(request(1));
    await next(channel);
    await end;
  });

  it("drops an event that is no message, and says so", async () => {
    const { channel } = await connect(
      (_one, response) => void stream(response, `data: hello\n\n${event({ id: 1, result: {} })}`).end(),
    );
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({ id: 1 });
    expect(logged).toMatchObject([{ level: "warn" }]);
  });

  it("gives one answer, however many the server sends", async () => {
    const answer = event({ id: 1, result: {} });
    const { channel } = await connect((one, response) =>
      one.rpc.id === 1 ? void stream(response, answer + answer).end(event({ method: "after" })) : undefined,
    );
    await channel.send(request(1));
    expect([await next(channel), await next(channel)]).toMatchObject([{ id: 1 }, { method: "after" }]);
  });
});

describe("the session's stream", () => {
  const accepting =
    (get: Script): Script =>
    (one, response) =>
      one.method === "GET" ? get(one, response) : response.writeHead(202).end();

  it("opens after the handshake and goes on from the last event", async () => {
    const cursors: unknown[] = [];
    const { server, channel } = await connect(
      accepting((one, response) => {
        cursors.push(cursorOf(one));
        if (cursors.length === 1) cut(response, `retry: 1\n${event({ method: "n1" }, "a")}`);
        else if (cursors.length === 2) stream(response, event({ method: "n2" })).end();
        else if (cursors.length === 3) response.writeHead(503).end();
        else stream(response, event({ id: 5, method: "ping" }));
      }),
    );
    await channel.send(messageFromRpc({ jsonrpc: "2.0", method: "before" }));
    expect(server.received.map(({ method }) => method)).toEqual(["POST"]);
    await channel.send(INITIALIZED);
    const got = [await next(channel), await next(channel), await next(channel)];
    expect(got.map(({ method, relatedTo }) => [method, relatedTo])).toEqual([
      ["n1", undefined],
      ["n2", undefined],
      ["ping", undefined],
    ]);
    expect(cursors).toEqual([undefined, "a", "a", "a"]);
  });

  it.each([
    { name: "405", given: 405, want: [] },
    { name: "404", given: 404, want: [] },
    { name: "401", given: 401, want: ["warn"] },
    { name: "200 of another type", given: 200, want: ["warn"] },
  ])("is not asked for again after $name", async ({ given, want }) => {
    const { server, channel } = await connect(
      accepting((_one, response) => void response.writeHead(given, { "content-type": "text/plain" }).end()),
    );
    await channel.send(INITIALIZED);
    await server.seen(({ method }) => method === "GET");
    await channel.send(INITIALIZED);
    await channel.close();
    expect(server.received.filter(({ method }) => method === "GET")).toHaveLength(1);
    expect(logged.filter(({ level }) => level !== "debug").map(({ level }) => level)).toEqual(want);
  });

  it("tells when it opens, each time, and when it is given up; its end with the channel is no news", async () => {
    const told: boolean[] = [];
    let heard: () => void = () => undefined;
    const givenUp = new Promise<void>((resolve) => (heard = resolve));
    const onStream = (open: boolean): void => {
      told.push(open);
      if (!open) heard();
    };
    let gets = 0;
    const { channel } = await connect(
      accepting((_one, response) => {
        gets++;
        if (gets === 1) cut(response, `retry: 1\n${event({ method: "n1" }, "a")}`);
        else if (gets === 2) response.writeHead(503).end();
        else if (gets === 3) stream(response, event({ method: "n2" })).end();
        else response.writeHead(404).end();
      }),
      { onStream },
    );
    await channel.send(INITIALIZED);
    await next(channel);
    await next(channel);
    await givenUp;
    expect(told).toEqual([true, true, false]);

    const quiet: boolean[] = [];
    const other = await connect(
      accepting((_one, response) => void stream(response, event({ method: "n" }))),
      { onStream: (open) => quiet.push(open) },
    );
    await other.channel.send(INITIALIZED);
    await next(other.channel);
    await other.channel.close();
    expect(quiet).toEqual([true]);
  });

  it("drops an event over the limit and reads on", async () => {
    const big = event({ method: "n", params: "x".repeat(50_000) }, "a");
    const { channel } = await connect(
      accepting((_one, response) => void stream(response, big + event({ method: "ok" }))),
      {
        limits: { maxMessageBytes: 10_000 },
      },
    );
    await channel.send(INITIALIZED);
    expect(await next(channel)).toMatchObject({ method: "ok" });
    expect(logged).toMatchObject([{ level: "warn" }]);
  });

  it("ends with the channel, also while it waits to come again", async () => {
    const { server, channel } = await connect((one, response) => {
      if (one.rpc.method === "initialize")
        json(response, { jsonrpc: "2.0", id: 1, result: {} }, { headers: { "mcp-session-id": "s" } });
      else if (one.method === "GET") stream(response, `retry: 30000\n${event({ method: "n" })}`).end();
      else response.writeHead(202).end();
    });
    await channel.send(request(1, "initialize"));
    await next(channel);
    await channel.send(INITIALIZED);
    expect(await next(channel)).toMatchObject({ method: "n" });
    await channel.send(messageFromRpc({ jsonrpc: "2.0", method: "later" })); // meanwhile the stream has ended
    await channel.close();
    expect(server.received.map(({ method }) => method)).toEqual(["POST", "POST", "GET", "POST", "DELETE"]);
  });
});
