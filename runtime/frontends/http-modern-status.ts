import type { Message } from "../core/message.js";
import { isObject } from "../era/envelope.js";
import {
  HEADER_MISMATCH,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  UNSUPPORTED_VERSION,
} from "../era/error-codes.js";
import { topMember } from "../wire/json-pick.js";
import { behindStatus } from "./http-refusal.js";

/** Their handlers answer -32601 for what they were asked for by name; the method itself is there. */
const NAMING: ReadonlySet<string | undefined> = new Set(["tools/call", "prompts/get", "resources/read"]);

/**
 * HTTP status of the answer to a modern request. What a server says is 200, its errors too, except where the specification ties a
 * status to a code: 404 for a method that is not there, 400 for a missing capability and for what is wrong with headers or version.
 * Where it said nothing that could be an answer: 502, 504 if it took too long, 503 if there was no room to ask it.
 * Source: MCP 2026-07-28, Streamable HTTP, and basic/index, "Error codes".
 */
export function modernStatus(answer: Message, method: string | undefined): number {
  const { failure } = answer;
  // A lost session would be 404, which has another meaning in an era without sessions.
  if (failure && !failure.rpcError) return failure.code === "unknown_session" ? 502 : behindStatus(failure);
  switch (errorCode(answer)) {
    case METHOD_NOT_FOUND:
      return NAMING.has(method) ? 200 : 404;
    case HEADER_MISMATCH:
    case MISSING_CLIENT_CAPABILITY:
    case UNSUPPORTED_VERSION:
      return 400;
    default:
      return 200;
  }
}

function errorCode(answer: Message): unknown {
  const error = topMember(answer, "error");
  return isObject(error) ? error["code"] : undefined;
}
