import { RuntimeError } from "../core/errors.js";
import { sleep } from "../core/signals.js";
import type { HttpReply } from "../wire/http-client.js";
import { mediaType } from "../wire/http-headers.js";
import { isBatch, messageOf, splitBatch } from "../wire/json.js";
import { readEvents, type SseEvent } from "../wire/sse.js";
import { refusalOf } from "./http-failure.js";
import type { HttpLink } from "./http-link.js";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Times in a row that an interrupted answer is asked for in vain. */
const MAX_FAILURES = 5;

/** Where a stream is, so that it can go on after an interruption. */
interface Cursor {
  lastEventId: string | undefined;
  retryMs: number | undefined;
  /** Times in a row that connecting failed or brought nothing. */
  failures: number;
}

const pauseMs = ({ retryMs, failures }: Cursor): number =>
  Math.min(retryMs ?? FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);

async function readStream(
  link: HttpLink,
  reply: HttpReply,
  { cursor, onEvent }: { cursor: Cursor; onEvent: (event: SseEvent) => Promise<void> },
): Promise<void> {
  for await (const event of readEvents(reply.body, { maxBytes: link.limits.maxMessageBytes })) {
    cursor.failures = 0;
    if (event.id !== undefined) cursor.lastEventId = event.id;
    if (event.retryMs !== undefined) cursor.retryMs = event.retryMs;
    await onEvent(event);
  }
}

export interface FollowOptions {
  /** The reply to the POST. */
  readonly reply: HttpReply;
  /** What it throws ends all. */
  readonly onEvent: (event: SseEvent) => Promise<void>;
  readonly answered: () => boolean;
  readonly signal: AbortSignal;
  /** Modern streams do not go on: a broken one is a lost request. */
  readonly modern: boolean;
}

/**
 * Reads the event stream of a POST to its answer. Where it breaks before, and the server has numbered its events, it goes on
 * with GET and Last-Event-ID. Throws RuntimeError `closed` when the answer is lost.
 * Source: MCP 2025-11-25, Streamable HTTP, "Resumability and Redelivery".
 */
export async function follow(link: HttpLink, options: FollowOptions): Promise<void> {
  const { onEvent, answered, signal, modern } = options;
  const cursor: Cursor = { lastEventId: undefined, retryMs: undefined, failures: 0 };
  let fatal: unknown;
  const guarded = async (event: SseEvent): Promise<void> => {
    try {
      await onEvent(event);
    } catch (error) {
      fatal = error;
      throw error;
    }
  };

  let reply: HttpReply | undefined = options.reply;
  let cause: unknown;
  for (;;) {
    if (reply) {
      try {
        await readStream(link, reply, { cursor, onEvent: guarded });
      } catch (error) {
        if (fatal !== undefined) throw error;
        cause = error;
      }
    }
    if (answered() || signal.aborted) return;
    if (cursor.lastEventId === undefined || modern || cursor.failures >= MAX_FAILURES)
      throw new RuntimeError("closed", `${link.name} ended the stream before its answer`, { cause });
    await sleep(pauseMs(cursor), signal);
    reply = await resumed(link, cursor, signal);
  }
}

/** `undefined` when there is no connection now. Throws RuntimeError when the server will not go on. */
async function resumed(link: HttpLink, cursor: Cursor, signal: AbortSignal): Promise<HttpReply | undefined> {
  cursor.failures++;
  let reply: HttpReply;
  try {
    reply = await link.get(cursor.lastEventId, signal);
  } catch (error) {
    link.log("debug", `resuming a stream of ${link.name} failed`, { error });
    return undefined;
  }
  if (reply.status === 200 && isEventStream(reply)) {
    cursor.failures = 0;
    return reply;
  }
  const cause = await refusalOf(link, reply);
  throw new RuntimeError("closed", `${link.name} ended the stream before its answer, and does not resume it`, {
    cause,
  });
}

/**
 * Keeps the session's own stream open until `signal` fires, or the server has none. `onOpen` is called each time it opens. Never rejects.
 * Source: MCP 2025-11-25, Streamable HTTP, "Listening for Messages from the Server".
 */
export async function listen(
  link: HttpLink,
  { signal, onOpen }: { readonly signal: AbortSignal; readonly onOpen: () => void },
): Promise<void> {
  const cursor: Cursor = { lastEventId: undefined, retryMs: undefined, failures: 0 };
  const over = (): boolean => signal.aborted;
  while (!over()) {
    try {
      const reply = await link.get(cursor.lastEventId, signal);
      if (!(await accepted(link, reply))) return;
      if (reply.status === 200) {
        onOpen();
        await readStream(link, reply, { cursor, onEvent: (event) => deliver(link, event) });
      }
    } catch (error) {
      if (!over()) link.log("debug", `the event stream of ${link.name} broke`, { error });
    }
    cursor.failures++;
    await sleep(pauseMs(cursor), signal);
  }
}

/** Whether it is worth asking again: yes after a stream, and after 5xx. */
async function accepted(link: HttpLink, reply: HttpReply): Promise<boolean> {
  const { status } = reply;
  if (status === 200 && isEventStream(reply)) return true;
  if (status === 404 || status === 405 || status === 501) {
    reply.discard(); // the server has none, which is its right
    return false;
  }
  const error = await refusalOf(link, reply);
  const again = status >= 500 || status === 429;
  link.log(again ? "debug" : "warn", `${link.name} gives no event stream`, { error });
  return again;
}

async function deliver(link: HttpLink, event: SseEvent): Promise<void> {
  if (event.oversizeBytes !== undefined) {
    const limit = link.limits.maxMessageBytes;
    link.log(
      "warn",
      `an event of ${event.oversizeBytes} bytes from ${link.name} is over the limit of ${limit}; dropped`,
    );
    return;
  }
  if (event.data.length === 0) return;
  try {
    for (const one of isBatch(event.data) ? splitBatch(event.data) : [event.data])
      if (!link.queue.ended) await link.queue.push(messageOf(one));
  } catch (error) {
    link.log("warn", `${link.name} sent an event that is no message`, { error });
  }
}

const isEventStream = ({ headers }: HttpReply): boolean => mediaType(headers["content-type"]) === "text/event-stream";
