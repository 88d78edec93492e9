import { RuntimeError, rpcErrorOf } from "../core/errors.js";
import { printable } from "../core/log.js";
import { bytesOf, failureResponse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { toolListEdits, toolResultEdits, messagesEdits } from "../era/downgrade.js";
import { HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION } from "../era/error-codes.js";
import type { Revision } from "../era/versions.js";
import { relabeled, REMOVE, type JsonEdits } from "../wire/json-edit.js";
import { membersIn, sliceOf, stringIn } from "../wire/json-slice.js";
import { PLAIN } from "./legacy-over-modern-identity.js";
import { membersOf, paramsOf } from "./look.js";

/** Whose results may be kept for a while. Source: MCP 2026-07-28, server/utilities/caching. */
const CACHEABLE: ReadonlySet<string> = new Set([
  ...["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"],
]);

/** Whose answer may be that the server needs input first. Source: MCP 2026-07-28, basic/patterns/mrtr, "Supported Requests". */
const INTERACTIVE: ReadonlySet<string> = new Set(["tools/call", "prompts/get", "resources/read"]);

/** Of our own hop, or unknown to the legacy era. */
const MODERN_CODES: ReadonlySet<number> = new Set([HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION]);

/** Names of tools whose output was wrapped are kept for a session; more than these are not. */
const MAX_WRAPPED = 10_000;

/** What the server wants to know before it goes on. */
export interface InputRequired {
  /** By the server's key, each the text of a request. */
  readonly requests: ReadonlyMap<string, Buffer>;
  /** JSON text, to be returned as it is; absent: none may be returned. */
  readonly state: string | undefined;
}

export interface Asked {
  readonly request: Message;
  readonly id: RequestId;
  readonly revision: Revision;
  /** Tools whose output schema the client knows as wrapped. Written by answers to tools/list. */
  readonly wrapped: Set<string>;
}

/** A modern server's answer as a legacy one would have given it, or what is to be asked first. Throws RuntimeError `bad_message`, `remote`. */
export function judged(answer: Message, asked: Asked): Message | InputRequired {
  if (answer.failure) return answer;
  const method = asked.request.method ?? "";
  const bytes = bytesOf(answer);
  const result = sliceOf(bytes, ["result"]);
  if (!result) return errorFor(answer, asked);
  const type = sliceOf([result], ["resultType"]);
  const named = type && stringIn(type);
  if (named === "input_required" && INTERACTIVE.has(method)) return inputRequired(result);
  if (type && named !== "complete")
    throw new RuntimeError("remote", `the server's result of ${printable(method, 100)} is of a kind not spoken here`, {
      why: `its resultType is ${printable(type.toString("utf8"), 100)}`,
    });
  const members: JsonEdits = {
    ...PLAIN,
    ...(CACHEABLE.has(method) && { ttlMs: REMOVE, cacheScope: REMOVE }),
    ...olderEdits(result, asked),
  };
  return relabeled(answer, { edits: { result: { members } } });
}

function olderEdits(result: Buffer, { request, revision, wrapped }: Asked): JsonEdits {
  switch (request.method) {
    case "tools/call": {
      const { name } = paramsOf(request);
      return toolResultEdits(result, { revision, isWrapped: typeof name === "string" && wrapped.has(name) });
    }
    case "prompts/get":
      return messagesEdits(result, revision);
    case "tools/list":
      return toolListEdits(result, (name, isWrapped) => {
        if (!isWrapped) wrapped.delete(name);
        else if (wrapped.size < MAX_WRAPPED) wrapped.add(name);
      });
    default:
      return {};
  }
}

function inputRequired(result: Buffer): InputRequired {
  const requests = sliceOf([result], ["inputRequests"]);
  const state = sliceOf([result], ["requestState"])?.toString("utf8");
  const map = requests ? membersIn(requests) : new Map<string, Buffer>();
  // Asking the very same again would run the call twice for nothing.
  if (map.size === 0 && state === undefined)
    throw new RuntimeError("remote", "the server wants input, but does not say which");
  return { requests: map, state };
}

/** Errors that speak of our own hop, or that the legacy era does not know, are told in its own terms. */
function errorFor(answer: Message, { request, id }: Asked): Message {
  const code = Number(sliceOf(bytesOf(answer), ["error", "code"])?.toString("utf8"));
  const said = printable(stringIn(sliceOf(bytesOf(answer), ["error", "message"])) ?? "");
  if (code === MISSING_CLIENT_CAPABILITY)
    return inputFailure(request, { id, text: `the server needs what this client does not declare: ${said}` });
  if (code !== HEADER_MISMATCH && code !== UNSUPPORTED_VERSION) return answer;
  return failureResponse(id, new RuntimeError("remote", `the server refused the request as it was sent: ${said}`));
}

/** What a server said instead of a result, for a wish of ours; `undefined` where it gave one. Throws RuntimeError `bad_message`. */
export function errorIn(answer: Message): RuntimeError | undefined {
  if (answer.failure) return answer.failure;
  if (!("error" in answer.rpc)) return undefined;
  const { code, message } = membersOf(answer.rpc.error);
  const text = printable(typeof message === "string" ? message : "an error without a message");
  const isOurs = typeof code !== "number" || MODERN_CODES.has(code);
  return new RuntimeError("remote", text, isOurs ? {} : { rpcError: { code, message: text } });
}

/** Input that cannot be had: tools tell it in their result, so that a model learns of it. */
export function inputFailure(request: Message, { id, text }: { id: RequestId; text: string }): Message {
  if (request.method !== "tools/call") return failureResponse(id, new RuntimeError("remote", text));
  const result = { content: [{ type: "text", text }], isError: true };
  return messageFromRpc({ jsonrpc: "2.0", id, result }, { relatedTo: id });
}

/** The answer of ours to what is wrong with the request itself, or with what was asked for it. */
export function refusal(id: RequestId, error: RuntimeError): Message {
  if (!error.rpcError) return failureResponse(id, error);
  return messageFromRpc({ jsonrpc: "2.0", id, error: rpcErrorOf(error) }, { relatedTo: id });
}
