import type { Backend } from "../../../runtime/core/backend.js";
import { RuntimeError } from "../../../runtime/core/errors.js";
import type { Log } from "../../../runtime/core/log.js";
import type { Message } from "../../../runtime/core/message.js";
import { bytesOf } from "../../../runtime/core/message.js";
import type { Era } from "../../../runtime/core/session.js";
import { handshake, type Connection } from "../../../runtime/era/handshake.js";
import { relabeled } from "../../../runtime/wire/json-edit.js";
import { isMembers, readExact, tapped, type Exact, type Tapped } from "../exact.js";
import { VERSION } from "../version.js";
import { HANDSHAKE } from "./verify-compare.js";

/** One question, the same to the server and to the proxy. */
export interface Step {
  readonly method: string;
  /** What of several: the name of a prompt, the address of a resource. */
  readonly item?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** JSON text of a tool's arguments: it goes out as it is. */
  readonly argumentsText?: string;
  /** All pages. */
  readonly paged?: true;
}

/** `{result}` or `{error}` as it came; a paged list as `{pages}` of them. */
export type Answer = { readonly said: Exact } | { readonly failed: string };

/** A server or a proxy that is asked. */
export interface Asking {
  readonly era: Era;
  ask(step: Step): Promise<Answer>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly era: "auto" | Era;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** The longest list that is followed. */
const MAX_PAGES = 1_000;

/** Connects. Throws what `handshake` throws. */
export async function openAsking(backend: Backend, options: AskOptions): Promise<Asking> {
  const { signal, requestTimeoutMs } = options;
  const step: { current?: Step } = {};
  const tap = tapped(backend, (message) => exactly(message, step.current));
  const connection = await handshake(tap.backend, {
    ...options,
    clientCapabilities: {},
    clientInfo: { name: "mcpgen", version: VERSION },
  });
  const once = async (one: Step, params: Step["params"]): Promise<Answer> => {
    tap.forget(one.method);
    step.current = one;
    try {
      await connection.request(one.method, params, { timeoutMs: requestTimeoutMs, signal });
    } catch (error) {
      const failure = RuntimeError.from(error);
      // An answer that is an error is an answer.
      if (!tap.answerTo(one.method)) {
        if (failure.code === "canceled") throw failure;
        return { failed: failure.text };
      }
    }
    return answerOf(tap, one.method);
  };
  return {
    era: connection.era,
    async ask(one) {
      if (one.method === HANDSHAKE) return answerOf(tap, firstMethod(connection));
      return one.paged ? allPages((params) => once(one, params)) : once(one, one.params);
    },
    close: () => connection.caller.close("verified"),
  };
}

const firstMethod = ({ era }: Connection): string => (era === "modern" ? "server/discover" : "initialize");

const exactly = (message: Message, step: Step | undefined): Message =>
  step?.argumentsText === undefined || message.method !== step.method
    ? message
    : relabeled(message, { edits: { params: { members: { arguments: { set: step.argumentsText } } } } });

function answerOf(tap: Tapped, method: string): Answer {
  const answer = tap.answerTo(method);
  if (!answer) return { failed: "nothing was answered" };
  if (answer.failure && !answer.failure.rpcError) return { failed: answer.failure.text };
  try {
    const text = Buffer.concat(bytesOf(answer)).toString("utf8");
    const whole = readExact(text);
    if (!isMembers(whole)) return { failed: "the answer is no object" };
    return { said: Object.fromEntries(Object.entries(whole).filter(([name]) => name !== "id")) };
  } catch (error) {
    return { failed: RuntimeError.from(error).text };
  }
}

/** Cursors are the side's own: only whether there is one is compared. */
async function allPages(ask: (params: Readonly<Record<string, unknown>>) => Promise<Answer>): Promise<Answer> {
  const pages: Exact[] = [];
  let cursor: string | undefined;
  do {
    const answer = await ask(cursor === undefined ? {} : { cursor });
    if ("failed" in answer) return answer;
    const { said } = answer;
    const result = isMembers(said) ? said["result"] : undefined;
    if (!isMembers(result)) return pages.length === 0 ? answer : { said: { pages: [...pages, said] } };
    const next = result["nextCursor"];
    cursor = typeof next === "string" ? next : undefined;
    pages.push(
      cursor === undefined ? said : { ...(said as object), result: { ...result, nextCursor: "(there is one)" } },
    );
  } while (cursor !== undefined && pages.length < MAX_PAGES);
  return { said: { pages } };
}
