import { RuntimeError } from "../core/errors.js";
import { bytesOf, type Message } from "../core/message.js";
import { printable } from "../core/log.js";
import type { Limits } from "../core/limits.js";
import { deadline, sleep } from "../core/signals.js";
import { REMOVE, type JsonEdits } from "../wire/json-edit.js";
import { OPEN_OBJECT } from "../wire/bytes.js";
import { sliceOf, stringIn } from "../wire/json-slice.js";
import { inputFailure, judged, refusal, type Asked, type InputRequired } from "./legacy-over-modern-answer.js";
import type { ClientAsks } from "./legacy-over-modern-ask.js";
import type { Identity } from "./legacy-over-modern-identity.js";
import { embedded, type ClientRequest } from "./legacy-over-modern-input.js";
import type { Asked as UnderWay, Heard, Link } from "./link.js";
import { paramsOf, requestIdOf } from "./look.js";

/** How often the server may want input for one request. Source: the official client's own bound. */
const MAX_ROUNDS = 10;
/** How much it may want at once. */
const MAX_ASKS = 64;
/** Between rounds that need nothing of the client. */
const PAUSE_MS = 250;

export interface CallContext {
  readonly link: Link;
  readonly asks: ClientAsks;
  readonly identity: Identity;
  readonly limits: Limits;
  readonly wrapped: Set<string>;
  /** The request with the modern envelope, and these members of `params`. */
  readonly stamped: (message: Message, more: JsonEdits) => Message;
  /** To the client, what the server says. */
  readonly tell: Heard;
  /** To the client as well: the answer, unless the request is canceled before. */
  readonly onAnswer: Heard;
}

/** One request of a legacy client, until it is answered. */
export interface Call {
  /** The server's buffer has it, or never will. Never rejects. */
  readonly handed: Promise<void>;
  /** Nothing is told of it any more; the server and the client stop working for it. */
  cancel(reason: RuntimeError): void;
}

/**
 * Asks the server and, while it wants input, the client, then the server again, until there is a result.
 * Source: MCP 2026-07-28, basic/patterns/mrtr, "Client Requirements".
 */
export function callOf(request: Message, context: CallContext): Call {
  const { link, asks, identity, limits, tell, stamped, onAnswer } = context;
  const id = requestIdOf(request);
  const over = new AbortController();
  const asked: Asked = { request, id, revision: identity.revision, wrapped: context.wrapped };
  let underWay: UnderWay | undefined;
  let progressed = -Infinity;
  let isFirst = true;
  let handed: () => void = () => undefined;
  const onItsWay = new Promise<void>((resolve) => (handed = resolve));

  const finish = (answer: Message): Promise<void> | void => {
    if (over.signal.aborted) return;
    over.abort();
    return onAnswer(answer);
  };

  const hear = (message: Message): Promise<void> | void => {
    if (over.signal.aborted || message.kind === "request") return;
    if (message.method === "notifications/progress") {
      // To the client it is one request: what a later round reports must go on, not begin anew.
      const progress = Number(paramsOf(message)["progress"]);
      if (!isFirst && !(progress > progressed)) return;
      progressed = Math.max(progressed, progress);
    }
    return tell(message);
  };

  /** One round: the server's wish for input, or nothing where the client has its answer. */
  const round = async (more: JsonEdits): Promise<InputRequired | undefined> => {
    let wish: InputRequired | undefined;
    underWay = await link.ask({
      message: stamped(request, more),
      onStart: (one) => (underWay = one),
      onRelated: hear,
      onAnswer(answer) {
        const judgement = judged(answer, asked);
        if ("kind" in judgement) return finish(judgement);
        wish = judgement;
      },
    });
    handed();
    await underWay.answer;
    return wish;
  };

  /** The client's answers, by the server's keys, as JSON text. */
  const gather = async (requests: readonly (readonly [string, ClientRequest])[]): Promise<string> => {
    const limit = deadline("the client", limits.parkedMs, over.signal);
    const others = new AbortController();
    const signal = AbortSignal.any([limit.signal, others.signal]);
    try {
      const members = await Promise.all(
        requests.map(async ([key, one]) => {
          const response = await asks.ask(one, { relatedTo: id, signal });
          return `${JSON.stringify(key)}:${resultOf(response)}`;
        }),
      );
      return `{${members.join(",")}}`;
    } catch (error) {
      others.abort(new RuntimeError("canceled", "another answer for the same request has failed"));
      throw error;
    } finally {
      limit.done();
    }
  };

  /** What the next round says more than the first, or why there is none. */
  const fulfilled = async ({ requests, state }: InputRequired): Promise<{ more: JsonEdits } | { failed: string }> => {
    const requestState = state === undefined ? REMOVE : { set: state };
    if (requests.size === 0) {
      await sleep(PAUSE_MS, over.signal);
      return { more: { requestState, inputResponses: REMOVE } };
    }
    if (requests.size > MAX_ASKS) throw broken(`it wants ${requests.size} answers at once; ${MAX_ASKS} are the most`);
    const fit: [string, ClientRequest][] = [];
    for (const [key, text] of requests) {
      const one = embedded(text, identity);
      if ("broken" in one) throw broken(one.broken);
      if ("refused" in one) return { failed: one.refused };
      fit.push([key, one]);
    }
    try {
      return { more: { requestState, inputResponses: { set: await gather(fit) } } };
    } catch (error) {
      return { failed: `what the server asks for could not be had: ${RuntimeError.from(error).text}` };
    }
  };

  const run = async (): Promise<void> => {
    let more: JsonEdits = {};
    for (let rounds = 0; ; rounds++) {
      const wish = await round(more);
      if (!wish) return;
      const next = rounds < MAX_ROUNDS ? await fulfilled(wish) : { failed: `it wants input more than ${rounds} times` };
      if ("failed" in next) return finish(inputFailure(request, { id, text: next.failed }));
      if (isOver()) return;
      more = next.more;
      isFirst = false;
    }
  };
  const isOver = (): boolean => over.signal.aborted;

  void run()
    .catch((error: unknown) => finish(refusal(id, RuntimeError.from(error))))
    .finally(() => handed());
  return {
    handed: onItsWay,
    cancel(reason) {
      if (over.signal.aborted) return;
      over.abort(reason);
      underWay?.cancel(reason);
    },
  };
}

const broken = (why: string): RuntimeError =>
  new RuntimeError("remote", "the server's wish for input is not valid", { why });

/** The text of the client's result. Throws RuntimeError `remote` with what the client says instead. */
function resultOf(response: Message): string {
  const bytes = bytesOf(response);
  const result = sliceOf(bytes, ["result"]);
  if (result?.[0] === OPEN_OBJECT) return result.toString("utf8");
  const said = stringIn(sliceOf(bytes, ["error", "message"])) ?? "the client's answer is no object";
  throw new RuntimeError("remote", printable(said));
}
