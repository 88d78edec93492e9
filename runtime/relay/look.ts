import { RuntimeError } from "../core/errors.js";
import { byteLength, type Message, type RequestId } from "../core/message.js";
import { isObject, type Members } from "../era/envelope.js";
import { joined } from "../wire/bytes.js";

/** Names a request in notifications about its progress. Source: MCP basic protocol, "Progress". */
export type ProgressToken = string | number;

/** The id of what is known to be a request. Throws RuntimeError `internal`. */
export function requestIdOf(message: Message): RequestId {
  if (message.id === undefined) throw new RuntimeError("internal", "a request without an id");
  return message.id;
}

/** Members of an object, none of anything else. */
export const membersOf = (value: unknown): Members => (isObject(value) ? value : {});

/** Parameters; none where the message is not valid, which whoever needs them for their own sake reports. */
export function paramsOf(message: Message): Members {
  try {
    return membersOf(message.rpc.params);
  } catch {
    return {};
  }
}

export const metaOf = (message: Message): Members => membersOf(paramsOf(message)["_meta"]);

/** Messages above this are searched for a word before they are parsed for it. */
const PARSE_BELOW_BYTES = 4096;

/** Whether it is worth parsing a message to look for `word`. */
export function mayHold(message: Message, word: string): boolean {
  const { bytes } = message;
  if (!bytes || byteLength(bytes) < PARSE_BELOW_BYTES) return true;
  const text = joined(bytes);
  return text.includes(word) || text.includes("\\u00");
}

/** The token under which a request wants progress, or that a progress notification carries. */
export function progressTokenOf(message: Message): ProgressToken | undefined {
  if (!mayHold(message, "progressToken")) return undefined;
  const token = message.kind === "request" ? metaOf(message)["progressToken"] : paramsOf(message)["progressToken"];
  return typeof token === "string" || typeof token === "number" ? token : undefined;
}
