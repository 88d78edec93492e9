import { randomUUID } from "node:crypto";
import type { Backend } from "../core/backend.js";
import { RuntimeError, rpcErrorOf } from "../core/errors.js";
import { silent, type Log } from "../core/log.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { orAborted } from "../core/signals.js";
import { relabeled } from "../wire/json-edit.js";
import { canceledId, envelopeOf, isRecord, toolCallOf, type ToolCall } from "./call.js";
import type { Contract } from "./contract.js";
import { intercepted, type Ends, type Interceptor } from "./intercept.js";
import { badArguments, problemsOf, type Validators } from "./validate.js";

/** One part of a tool's answer: `text`, `image`, `audio`, `resource_link`, `resource`. Source: MCP schema, `ContentBlock`. */
export interface ContentBlock {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** A tool's answer. Source: MCP schema, `CallToolResult`. */
export interface ToolResult<Structured = unknown> {
  readonly content: readonly ContentBlock[];
  readonly structuredContent?: Structured;
  /** The tool ran and failed; `content` says why, for the model to read. */
  readonly isError?: boolean;
  readonly _meta?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export interface HookContext {
  /** The tool's name, as the server lists it. */
  readonly tool: string;
  /** Fires when the client cancels the call or goes away. */
  readonly signal: AbortSignal;
  /** `_meta` of the call. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/**
 * Stands around one tool. `args` fit the tool's input schema. `next` calls the tool itself, with what it is given; it
 * may be called never, once or several times. It throws where the server answers with a protocol error. A hook that
 * throws anything of its own is a bug: the client is told only that it failed. To refuse a call, return `isError: true`.
 *
 * In the 2026 era a server may want to know more from the client first (`input_required`), or answer later (a task). The
 * client then gets that very answer, whatever the hook does, and `next` throws. With what the client adds, the call comes
 * anew, and the hook runs from its beginning. Source: MCP 2026-07-28, basic/patterns/mrtr.
 */
export type Hook<Args, Structured = unknown> = (
  args: Args,
  next: (args: Args) => Promise<ToolResult<Structured>>,
  context: HookContext,
) => ToolResult<Structured> | Promise<ToolResult<Structured>>;

type AnyHook = Hook<unknown>;

export interface HookOptions {
  /** Tool name → hook. Its members are checked against the contract. */
  readonly hooks: object;
  readonly contract: Contract;
  readonly validators: Validators;
  readonly log?: Log;
}

/** Hooked calls of one session at once. */
const MAX_RUNNING = 100;

/**
 * The backend with hooks around its tools. Messages of other tools keep their bytes; without any hook this is the
 * backend itself. Throws RuntimeError `config` for a hook of a tool that is not in the contract.
 */
export function hooked(backend: Backend, { hooks, contract, validators, log = silent }: HookOptions): Backend {
  const table = hookTable(hooks, contract);
  return table.size === 0 ? backend : intercepted(backend, (ends) => hookRunner(ends, table, validators, log));
}

function hookTable(hooks: object, contract: Contract): ReadonlyMap<string, AnyHook> {
  const names = new Set(contract.tools.map((tool) => tool.name));
  const table = new Map<string, AnyHook>();
  for (const [name, hook] of Object.entries(hooks) as [string, unknown][]) {
    if (hook === undefined) continue;
    if (!names.has(name))
      throw new RuntimeError("config", `there is a hook for tool "${name}"`, {
        why: "the contract has no such tool",
        hint: "remove it from src/hooks.ts, or generate again from the server that has the tool",
      });
    if (typeof hook !== "function") throw new RuntimeError("config", `the hook of tool "${name}" is not a function`);
    table.set(name, hook as AnyHook);
  }
  return table;
}

interface Running {
  readonly controller: AbortController;
  /** Ids under which the server knows this call. */
  readonly ids: Set<RequestId>;
  /** An answer of the server that is no result yet: it is the client's. */
  unfinished?: Message;
}

function hookRunner(ends: Ends, hooks: ReadonlyMap<string, AnyHook>, validators: Validators, log: Log): Interceptor {
  const prefix = randomUUID();
  let count = 0;
  const running = new Map<RequestId, Running>();
  const waiting = new Map<RequestId, { client: RequestId; resolve: (message: Message) => void }>();

  const callServer = async (call: ToolCall, run: Running, args: unknown): Promise<ToolResult> => {
    run.controller.signal.throwIfAborted();
    const id = `${prefix}:${++count}`;
    const reply = new Promise<Message>((resolve) => waiting.set(id, { client: call.id, resolve }));
    run.ids.add(id);
    try {
      const params = { ...call.params, arguments: args };
      await ends.toServer(messageFromRpc({ jsonrpc: "2.0", id, method: "tools/call", params }));
      const message = await orAborted(reply, run.controller.signal);
      const { failure, rpc } = message;
      if (failure) throw failure;
      if (rpc.error !== undefined) throw new RuntimeError("remote", rpc.error.message, { rpcError: rpc.error });
      if (envelopeOf(call.params) && !isComplete(rpc.result)) {
        run.unfinished ??= relabeled(message, { id: call.id, relatedTo: call.id });
        throw new RuntimeError("canceled", "the server does not answer with a result yet");
      }
      return rpc.result as ToolResult; // the server's word: a hook that distrusts it checks it
    } finally {
      waiting.delete(id);
      run.ids.delete(id);
    }
  };

  const run = async (call: ToolCall, hook: AnyHook): Promise<void> => {
    const state: Running = { controller: new AbortController(), ids: new Set() };
    running.set(call.id, state);
    let reply: Message;
    try {
      const meta = isRecord(call.params["_meta"]) ? call.params["_meta"] : {};
      const context = { tool: call.name, signal: state.controller.signal, meta };
      const result = await hook(call.args, (args) => callServer(call, state, args), context);
      reply = finished(call, result);
    } catch (error) {
      reply = failed(call, error, log);
    } finally {
      running.delete(call.id);
    }
    if (state.controller.signal.aborted) return; // a canceled request gets no answer
    // Where the channel is over, the bridge answers in our place.
    await ends.toClient(state.unfinished ?? reply).catch(() => undefined);
  };

  const cancel = async (message: Message, state: Running): Promise<undefined> => {
    const ids = [...state.ids];
    state.controller.abort(new RuntimeError("canceled", "canceled by the client"));
    const params = isRecord(message.rpc.params) ? message.rpc.params : {};
    for (const requestId of ids)
      await ends.toServer(messageFromRpc({ ...message.rpc, params: { ...params, requestId } }));
    return undefined;
  };

  return {
    async fromClient(message) {
      const canceled = running.get(canceledId(message) ?? "");
      if (canceled) return cancel(message, canceled);
      const call = toolCallOf(message);
      const hook = call && hooks.get(call.name);
      if (!call || !hook) return message;
      const problems = problemsOf(validators, call.name, call.args);
      if (problems.length > 0) await ends.toClient(badArguments(call.id, call.name, problems));
      else if (running.size < MAX_RUNNING) void run(call, hook);
      else await ends.toClient(answer(call.id, new RuntimeError("overloaded", `${MAX_RUNNING} calls are running`)));
      return undefined;
    },
    fromServer(message) {
      const mine = message.kind === "response" && message.id !== undefined ? waiting.get(message.id) : undefined;
      if (mine) {
        mine.resolve(message);
        return undefined;
      }
      const related = message.relatedTo === undefined ? undefined : waiting.get(message.relatedTo);
      return related ? relabeled(message, { relatedTo: related.client }) : message;
    },
    ended(reason) {
      for (const state of running.values()) state.controller.abort(reason);
    },
  };
}

/** Source: MCP 2026-07-28, `Result`: absent means complete. */
const isComplete = (result: unknown): boolean =>
  isRecord(result) && (result["resultType"] === undefined || result["resultType"] === "complete");

/** In the 2026 era a result says that it is one; a hook need not. */
function finished(call: ToolCall, result: unknown): Message {
  if (!isRecord(result)) throw new TypeError("it returned no result");
  const stamped = envelopeOf(call.params) ? { resultType: "complete", ...result } : result;
  return messageFromRpc({ jsonrpc: "2.0", id: call.id, result: stamped }, { relatedTo: call.id });
}

const answer = (id: RequestId, error: RuntimeError): Message =>
  messageFromRpc({ jsonrpc: "2.0", id, error: rpcErrorOf(error) }, { relatedTo: id });

/** The server's own errors go on to the client; a bug in a hook goes to the log, and the client learns only that it failed. */
function failed(call: ToolCall, error: unknown, log: Log): Message {
  if (error instanceof RuntimeError) return answer(call.id, error);
  log(
    "error",
    `the hook of tool "${call.name}" failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return answer(call.id, new RuntimeError("internal", `the hook of tool "${call.name}" failed`));
}
