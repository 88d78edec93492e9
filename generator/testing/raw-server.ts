import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** The parsed body, or `{}`. */
  readonly rpc: { readonly id?: unknown; readonly method?: string; readonly params?: unknown };
}

export interface RawServer {
  readonly url: string;
  readonly origin: string;
  /** All requests so far, in order. */
  readonly received: readonly Received[];
  /** The first request, past or to come, that satisfies. */
  seen(wanted: (request: Received) => boolean): Promise<Received>;
  /** Connections that are open now. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export type Script = (request: Received, response: ServerResponse) => unknown;

/** An HTTP server without any MCP in it: a script says what each request gets, good or bad. */
export async function rawServer(script: Script): Promise<RawServer> {
  const received: Received[] = [];
  let changed: () => void = () => undefined;
  let change = new Promise<void>((resolve) => (changed = resolve));

  const server = createServer((message, response) => {
    message.on("error", () => undefined);
    response.on("error", () => undefined);
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const rpc = (body === "" ? {} : JSON.parse(body)) as Received["rpc"];
      const request = { method: message.method ?? "", path: message.url ?? "", headers: message.headers, body, rpc };
      received.push(request);
      changed();
      change = new Promise((resolve) => (changed = resolve));
      void script(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url: `${origin}/mcp`,
    origin,
    received,
    async seen(wanted) {
      for (;;) {
        const found = received.find(wanted);
        if (found) return found;
        await change;
      }
    },
    connections: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, { status = 200, headers = {} } = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** Begins an event stream; what is given is written at once. */
export function stream(response: ServerResponse, text = ""): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  if (text !== "") response.write(text);
  return response;
}
