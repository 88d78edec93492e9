import { randomUUID } from "node:crypto";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { bytesOf, messageFromBytes, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { abortReason } from "../core/signals.js";
import type { Members } from "../era/envelope.js";
import { MISSING_CLIENT_CAPABILITY } from "../era/error-codes.js";
import { OPEN_OBJECT } from "../wire/bytes.js";
import { paramsMembers } from "../wire/json-pick.js";
import { membersIn, sliceOf } from "../wire/json-slice.js";
import { paramsOf, progressTokenOf, requestIdOf } from "./look.js";
import { canonicalJson, digestOf, mayAsk, takesUrls, type Declared } from "./modern-over-legacy-capability.js";
import type { FrontRequest } from "./modern-over-legacy-front.js";
import type { Lease } from "./modern-over-legacy-pool.js";
import type { Flight } from "./modern-over-legacy-session.js";
import {
  embedded,
  inputRequired,
  invalidParams,
  refusal,
  toLegacy,
  toModern,
  urlsRequired,
} from "./modern-over-legacy-translate.js";
import { stateSeal, type StateSeal } from "./parked-state.js";

/** One request of the client: the first of a call, or one that comes back with what was asked for. */
export interface Turn extends FrontRequest {
  readonly principal: string;
  /** Rank of the lowest level at which log messages are wanted. */
  readonly rank: number | undefined;
}

export interface Beginning {
  readonly turn: Turn;
  /** A session on which nobody else's questions can come for this call. It is given back when the call is over. */
  readonly lease: Lease;
  readonly declared: Declared;
}

/** Calls of legacy servers that outlive the request of the client, because the server asks something in between. */
export interface ParkedCalls {
  /**
   * How a request goes on that comes back with the state of a call: with its outcome, or a refusal where the state is not one of ours,
   * not for this client and these parameters, not the latest, or too old. `undefined`: the call begins anew.
   */
  find(turn: Turn): ((turn: Turn) => Promise<Message>) | undefined;
  /** Begins a call. Resolves with the answer for the client: the server's, or what the client is asked meanwhile. */
  begin(beginning: Beginning): Promise<Message>;
  /** Gives up all that wait for their clients. */
  close(reason: RuntimeError): void;
}

/** Questions that a server asks together become one result. In milliseconds. */
const GATHER_MS = 25;
const MAX_ASKS = 64;

interface Question {
  /** The server's id. */
  readonly id: RequestId;
  readonly text: string;
}

interface Call {
  readonly binding: string;
  readonly round: number;
  resume(turn: Turn): Promise<Message>;
  abandon(reason: RuntimeError): void;
}

export interface ParkedOptions {
  readonly limits: Limits;
  readonly log: Log;
}

export function parkedCalls({ limits, log }: ParkedOptions): ParkedCalls {
  const states = stateSeal(limits.parkedMs);
  const parked = new Map<string, Call>();
  return {
    find(turn) {
      const { requestState } = paramsMembers(turn.message, ["requestState"]);
      if (requestState === undefined) return undefined;
      const state = states.open(requestState);
      if (state?.binding === bindingOf(turn)) {
        if (state.call === undefined) return undefined;
        const call = parked.get(state.call);
        if (call?.round === state.round) return (current) => call.resume(current);
      }
      const why = "requestState is altered, too old, used already, or of another call";
      return ({ message }) => Promise.resolve(refusal(requestIdOf(message), invalidParams(why)));
    },
    begin: (beginning) => begin(beginning, { limits, log, states, parked }),
    close(reason) {
      for (const call of parked.values()) call.abandon(reason);
    },
  };
}

/** Whose call it is, and what was asked; what a client may change between two rounds is left out. */
function bindingOf({ message, principal }: Turn): string {
  const params = { ...paramsOf(message), _meta: undefined, inputResponses: undefined, requestState: undefined };
  return digestOf(canonicalJson([principal, message.method, params]));
}

interface Registry extends ParkedOptions {
  readonly states: StateSeal;
  readonly parked: Map<string, Call>;
}

async function begin(
  { turn: first, lease, declared }: Beginning,
  { limits, log, states, parked }: Registry,
): Promise<Message> {
  const { session } = lease;
  const name = randomUUID();
  const questions = new Map<string, Question>();
  let questionBytes = 0;
  let asked = 0;
  let round = 0;
  let over = false;
  let turn: Turn | undefined = first;
  let gathering: NodeJS.Timeout | undefined;
  let giveUp: NodeJS.Timeout | undefined;
  let onGathered: () => void = () => undefined;

  /** Not awaited: a server that waits for us to read must not make us wait for it. */
  const reply = (id: RequestId, outcome: Members): void => {
    session.send(messageFromRpc({ jsonrpc: "2.0", id, ...outcome })).catch(() => undefined); // its end is the call's end
  };
  const gather = (): void => {
    clearTimeout(gathering);
    if (turn) gathering = setTimeout(() => questions.size > 0 && onGathered(), GATHER_MS);
  };
  const forget = (key: string, { text }: Question): void => {
    questions.delete(key);
    questionBytes -= text.length;
  };

  const flight: Flight = {
    principal: first.principal,
    rank: first.rank,
    deliver: (message) => turn?.deliver(message),
    ask(message) {
      const id = requestIdOf(message);
      if (!mayAsk(declared.capabilities, message)) {
        reply(id, { error: { code: -32601, message: "the client has not declared that it can be asked this" } });
        return;
      }
      const text = embedded(message);
      // All of them have to fit into one result.
      if (questions.size >= MAX_ASKS || questionBytes + text.length > limits.maxMessageBytes) {
        reply(id, { error: { code: -32603, message: "too much is asked at once" } });
        return;
      }
      questionBytes += text.length;
      const kind = message.method?.split("/", 1)[0] ?? "";
      questions.set(`${kind}-${++asked}`, { id, text });
      gather();
    },
    withdraw(id) {
      for (const [key, question] of questions) if (question.id === id) forget(key, question);
    },
  };

  const started = await session
    .run({ message: toLegacy(first.message), flight, signal: first.signal })
    .catch((error: unknown) => {
      lease.release();
      throw error;
    });
  const answer = started.answer.finally(() => {
    over = true;
    clearTimeout(gathering);
    for (const { id } of questions.values())
      reply(id, { error: { code: -32603, message: "the request that this belongs to is over" } });
    questions.clear();
    lease.release();
  });
  answer.catch(() => undefined); // whoever takes his turn sees it

  /** Nobody waits for the answer any more. */
  const abandon = (reason: RuntimeError): void => {
    clearTimeout(giveUp);
    parked.delete(name);
    turn = undefined;
    if (!over) lease.release(true);
    started.cancel(reason);
  };

  /** The client is asked; its next request goes on from here. What the server answers in the meantime is kept for it. */
  const park = (current: Turn): Message => {
    if (parked.size >= limits.maxSessions) {
      const tooMany = new RuntimeError("overloaded", `${limits.maxSessions} calls wait for their clients already`);
      abandon(tooMany);
      throw tooMany;
    }
    const binding = bindingOf(first);
    round += 1;
    turn = undefined;
    flight.rank = undefined;
    parked.set(name, { binding, round, resume, abandon });
    giveUp = setTimeout(() => {
      log("info", `a call of ${started.method} was given up: its client did not come back for ${limits.parkedMs} ms`);
      abandon(new RuntimeError("timeout", `the client did not answer within ${limits.parkedMs} ms`));
    }, limits.parkedMs);
    giveUp.unref();
    return inputRequired({
      id: requestIdOf(current.message),
      requests: new Map([...questions].map(([key, { text }]) => [key, text])),
      state: states.seal({ call: name, round, binding }),
      serverInfo: session.serverInfo,
    });
  };

  const answerFor = ({ message }: Turn, outcome: Message): Message => {
    const id = requestIdOf(message);
    const { serverInfo } = session;
    const urls = urlsRequired(outcome);
    if (!urls) {
      const uri = started.method === "resources/read" ? paramsMembers(message, ["uri"])["uri"] : undefined;
      return toModern(outcome, { id, method: started.method, uri, serverInfo });
    }
    if (!takesUrls(declared.capabilities)) return refusal(id, NEEDS_URLS);
    const requests = new Map(urls.map((text, at) => [`elicitation-${at + 1}`, text]));
    return inputRequired({ id, requests, state: states.seal({ round: 0, binding: bindingOf(first) }), serverInfo });
  };

  const take = async (current: Turn): Promise<Message> => {
    turn = current;
    const onAbort = (): void => abandon(abortReason(current.signal));
    current.signal.addEventListener("abort", onAbort, { once: true });
    if (current.signal.aborted) onAbort();
    try {
      for (;;) {
        const gathered = new Promise<"gathered">((resolve) => (onGathered = () => resolve("gathered")));
        if (questions.size > 0) gather();
        const outcome = await Promise.race([answer, gathered]);
        if (outcome !== "gathered") return answerFor(current, outcome);
        if (!over && questions.size > 0) return park(current);
      }
    } finally {
      current.signal.removeEventListener("abort", onAbort);
    }
  };

  const resume = async (current: Turn): Promise<Message> => {
    clearTimeout(giveUp);
    parked.delete(name);
    flight.rank = current.rank;
    started.token = progressTokenOf(current.message);
    const given = sliceOf(bytesOf(current.message), ["params", "inputResponses"]);
    for (const [key, result] of given ? membersIn(given) : []) {
      const question = questions.get(key);
      // Anything but an object is no answer: the question stays.
      if (!question || result[0] !== OPEN_OBJECT) continue;
      forget(key, question);
      session.send(responseTo(question.id, result)).catch(() => undefined); // its end is the call's end
    }
    if (flight.rank !== undefined) void session.lowerLevel(flight.rank); // what it logs until then is not missed
    current.handed();
    return take(current);
  };

  first.handed();
  return take(first);
}

/** Source: MCP 2026-07-28, schema, `MissingRequiredClientCapabilityError`. */
const NEEDS_URLS = {
  code: MISSING_CLIENT_CAPABILITY,
  message: "the server wants a person to open a URL first",
  data: { requiredCapabilities: { elicitation: { url: {} } } },
};

/** The client's answer as it is. */
function responseTo(id: RequestId, result: Buffer): Message {
  const head = Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`);
  return messageFromBytes({ kind: "response", id }, [Buffer.concat([head, result, Buffer.from("}")])]);
}
