import type { Agent } from "node:http";
import type { Backend } from "../core/backend.js";
import { caller } from "../core/caller.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import type { Message, RequestId } from "../core/message.js";
import { abortReason, deadline } from "../core/signals.js";
import { isObject } from "../era/envelope.js";
import { agentFor, checkedHeaders, serverUrl, shownUrl } from "../wire/http-client.js";
import type { TlsClient } from "../wire/tls.js";
import { exchange, type Exchange } from "./http-exchange.js";
import { refusalOf } from "./http-failure.js";
import { httpLink } from "./http-link.js";
import { toolBook, type ToolBook } from "./http-param.js";
import { listen } from "./http-stream.js";

export interface HttpBackendOptions {
  /** The MCP endpoint, http or https, without credentials. */
  readonly url: string;
  /** Sent with every request. Those of the protocol itself win over them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of https. Default: the authorities that Node trusts, and no certificate of our own. */
  readonly tls?: TlsClient | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
  /** The session's own event stream, which brings what the server says unasked: open (again), or given up for good. */
  readonly onStream?: ((open: boolean) => void) | undefined;
}

/** This long the server may take to end the session. */
const END_SESSION_MS = 2_000;

/**
 * An MCP server over Streamable HTTP, 2025-03-26 to 2025-11-25, and with the request headers of 2026-07-28. open() connects to
 * nothing: the first message does. What goes wrong with a request is its answer; what goes wrong with another message is logged.
 * Throws RuntimeError `config` on a URL, header or TLS material that cannot be used.
 */
export function httpBackend(options: HttpBackendOptions): Backend {
  const limits = limitsOf(options.limits);
  const { log = silent, onStream = () => undefined, tls } = options;
  const url = serverUrl(options.url, ["http", "https"]);
  const headers = checkedHeaders(options.headers ?? {});
  agentFor(url, tls).destroy(); // tells of TLS material that cannot be used before anything is sent
  const channel = (): Channel => {
    const agent = agentFor(url, tls);
    return channelOf({ url, headers, limits, log, agent, tools, onStream });
  };
  const tools = toolBook({
    name: shownUrl(url),
    log,
    async page(params, timeoutMs) {
      const client = caller(channel(), { idPrefix: "mcpgen-tools-" });
      try {
        return await client.request("tools/list", params, { timeoutMs });
      } finally {
        await client.close();
      }
    },
  });
  return {
    kind: "http",
    open: (signal) => (signal.aborted ? Promise.reject(abortReason(signal)) : Promise.resolve(channel())),
  };
}

interface ChannelOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly log: Log;
  readonly agent: Agent;
  readonly tools: ToolBook;
  readonly onStream: (open: boolean) => void;
}

function channelOf(options: ChannelOptions): Channel {
  const { agent, log, onStream } = options;
  const queue = new MessageQueue();
  const link = httpLink({ ...options, queue });
  const open = new AbortController();
  const exchanges = new Map<RequestId, Exchange>();
  const underWay = new Set<Promise<unknown>>();
  let handshake: Promise<unknown> | undefined;
  let listening = false;
  let closing: Promise<void> | undefined;

  const track = (work: Promise<unknown>): void => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  const ask = (message: Message, id: RequestId): Promise<void> => {
    const one = exchange(link, message, id);
    exchanges.set(id, one);
    track(one.done.then(() => exchanges.get(id) === one && exchanges.delete(id)));
    if (message.method === "initialize") handshake = one.done.finally(() => (handshake = undefined));
    return one.written;
  };

  /** A notification or a response. Waits for the reply, so that the next message finds the server informed. */
  const tell = async (message: Message): Promise<void> => {
    try {
      const reply = await link.post(message, { signal: open.signal });
      if (reply.status >= 300) throw await refusalOf(link, reply);
      reply.discard();
    } catch (error) {
      if (open.signal.aborted) return;
      log("warn", `${link.name} did not take ${message.method ?? "a response"}`, { error });
      return;
    }
    if (message.method !== "notifications/initialized" || listening) return;
    listening = true;
    const { signal } = open;
    track(listen(link, { signal, onOpen: () => onStream(true) }).then(() => signal.aborted || onStream(false)));
  };

  /** The exchange that a cancellation is about ends here, whatever the server does. */
  const cancel = async (message: Message): Promise<void> => {
    const { params } = message.rpc;
    const canceled = isObject(params) ? exchanges.get(params["requestId"] as RequestId) : undefined;
    // Since 2026-07-28 the end of the connection is the cancellation.
    if (!canceled?.modern) await tell(message);
    canceled?.cancel(new RuntimeError("canceled", "canceled"));
  };

  const close = async (reason: unknown): Promise<void> => {
    if (reason !== undefined) log("debug", `closing ${link.name}`, { reason });
    queue.end();
    const over = new RuntimeError("closed", `the channel to ${link.name} is closed`);
    open.abort(over);
    for (const one of exchanges.values()) one.cancel(over);
    await Promise.allSettled(underWay);
    if (link.sessionId !== undefined) {
      const limit = deadline("ending the session", END_SESSION_MS);
      try {
        // 405 is the server's right, 404 says that it is gone already.
        (await link.endSession(limit.signal)).discard();
      } catch (error) {
        log("debug", `ending the session with ${link.name} failed`, { error });
      } finally {
        limit.done();
      }
    }
    agent.destroy();
  };

  return {
    incoming: queue,
    async send(message) {
      // A client that does not wait for the answer (`printf … | proxy`) must not overtake the session that it brings.
      if (message.kind !== "response") await handshake;
      if (closing || queue.ended) throw new RuntimeError("closed", `the channel to ${link.name} is closed`);
      if (message.kind === "request" && message.id !== undefined) return ask(message, message.id);
      return message.method === "notifications/cancelled" ? cancel(message) : tell(message);
    },
    close: (reason) => (closing ??= close(reason)),
  };
}
