import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { readEvents } from "../../runtime/wire/sse.js";

/** One event of a stream, its data parsed; `undefined` where it had none. */
export interface PeerEvent {
  readonly id?: string;
  readonly retryMs?: number;
  readonly rpc: unknown;
}

/** An answer whose body has not been read. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly message: IncomingMessage;
  text(): Promise<string>;
  json(): Promise<unknown>;
  /** The next event; `undefined` at the end of the stream. */
  event(): Promise<PeerEvent | undefined>;
  /** Drops the connection. Resolves when it is closed on this side. */
  drop(): Promise<void>;
}

type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface AskOptions {
  readonly method?: string;
  /** `undefined` leaves out a header that would be sent otherwise. */
  readonly headers?: HeaderValues;
  /** A string or bytes go as they are; anything else as JSON. */
  readonly body?: unknown;
}

const DEFAULT_HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** One HTTP request on a connection of its own, with the headers that an MCP client sends. */
export function ask(url: string, { method = "POST", headers = {}, body }: AskOptions = {}): Promise<Answer> {
  const given: HeaderValues = { ...(body === undefined ? {} : DEFAULT_HEADERS), ...headers };
  const sent: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) sent[name] = typeof value === "string" ? value : [...value];
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: sent, agent: false }, (message) => resolve(answerOf(message)));
    outgoing.once("error", reject);
    outgoing.end(typeof body === "string" || body instanceof Uint8Array ? body : body && JSON.stringify(body));
  });
}

function answerOf(message: IncomingMessage): Answer {
  message.on("error", () => undefined); // a connection dropped on purpose
  const events = readEvents(message, { maxBytes: 64 * 1024 * 1024 });
  const text = async (): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of message as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    message,
    text,
    json: async () => JSON.parse(await text()) as unknown,
    async event() {
      const next = await events.next();
      if (next.done) return undefined;
      const { data, id, retryMs } = next.value;
      const whole = Buffer.concat(data).toString();
      const rpc: unknown = whole === "" ? undefined : JSON.parse(whole);
      return { rpc, ...(id !== undefined && { id }), ...(retryMs !== undefined && { retryMs }) };
    },
    drop: () =>
      new Promise((resolve) => {
        if (message.socket.destroyed) {
          resolve();
          return;
        }
        message.socket.once("close", () => resolve());
        message.socket.destroy();
      }),
  };
}

export interface Exchanged {
  /** All that the server sent until it closed. */
  readonly text: string;
}

/** Raw bytes over TCP: what no HTTP client would send. `end: false` keeps our side open. */
export function exchangeRaw(url: string, bytes: string, { end = true }: { end?: boolean } = {}): Promise<Exchanged> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) });
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    socket.on("error", () => undefined); // a reset is an answer, too
    socket.once("close", () => resolve({ text }));
    if (end) socket.end(bytes, "latin1");
    else socket.write(bytes, "latin1");
  });
}
