import { randomUUID } from "node:crypto";
import type { Backend } from "../core/backend.js";
import { RuntimeError, rpcErrorOf } from "../core/errors.js";
import { printable, silent, type Log } from "../core/log.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { deadline, orAborted } from "../core/signals.js";
import { relabeled } from "../wire/json-edit.js";
import { canceledId, envelopeOf, invalidParams, isRecord, toolCallOf, type ToolCall } from "./call.js";
import type { Contract } from "./contract.js";
import { intercepted, type Ends, type Interceptor } from "./intercept.js";
import { judgeOf, toolPage, type Judge, type Verdict } from "./judge.js";

/**
 * `warn`: said once in the log. `quarantine`: tools that are changed or not in the contract leave the lists, and calls
 * to them are answered as calls to an unknown tool. `refuse`: lists and calls are answered with an error.
 */
export type OnDrift = "warn" | "quarantine" | "refuse";

export interface DriftOptions {
  readonly onDrift: OnDrift;
  /** For the guard's own question to the server, all pages together. */
  readonly timeoutMs: number;
  readonly log?: Log;
}

/** Pages of one list, and calls that wait for the verdict. Past them a server is looping, or a client flooding. */
const MAX_PAGES = 1000;
const MAX_HELD = 100;
/** How long a verdict counts in the 2026 era, where a server tells that its tools changed only if a client listens. */
const FRESH_MS = 5 * 60_000;

/**
 * The backend whose tools are held against the contract, so that a description that changes after it was approved is
 * noticed. Looks at the lists that pass; only where a call depends on it, and no list has passed yet, it asks the
 * server for the list itself, on the client's own channel.
 */
export function guardedAgainstDrift(backend: Backend, contract: Contract, options: DriftOptions): Backend {
  const judge = reporting(judgeOf(contract), options.log ?? silent);
  return intercepted(backend, (ends) => driftGuard(ends, judge, { ...options, log: options.log ?? silent }));
}

/** Says each finding once for the life of the process, not once for each session. */
function reporting(judge: Judge, log: Log): Judge {
  const said = new Set<string>();
  return (tool) => {
    const verdict = judge(tool);
    const key = `${verdict} ${tool.name}`;
    if (verdict === "same" || said.has(key) || said.size >= MAX_PAGES) return verdict;
    said.add(key);
    const what = verdict === "changed" ? "differs from its definition in the contract" : "is not in the contract";
    log("warn", `tool "${printable(tool.name, 128)}" ${what}`, { event: `tool_definition_${verdict}` });
    return verdict;
  };
}

/** A question of the guard's own. */
interface Own {
  readonly isModern: boolean;
  resolve(message: Message): void;
  reject(reason: RuntimeError): void;
}

