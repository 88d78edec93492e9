import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { bytesOf, failureResponse, idInUse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { isObject } from "../era/envelope.js";
import { exchange, type Exchange } from "./http-exchange.js";
import { parseEventId, replayRing } from "./http-replay.js";
import { progressToken } from "./http-request.js";
import { eventStream, openConnection, type EventStream } from "./http-stream.js";

/** The stream of a GET, which belongs to no request. It is there from the start and holds what comes before a GET. */
const STANDALONE = 0;

export interface HttpSessionOptions {
  readonly limits: Limits;
  readonly log: Log;
  /** Nobody has been connected, and nothing has come from either side, for limits.sessionIdleMs; or it has lived for limits.sessionMaxMs. */
  readonly onExpired: (why: "idle" | "too old") => void;
  /** The server refused `initialize`: there is no session. */
  readonly onRefused: () => void;
}

export interface PostOptions {
  readonly response: ServerResponse;
  /** The body was a JSON array. */
  readonly batch: boolean;
  /** The client understands an event without data that only carries an id. */
  readonly prime: boolean;
}

export interface GetOptions {
  readonly response: ServerResponse;
  readonly prime: boolean;
  readonly lastEventId: string | undefined;
}

/** One client's conversation over HTTP: many requests and streams on its side, one channel towards the host. */
export interface HttpSession {
  /** Visible ASCII, 192 random bits. Source: MCP Streamable HTTP, "Session Management". */
  readonly id: string;
  readonly front: Channel;
  /** As the server answered `initialize`. */
  readonly version: string | undefined;
  /** Passes messages to the host. Resolves when they are taken; the response is answered when the server answers. Throws `bad_message`, `unknown_session`. */
  post(messages: readonly Message[], options: PostOptions): Promise<void>;
  /** Opens the standalone stream or resumes any. False: another connection holds the standalone one. Throws `unknown_session`. */
  get(options: GetOptions): boolean;
  /** Resolves when no request waits for its answer; the GET stream then ends. */
  drain(): Promise<void>;
}

/** Node's longest timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface InFlight {
  readonly exchange: Exchange;
  readonly token: string | number | undefined;
}

export function httpSession({ limits, log, onExpired, onRefused }: HttpSessionOptions): HttpSession {
  const id = randomBytes(24).toString("base64url");
  const incoming = new MessageQueue(1);
  const inFlight = new Map<RequestId, InFlight>();
  const streams = new Map<number, EventStream>();
  let nextStream = STANDALONE;
  let initializeId: RequestId | undefined;
  let version: string | undefined;
  let refused = false;
  let lost = 0;
  const born = performance.now();
  let lastActive = born;
  let onAnswered: () => void = () => undefined;

  const ring = replayRing({
    maxBytes: limits.replayBytes,
    onDrop: ({ stream, seq }) => {
      if (stream === STANDALONE && !standalone.live && seq > standalone.sentSeq)
        log(
          lost++ === 0 ? "warn" : "debug",
          "a message was dropped: no client has come for it, and newer ones need its place",
        );
      forget(stream);
    },
  });
  /** A stream is known as long as something of it may be replayed. */
  const forget = (key: number): void => {
    if (streams.get(key)?.ended && !ring.holds(key)) streams.delete(key);
  };
  const newStream = (): EventStream => {
    const stream = eventStream(nextStream++, ring);
    streams.set(stream.key, stream);
    return stream;
  };
  const standalone = newStream();

  const connected = (): boolean =>
    [...inFlight.values()].some((one) => one.exchange.open) || [...streams.values()].some((one) => one.live);
  const watch = (): void => {
    const now = performance.now();
    if (connected()) lastActive = now;
    const idleMs = limits.sessionIdleMs - (now - lastActive);
    const leftMs = limits.sessionMaxMs - (now - born);
    if (idleMs <= 0 || leftMs <= 0) onExpired(leftMs <= 0 ? "too old" : "idle");
    else timer = setTimeout(watch, Math.ceil(Math.min(idleMs, leftMs, MAX_TIMER_MS)));
  };
  let timer = setTimeout(watch, Math.min(limits.sessionIdleMs, limits.sessionMaxMs, MAX_TIMER_MS));
  const active = (): void => void (lastActive = performance.now());

  /** Where a message goes that answers nothing: one place, never several. Source: MCP Streamable HTTP, "Multiple Connections". */
  const place = (message: Message): Exchange | undefined => {
    const related = message.relatedTo === undefined ? undefined : inFlight.get(message.relatedTo);
    if (related?.exchange.reachable) return related.exchange;
    const token = message.method === "notifications/progress" ? progressToken(message) : undefined;
    const wanted = token === undefined ? undefined : [...inFlight.values()].find((one) => one.token === token);
    if (wanted?.exchange.reachable) return wanted.exchange;
    const open = [...new Set([...inFlight.values()].map((one) => one.exchange))].filter((one) => one.open);
    if (open.length === 1 || !standalone.live) return open.at(-1);
    return undefined;
  };

  const answer = async (message: Message): Promise<void> => {
    const sole = inFlight.size === 1 ? [...inFlight.keys()][0] : undefined;
    const answered = message.id ?? sole;
    const waiting = answered === undefined ? undefined : inFlight.get(answered);
    if (answered === undefined || !waiting) {
      log("debug", "an answer that no request waits for was dropped");
      return;
    }
    inFlight.delete(answered);
    const readable = answered === initializeId ? learn(message, answered) : message;
    // From here on the id is like any other: clients that write their requests by hand use it again.
    if (answered === initializeId) initializeId = undefined;
    // `{"id":null,"error":…}` names no request: with one in flight it is meant for that one.
    const named = message.id === undefined ? messageFromRpc({ ...readable.rpc, id: answered }) : readable;
    if (!waiting.exchange.reachable) log("debug", "an answer was dropped: its client is gone");
    await waiting.exchange.answer(named, answered);
    onAnswered();
    if (refused) onRefused();
  };
  /** Takes the version from the answer to `initialize`, or that there will be no session. */
  const learn = (message: Message, requestId: RequestId): Message => {
    try {
      const { result } = message.rpc;
      if (!isObject(result)) refused = true;
      else if (typeof result["protocolVersion"] === "string") version = result["protocolVersion"];
      return message;
    } catch (error) {
      refused = true;
      return failureResponse(requestId, RuntimeError.from(error));
    }
  };

  const front: Channel = {
    incoming,
    async send(message) {
      if (incoming.ended) throw new RuntimeError("closed", "the session has ended");
      active();
      if (message.kind === "response") return answer(message);
      const target = place(message);
      return target ? target.stream(message) : standalone.write(bytesOf(message));
    },
    async close() {
      if (incoming.ended) return;
      incoming.end();
      clearTimeout(timer);
      const left = [...inFlight.values()];
      inFlight.clear();
      await Promise.all(left.map((one) => one.exchange.abort(new RuntimeError("closed", "the session has ended"))));
      for (const stream of streams.values()) stream.end();
      onAnswered();
    },
  };

  return {
    id,
    front,
    get version() {
      return version;
    },

    async post(messages, { response, batch, prime }) {
      if (incoming.ended) throw new RuntimeError("unknown_session", "this session has ended");
      active();
      const requests = messages.flatMap((message) =>
        message.kind === "request" && message.id !== undefined ? [{ message, id: message.id }] : [],
      );
      const ids = requests.map((one) => one.id);
      const doubled = ids.find((one, index) => inFlight.has(one) || ids.indexOf(one) !== index);
      if (doubled !== undefined) throw idInUse(doubled);
      if (ids.length > 0) {
        const one = exchange(response, {
          ids,
          batch,
          keepAliveMs: limits.keepAliveMs,
          headers: (): Record<string, string> => (refused ? {} : { "Mcp-Session-Id": id }),
          openOutlet: (connection) => {
            const stream = newStream();
            stream.attach(connection);
            if (prime) stream.prime();
            return {
              get reachable() {
                return stream.live || stream.sentSeq > 0;
              },
              write: stream.write,
              end() {
                stream.end();
                forget(stream.key);
              },
            };
          },
        });
        for (const { message, id: requestId } of requests) {
          if (message.method === "initialize") initializeId = requestId;
          inFlight.set(requestId, { exchange: one, token: progressToken(message) });
        }
        response.once("close", () => {
          active();
          // Nobody has learned the id of a session whose `initialize` was given up.
          if (initializeId !== undefined && inFlight.get(initializeId)?.exchange === one && !one.reachable) onRefused();
        });
      }
      for (const message of messages) await incoming.push(message);
      if (ids.length === 0) response.writeHead(202).end();
    },

    async drain() {
      while (inFlight.size > 0) await new Promise<void>((resolve) => (onAnswered = resolve));
      standalone.end();
    },

    get({ response, prime, lastEventId }) {
      active();
      if (incoming.ended) throw new RuntimeError("unknown_session", "this session has ended");
      const resume = lastEventId === undefined ? undefined : parseEventId(lastEventId);
      const known = resume && streams.get(resume.stream);
      if (!known && standalone.live) return false;
      const connection = openConnection(response, {
        headers: { "Mcp-Session-Id": id },
        keepAliveMs: limits.keepAliveMs,
      });
      response.once("close", active);
      // A half-closed client may still wait for the answer to a POST, but nobody reads a GET stream that way.
      const { socket } = response;
      const onEnd = (): void => void response.destroy();
      socket?.once("end", onEnd);
      response.once("close", () => socket?.off("end", onEnd));
      const stream = known ?? standalone;
      stream.attach(connection, known ? resume.seq : undefined);
      if (prime && !stream.ended) stream.prime();
      return true;
    },
  };
}
