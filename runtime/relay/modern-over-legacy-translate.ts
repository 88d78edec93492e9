import { rpcErrorOf, RuntimeError, type RpcErrorObject } from "../core/errors.js";
import {
  bytesOf,
  failureResponse,
  messageFromBytes,
  messageFromRpc,
  type Message,
  type RequestId,
} from "../core/message.js";
import { isObject, META } from "../era/envelope.js";
import { HEADER_MISMATCH, INVALID_PARAMS, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION } from "../era/error-codes.js";
import { MODERN } from "../era/versions.js";
import { editJson, relabeled, REMOVE, setTo, type JsonEdits } from "../wire/json-edit.js";
import { sliceOf } from "../wire/json-slice.js";
import { splitBatch } from "../wire/json.js";
import { mayHold, membersOf } from "./look.js";

/** Calls during which a server may ask its client. Source: MCP 2026-07-28, basic/patterns/mrtr. */
export const INTERACTIVE: ReadonlySet<string | undefined> = new Set(["tools/call", "prompts/get", "resources/read"]);

export const LISTS: ReadonlySet<string | undefined> = new Set([
  ...["tools/list", "prompts/list", "resources/list", "resources/templates/list"],
]);

/** Errors of the 2025 revisions that the modern era has taken away. */
const RESOURCE_NOT_FOUND = -32002;
const URL_ELICITATION_REQUIRED = -32042;

const INTERNAL = -32603;

/** How old clients learn that nothing may be kept. Source: MCP 2026-07-28, server/utilities/caching. */
const UNCACHED: JsonEdits = { ttlMs: { setIfAbsent: "0" }, cacheScope: { setIfAbsent: '"private"' } };

const ENVELOPE: JsonEdits = {
  [META.protocolVersion]: REMOVE,
  [META.clientInfo]: REMOVE,
  [META.clientCapabilities]: REMOVE,
  [META.logLevel]: REMOVE,
};

/** What was added for the modern era, taken from a request; nothing is left of `_meta` and `params` that held only that. */
export function toLegacy(message: Message): Message {
  const input: JsonEdits = INTERACTIVE.has(message.method)
    ? { inputResponses: REMOVE, requestState: REMOVE, task: REMOVE }
    : {};
  const members: JsonEdits = { ...input, _meta: { members: ENVELOPE, prune: true } };
  return relabeled(message, { edits: { params: { members, prune: true } }, relatedTo: null });
}

export interface Asked {
  /** Of the client's request. */
  readonly id: RequestId;
  readonly method: string;
  /** Of `resources/read`. */
  readonly uri: unknown;
  readonly serverInfo: unknown;
}

/** A legacy server's answer as a modern one would have given it. */
export function toModern(answer: Message, asked: Asked): Message {
  const { id } = asked;
  if (answer.failure?.code === "unknown_session") return failureResponse(id, forgotten(answer.failure));
  const error = errorOf(answer);
  if (error !== undefined) return relabeled(answer, { id, relatedTo: id, edits: errorEdits(error, asked) });
  const edits: JsonEdits = {
    result: {
      members: {
        ...stampOf(asked.serverInfo),
        ...(LISTS.has(asked.method) || asked.method === "resources/read" ? UNCACHED : {}),
        ...(asked.method === "tools/list" ? withoutTasks(answer) : {}),
      },
    },
  };
  const modern = relabeled(answer, { id, relatedTo: id, edits });
  // Official clients drop what is no object without a word, and wait on.
  if (sliceOf(bytesOf(modern), ["result", "resultType"]) !== undefined) return modern;
  return refusal(id, { code: INTERNAL, message: `the server's result of ${asked.method} is no object` });
}

/** An error response of ours to what is wrong with the request itself. */
export const refusal = (id: RequestId, error: RpcErrorObject): Message =>
  messageFromRpc({ jsonrpc: "2.0", id, error }, { relatedTo: id });

export const invalidParams = (why: string): RpcErrorObject => ({
  ...rpcErrorOf(new RuntimeError("bad_message", `Invalid params: ${why}`)),
  code: INVALID_PARAMS,
});

/** The answer to `server/discover`, from that to `initialize`: what is not named stays as the server said it. */
export function discovered(initialized: Message, { id, serverInfo }: Pick<Asked, "id" | "serverInfo">): Message {
  const members: JsonEdits = {
    protocolVersion: REMOVE,
    serverInfo: REMOVE,
    supportedVersions: setTo(MODERN),
    capabilities: {
      members: {
        tasks: REMOVE,
        extensions: { members: { "io.modelcontextprotocol/tasks": REMOVE }, prune: true },
      },
      create: true,
    },
    ...UNCACHED,
    ...stampOf(serverInfo),
  };
  return relabeled(initialized, { id, relatedTo: id, edits: { result: { members } } });
}