function driftGuard(ends: Ends, judge: Judge, { onDrift, timeoutMs, log }: Required<DriftOptions>): Interceptor {
  const prefix = randomUUID();
  const listing = new Set<RequestId>();
  const own = new Map<RequestId, Own>();
  const held = new Map<RequestId, { canceled: boolean }>();
  const over = new AbortController();
  /** The live tools, as far as lists have told since the server last said that they changed. */
  let live = new Map<string, Verdict>();
  let liveSince = performance.now();
  let check: Promise<ReadonlyMap<string, Verdict>> | undefined;
  let asked = false;

  const forget = (): void => {
    live = new Map();
    liveSince = performance.now();
  };

  const ask = async (call: ToolCall): Promise<ReadonlyMap<string, Verdict>> => {
    const into = live;
    const envelope = envelopeOf(call.params);
    const limit = deadline("tools/list", timeoutMs, over.signal);
    const cursors = new Set<unknown>();
    try {
      for (let cursor: unknown; ;) {
        const id = `${prefix}:${cursors.size}`;
        const reply = new Promise<Message>((resolve, reject) =>
          own.set(id, { isModern: envelope !== undefined, resolve, reject }),
        );
        reply.catch(() => undefined); // a send that throws leaves it without a reader
        const params = { ...(cursor !== undefined && { cursor }), ...(envelope && { _meta: envelope }) };
        await ends.toServer(messageFromRpc({ jsonrpc: "2.0", id, method: "tools/list", params }));
        const page = toolPage((await orAborted(reply, limit.signal)).rpc);
        for (const tool of page.tools) into.set(tool.name, judge(tool));
        cursor = page.nextCursor;
        if (cursor === undefined) return into;
        if (cursors.has(cursor) || cursors.size >= MAX_PAGES)
          throw new RuntimeError("bad_message", `tools/list of the server has no end within ${MAX_PAGES} pages`);
        cursors.add(cursor);
      }
    } finally {
      limit.done();
      own.clear();
    }
  };

  const decide = async (message: Message, call: ToolCall, known: ReadonlyMap<string, Verdict>): Promise<void> => {
    if (onDrift === "refuse" && differing(known).length > 0) return ends.toClient(refusal(call.id, differing(known)));
    if (known.get(call.name) === "same") return ends.toServer(message);
    return ends.toClient(invalidParams(call.id, `Unknown tool: ${call.name}`));
  };

  const hold = async (message: Message, call: ToolCall): Promise<void> => {
    const state = { canceled: false };
    held.set(call.id, state);
    try {
      check ??= ask(call).finally(() => (check = undefined));
      const known = await check;
      if (!state.canceled) await decide(message, call, known);
    } catch (error) {
      // Where the channel is over, the bridge answers in our place.
      await ends.toClient(errorAnswer(call.id, notChecked(error))).catch(() => undefined);
    } finally {
      held.delete(call.id);
    }
  };

  const seenPage = (message: Message, id: RequestId): Message => {
    if (message.rpc.error !== undefined) return message;
    const { tools } = toolPage(message.rpc);
    const verdicts = new Map(tools.map((tool) => [tool.name, judge(tool)]));
    for (const [name, verdict] of verdicts) live.set(name, verdict);
    const drifted = differing(verdicts);
    if (onDrift === "warn" || drifted.length === 0) return message;
    if (onDrift === "refuse") return refusal(id, drifted);
    const kept = tools.filter((tool) => verdicts.get(tool.name) === "same");
    const result = isRecord(message.rpc.result) ? message.rpc.result : {};
    return messageFromRpc({ ...message.rpc, result: { ...result, tools: kept } }, { relatedTo: message.relatedTo });
  };

  return {
    async fromClient(message) {
      if (message.kind === "request" && message.method === "tools/list" && message.id !== undefined)
        listing.add(message.id);
      if (onDrift === "warn") {
        const call = asked || live.size > 0 || message.method !== "tools/call" ? undefined : toolCallOf(message);
        if (call) {
          asked = true;
          void ask(call).catch((error: unknown) => log("warn", notChecked(error).text));
        }
        return message;
      }
      const canceled = held.get(canceledId(message) ?? "");
      if (canceled) {
        canceled.canceled = true;
        return undefined;
      }
      const call = toolCallOf(message);
      if (!call) return message;
      if (envelopeOf(call.params) && performance.now() - liveSince > FRESH_MS) forget();
      if (live.has(call.name)) await decide(message, call, live);
      else if (held.size < MAX_HELD) void hold(message, call);
      else await ends.toClient(errorAnswer(call.id, new RuntimeError("overloaded", `${MAX_HELD} calls are waiting`)));
      return undefined;
    },
    fromServer(message) {
      const { id } = message;
      if (message.method === "notifications/tools/list_changed") forget();
      const asking = message.relatedTo === undefined ? undefined : own.get(message.relatedTo);
      if (asking && message.kind !== "response")
        // In the 2026 era what is said belongs to a request, and nobody else has made this one.
        return asking.isModern ? undefined : relabeled(message, { relatedTo: null });
      if (message.kind !== "response" || id === undefined) return message;
      const mine = own.get(id);
      if (mine) {
        own.delete(id);
        if (message.failure) mine.reject(message.failure);
        else mine.resolve(message);
        return undefined;
      }
      return listing.delete(id) ? seenPage(message, id) : message;
    },
    ended(reason) {
      over.abort(reason);
    },
  };
}

const differing = (verdicts: ReadonlyMap<string, Verdict>): readonly string[] =>
  [...verdicts].filter(([, verdict]) => verdict !== "same").map(([name]) => name);

function refusal(id: RequestId, names: readonly string[]): Message {
  const shown = names
    .slice(0, 10)
    .map((name) => `"${printable(name, 128)}"`)
    .join(", ");
  const text = `the tools of the server have changed since this proxy was generated: ${shown}${names.length > 10 ? ", …" : ""}`;
  return errorAnswer(id, new RuntimeError("forbidden", text));
}

function notChecked(error: unknown): RuntimeError {
  const { code, text } = RuntimeError.from(error);
  return new RuntimeError(code, `the tools of the server cannot be held against the contract: ${text}`);
}

/** Without `failure`: on HTTP it is an answer like any other, which every client shows, not a failed exchange. */
const errorAnswer = (id: RequestId, error: RuntimeError): Message =>
  messageFromRpc({ jsonrpc: "2.0", id, error: rpcErrorOf(error) }, { relatedTo: id });
