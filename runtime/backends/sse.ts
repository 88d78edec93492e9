import type { Backend } from "../core/backend.js";
import { MessageQueue } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { deadline, orAborted } from "../core/signals.js";
import { joined } from "../wire/bytes.js";
import { agentFor, checkedHeaders, serverUrl, type HttpReply } from "../wire/http-client.js";
import { mediaType } from "../wire/http-headers.js";
import { readEvents, type SseEvent } from "../wire/sse.js";
import type { TlsClient } from "../wire/tls.js";
import { refusalOf } from "./http-failure.js";
import { httpLink, type HttpLink } from "./http-link.js";
import type { ToolBook } from "./http-param.js";
import { sseChannel } from "./sse-channel.js";

export interface SseBackendOptions {
  /** Where the event stream is, http or https, without credentials: often `/sse`. */
  readonly url: string;
  /** Sent with every request. Those of the protocol itself win over them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tls?: TlsClient | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
}

const MAX_ENDPOINT_BYTES = 8192;

/** Servers of that revision want no headers from parameters. */
const NO_TOOLS: ToolBook = {
  listed: (answer) => answer,
  headersOf: () => ({}),
  refresh: () => Promise.resolve(false),
};

/**
 * An MCP server over HTTP with server-sent events, as of 2024-11-05: what it says comes on one event stream, what is said to
 * it goes by POST to the address that the stream names first. Each open() is a session, which lives as long as its stream.
 * Throws RuntimeError `config` on a URL, header or TLS material that cannot be used; open() also `unauthenticated`, `forbidden`.
 * Source: MCP 2024-11-05, "Transports", HTTP with SSE.
 */
export function sseBackend(options: SseBackendOptions): Backend {
  const limits = limitsOf(options.limits);
  const url = serverUrl(options.url, ["http", "https"]);
  const headers = checkedHeaders(options.headers ?? {});
  const { tls, log = silent } = options;
  agentFor(url, tls).destroy(); // says at once what is wrong with the TLS material
  return {
    kind: "sse",
    async open(signal) {
      const agent = agentFor(url, tls);
      const queue = new MessageQueue();
      const base = { headers, limits, log, agent, queue, tools: NO_TOOLS };
      const link = httpLink({ ...base, url });
      const life = new AbortController();
      const limit = deadline(`the event stream of ${link.name}`, limits.connectTimeoutMs, signal);
      const abort = (): void => life.abort(limit.signal.reason);
      limit.signal.addEventListener("abort", abort, { once: true });
      try {
        const reply = await link.get(undefined, life.signal);
        const events = await eventsOf(link, reply);
        const target = await orAborted(endpointOf(link, events), limit.signal);
        return sseChannel({ link, post: httpLink({ ...base, url: target }), events, life, agent, queue });
      } catch (error) {
        life.abort();
        agent.destroy();
        throw RuntimeError.from(error, "unreachable");
      } finally {
        limit.signal.removeEventListener("abort", abort);
        limit.done();
      }
    },
  };
}

async function eventsOf(link: HttpLink, reply: HttpReply): Promise<AsyncIterator<SseEvent>> {
  const { status, headers, body } = reply;
  if (status < 200 || status > 299) throw await refusalOf(link, reply);
  if (mediaType(headers["content-type"]) === "text/event-stream")
    return readEvents(body, { maxBytes: link.limits.maxMessageBytes });
  reply.discard();
  throw noServer(link, "it answers GET with something else than an event stream");
}

/** Where messages are to be posted. Only the server itself is believed, and only about itself. */
async function endpointOf(link: HttpLink, events: AsyncIterator<SseEvent>): Promise<URL> {
  const first = await events.next();
  if (first.done === true) throw noServer(link, "it ended the event stream before it said anything");
  const { event, data, oversizeBytes } = first.value;
  const text = joined(data);
  if (event !== "endpoint" || oversizeBytes !== undefined || text.byteLength > MAX_ENDPOINT_BYTES)
    throw noServer(link, 'the first event of the stream is not "endpoint"');
  const where = text.toString("utf8");
  if (!URL.canParse(where, link.url.href)) throw noServer(link, "the endpoint that it names is no URL");
  const target = new URL(where, link.url);
  if (target.origin === link.url.origin && target.username === "" && target.password === "") return target;
  throw new RuntimeError("forbidden", `${link.name} names an endpoint of another origin`, {
    why: `messages, and with them credentials, would go to ${target.origin}`,
    hint: "if you trust that place, give its URL",
  });
}

const noServer = ({ name }: HttpLink, why: string): RuntimeError =>
  new RuntimeError("unreachable", `${name} is no MCP server over HTTP+SSE`, {
    why,
    hint: "check the path: most servers of this kind have their event stream at /sse; newer ones speak Streamable HTTP",
  });
