import http, { type IncomingMessage } from "node:http";
import type { Wire } from "./matrix-wire.js";

type Params = Readonly<Record<string, unknown>>;

const nobody = (): void => undefined;

interface Posted {
  readonly status: number;
  readonly session: string | undefined;
  /** Settles when the reply has been read. */
  readonly done: Promise<void>;
}

/** Both HTTP transports with Node's own client, one connection for each request. */
class HttpCalls {
  readonly #open = new Set<http.ClientRequest>();

  request(url: string, options: http.RequestOptions, body?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = http.request(url, { agent: false, ...options }, resolve);
      this.#open.add(request);
      request.on("close", () => this.#open.delete(request)).on("error", reject);
      request.end(body);
    });
  }

  kill(): void {
    for (const request of this.#open) request.destroy();
  }
}

async function readEvents(response: IncomingMessage, onEvent: (event: string, data: string) => void): Promise<void> {
  let rest = "";
  response.setEncoding("utf8").on("error", nobody);
  for await (const chunk of response as AsyncIterable<string>) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      const data = lines.flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
      const event = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "message";
      const text = data.join("\n");
      if (text !== "") onEvent(event, text); // an event that only gives an id has none
    }
  }
}

/** A reply, be it JSON or a stream. */
async function read(response: IncomingMessage, wire: Wire): Promise<void> {
  try {
    if (response.headers["content-type"] === "text/event-stream") {
      await readEvents(response, (_, data) => {
        wire.onText(data);
      });
      return;
    }
    let body = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) body += chunk;
    if (body !== "") wire.onText(body);
  } catch {
    // The connection was cut: whoever waits for an answer sees that there is none.
  }
}

/** Streamable HTTP, 2025-11-25. */
export function httpWire(address: string): Wire {
  const calls = new HttpCalls();
  let session: string | undefined;
  const headers = (): http.OutgoingHttpHeaders => ({
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    ...(session === undefined ? {} : { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
  });
  const post = async (text: string): Promise<Posted> => {
    const response = await calls.request(address, { method: "POST", headers: headers() }, text);
    const id = response.headers["mcp-session-id"];
    return {
      status: response.statusCode ?? 0,
      session: typeof id === "string" ? id : undefined,
      done: read(response, wire),
    };
  };
  const wire: Wire = {
    onText: nobody,
    async send(text) {
      const posted = await post(text);
      session ??= posted.session;
      if (!text.includes('"notifications/initialized"')) return;
      const response = await calls.request(address, { method: "GET", headers: headers() });
      void read(response, wire);
    },
    async close() {
      const response = await calls.request(address, { method: "DELETE", headers: headers() });
      response.resume();
      calls.kill();
    },
    kill: () => calls.kill(),
  };
  return wire;
}

/** HTTP+SSE of 2024-11-05. */
export async function sseWire(address: string): Promise<Wire> {
  const calls = new HttpCalls();
  const response = await calls.request(address, { method: "GET", headers: { accept: "text/event-stream" } });
  let found: (path: string) => void = nobody;
  const endpoint = new Promise<string>((resolve) => (found = resolve));
  const wire: Wire = {
    onText: nobody,
    async send(text) {
      const url = new URL(await endpoint, address).href;
      const reply = await calls.request(url, { method: "POST", headers: { "content-type": "application/json" } }, text);
      await new Promise((resolve) => reply.resume().once("close", resolve));
    },
    close() {
      calls.kill();
      return Promise.resolve();
    },
    kill: () => calls.kill(),
  };
  void readEvents(response, (event, data) => {
    if (event === "endpoint") found(data);
    else wire.onText(data);
  }).catch(nobody);
  return wire;
}

/** Streamable HTTP, 2026-07-28: each request by itself; giving it up is the end of its connection. */
export function modernHttpWire(address: string): Wire {
  const calls = new HttpCalls();
  const underWay = new Map<unknown, () => void>();
  const wire: Wire = {
    onText: nobody,
    async send(text) {
      const { id, method = "", params = {} } = JSON.parse(text) as { id?: unknown; method?: string; params?: Params };
      if (method === "notifications/cancelled") {
        underWay.get(params["requestId"])?.();
        return;
      }
      const name = params["name"] ?? params["uri"];
      const headers = {
        ...{ accept: "application/json, text/event-stream", "content-type": "application/json" },
        ...{ "mcp-protocol-version": "2026-07-28", "mcp-method": method },
        ...(typeof name === "string" && { "mcp-name": name }),
      };
      const giveUp = new AbortController();
      underWay.set(id, () => giveUp.abort());
      const { signal } = giveUp;
      // Not awaited: the head of a reply may come with the answer.
      void calls
        .request(address, { method: "POST", headers, signal }, text)
        .then((response) => read(response, wire))
        .catch(nobody) // given up, or the connection was cut: whoever waits sees that there is no answer
        .finally(() => underWay.delete(id));
      await Promise.resolve();
    },
    close() {
      calls.kill();
      return Promise.resolve();
    },
    kill: () => calls.kill(),
  };
  return wire;
}
