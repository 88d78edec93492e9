import { RuntimeError } from "../core/errors.js";
import { printable } from "../core/log.js";
import { failureResponse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { orAborted } from "../core/signals.js";
import { isObject } from "../era/envelope.js";
import { HEADER_MISMATCH } from "../era/error-codes.js";
import { readWhole, type HttpReply } from "../wire/http-client.js";
import { mediaType } from "../wire/http-headers.js";
import { isBatch, messageOf, splitBatch } from "../wire/json.js";
import type { SseEvent } from "../wire/sse.js";
import { badAnswer } from "./bad-answer.js";
import { refusal } from "./http-failure.js";
import { claimOf, type HttpLink } from "./http-link.js";
import { follow } from "./http-stream.js";

/** After the answer a stream should end; a server that leaves it open does not keep the connection. */
const LINGER_MS = 1_000;

export interface Exchange {
  readonly id: RequestId;
  /** The request's body has been handed on, or never will be. */
  readonly written: Promise<void>;
  /** Never rejects. */
  readonly done: Promise<void>;
  readonly modern: boolean;
  /** Gives up: nothing more is delivered for this request. */
  cancel(reason: RuntimeError): void;
}

/**
 * Posts one request and delivers all that comes back for it. Exactly one response is delivered, the server's or one that
 * tells why there is none, unless it is canceled.
 */
export function exchange(link: HttpLink, request: Message, id: RequestId): Exchange {
  const control = new AbortController();
  const { signal } = control;
  const modern = claimOf(request) !== undefined;
  let answered = false;
  let onWritten: () => void = () => undefined;
  const written = new Promise<void>((resolve) => (onWritten = resolve));

  const hear = async (message: Message): Promise<void> => {
    if (!link.queue.ended) await link.queue.push(message);
  };

  const deliver = async (message: Message): Promise<void> => {
    if (signal.aborted && !answered) return;
    if (message.kind === "response" && message.id === id) {
      if (answered) return;
      if (request.method === "initialize") settleVersion(link, message);
      const readable = modern && request.method === "tools/list" ? link.tools.listed(message) : message;
      answered = true;
      await hear(readable);
    } else await hear(message);
  };

  const deliverBytes = async (bytes: readonly Uint8Array[]): Promise<void> => {
    for (const one of isBatch(bytes) ? splitBatch(bytes) : [bytes]) {
      const message = messageOf(one, { relatedTo: id });
      // `{"id":null,"error":…}` on this exchange can only be meant for this request.
      const anonymous = message.kind === "response" && message.id === undefined;
      await deliver(anonymous ? messageFromRpc({ ...message.rpc, id }, { relatedTo: id }) : message);
    }
  };

  const onEvent = async (event: SseEvent): Promise<void> => {
    if (event.oversizeBytes !== undefined) throw tooLarge(link, event.oversizeBytes);
    if (event.data.length === 0) return; // a priming event: its id is all there is
    try {
      await deliverBytes(event.data);
    } catch (error) {
      link.log("warn", `${link.name} sent an event that is no message`, { error });
    }
    if (answered) lingering ??= setTimeout(() => control.abort(), LINGER_MS);
  };
  let lingering: NodeJS.Timeout | undefined;

  const run = async (retried = false): Promise<void> => {
    const inSession = link.sessionId !== undefined && request.method !== "initialize";
    const reply = await link.post(request, { signal, onWritten });
    const { status, headers } = reply;
    const type = mediaType(headers["content-type"]);
    const fine = status >= 200 && status < 300;
    if (fine && request.method === "initialize") settleSession(link, reply);
    if (fine && type === "text/event-stream")
      return follow(link, { reply, onEvent, answered: () => answered, signal, modern });
    if (fine && type === "application/json") {
      await deliverBytes(await readWhole(reply, link.limits.maxMessageBytes));
      if (!answered)
        throw new RuntimeError("closed", `${link.name} replied without an answer to the request`, { status });
      return;
    }
    const refused = await refusal(link, reply, { id, modern, inSession });
    if (!modern || request.method === "server/discover" || refused.rpc.error?.code !== HEADER_MISMATCH)
      return deliver(refused);
    // Headers are this hop's affair, and a call that was refused for them has not run.
    if (!retried && request.method === "tools/call" && (await orAborted(link.tools.refresh(request), signal)))
      return run(true);
    await deliver(failureResponse(id, headersRefused(link, refused)));
  };

  const done = run()
    .catch(async (error: unknown) => {
      if (!answered) await deliver(failureResponse(id, badAnswer(link.name, error)));
    })
    .finally(() => {
      clearTimeout(lingering);
      control.abort(); // whatever is left of the connection
      onWritten();
    });
  return { id, written, done, modern, cancel: (reason) => control.abort(reason) };
}

const tooLarge = ({ name, limits }: HttpLink, bytes: number): RuntimeError =>
  new RuntimeError(
    "too_large",
    `an event of ${bytes} bytes from ${name} is over the limit of ${limits.maxMessageBytes}`,
    { fault: "server" },
  );

const headersRefused = ({ name }: HttpLink, { rpc }: Message): RuntimeError =>
  new RuntimeError("remote", `${name} refuses the headers of the request`, {
    why: `it says: ${printable(rpc.error?.message ?? "")}`,
  });

function settleSession(link: HttpLink, { headers }: HttpReply): void {
  const id = headers["mcp-session-id"];
  link.sessionId = undefined;
  if (typeof id === "string" && /^[\x21-\x7e]{1,1024}$/.test(id)) link.sessionId = id;
  else if (id !== undefined)
    link.log("warn", `${link.name} gave a session id that is not visible ASCII; it is not used`);
}

function settleVersion(link: HttpLink, answer: Message): void {
  const { result } = answer.rpc;
  const version = isObject(result) ? result["protocolVersion"] : undefined;
  link.protocolVersion = typeof version === "string" && /^[\x21-\x7e]{1,64}$/.test(version) ? version : undefined;
}