export interface InputRequired {
  readonly id: RequestId;
  /** By key, each the text of an embedded request. */
  readonly requests: ReadonlyMap<string, string>;
  readonly state: string;
  readonly serverInfo: unknown;
}

/** Source: MCP 2026-07-28, basic/patterns/mrtr, `InputRequiredResult`. */
export function inputRequired({ id, requests, state, serverInfo }: InputRequired): Message {
  const embedded = [...requests].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",");
  const meta = serverInfo === undefined ? "" : `,"_meta":${JSON.stringify({ [META.serverInfo]: serverInfo })}`;
  const result = `{"resultType":"input_required","inputRequests":{${embedded}},"requestState":${JSON.stringify(state)}${meta}}`;
  const text = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
  return messageFromBytes({ kind: "response", id }, [Buffer.from(text)], { relatedTo: id });
}

/** A request of a legacy server as it is embedded in a modern result: less its id and what only the legacy era has. */
export function embedded(ask: Message): string {
  const members: JsonEdits = { _meta: REMOVE, elicitationId: REMOVE, task: REMOVE };
  const edits: JsonEdits = { jsonrpc: REMOVE, id: REMOVE, params: { members, prune: true } };
  return Buffer.concat(editJson(bytesOf(ask), edits)).toString("utf8");
}

/**
 * What a legacy server wants a person to open before it is called again (-32042), as embedded requests; `undefined` if the answer
 * says no such thing. Source: MCP 2025-11-25, client/elicitation, "URL Elicitation Required Error".
 */
export function urlsRequired(answer: Message): readonly string[] | undefined {
  const error = errorOf(answer);
  if (!isObject(error) || error["code"] !== URL_ELICITATION_REQUIRED) return undefined;
  const { elicitations } = membersOf(error["data"]);
  if (!Array.isArray(elicitations) || elicitations.length === 0) return undefined;
  const embedded = elicitations.slice(0, MAX_URLS).flatMap((one: unknown) => {
    const { message, url } = membersOf(one);
    if (typeof message !== "string" || typeof url !== "string") return [];
    return [JSON.stringify({ method: "elicitation/create", params: { mode: "url", message, url } })];
  });
  return embedded.length > 0 ? embedded : undefined;
}

const MAX_URLS = 20;

/** Modern clients have no session that could be unknown. */
const forgotten = (cause: RuntimeError): RuntimeError =>
  new RuntimeError("closed", "the server has forgotten the session", { cause, hint: "ask again" });

/** The error of an answer, whatever it is; `undefined` for a result. A large answer is parsed only if it may hold one. */
function errorOf(answer: Message): unknown {
  return answer.failure || mayHold(answer, '"error"') ? answer.rpc.error : undefined;
}

function errorEdits(error: unknown, { method, uri }: Asked): JsonEdits {
  const code = isObject(error) ? error["code"] : undefined;
  if (!isObject(error) || !Number.isSafeInteger(code) || typeof error["message"] !== "string")
    return { error: setTo({ code: INTERNAL, message: "the server answered with an error that is none" }) };
  switch (code) {
    case RESOURCE_NOT_FOUND: {
      if (method !== "resources/read") return {};
      return {
        error: {
          members: { code: setTo(INVALID_PARAMS), data: { members: { uri: setTo(uri ?? null) }, create: true } },
        },
      };
    }
    case HEADER_MISMATCH:
    case MISSING_CLIENT_CAPABILITY:
    case UNSUPPORTED_VERSION:
    case URL_ELICITATION_REQUIRED:
      // In the modern era they would speak of the client's request to us.
      return { error: { members: { code: setTo(INTERNAL) } } };
    default:
      return {};
  }
}

const stampOf = (serverInfo: unknown): JsonEdits => ({
  resultType: { setIfAbsent: '"complete"' },
  ...(serverInfo === undefined
    ? {}
    : { _meta: { members: { [META.serverInfo]: { setIfAbsent: JSON.stringify(serverInfo) } }, create: true } }),
});

/** Tools as modern clients can call them: nothing of tasks, and none that runs as a task only. Source: MCP 2025-11-25, server/tools, `execution`. */
function withoutTasks(answer: Message): JsonEdits {
  if (!mayHold(answer, '"execution"')) return {};
  const { tools } = membersOf(answer.rpc.result);
  const text = sliceOf(bytesOf(answer), ["result", "tools"]);
  if (!text || !Array.isArray(tools) || !tools.some((tool) => isObject(tool) && "execution" in tool)) return {};
  const kept = splitBatch([text]).flatMap((raw, index) => {
    const tool: unknown = tools[index];
    if (!isObject(tool) || !("execution" in tool)) return [Buffer.concat(raw).toString("utf8")];
    if (membersOf(tool["execution"])["taskSupport"] === "required") return [];
    return [Buffer.concat(editJson(raw, { execution: REMOVE })).toString("utf8")];
  });
  return { tools: { set: `[${kept.join(",")}]` } };
}
