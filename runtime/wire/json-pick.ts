import { RuntimeError } from "../core/errors.js";
import { byteLength, type Message } from "../core/message.js";
import { membersIn, sliceOf } from "./json-slice.js";

/** Below this, parsing everything is quicker than looking for some members. */
const PARSE_BELOW_BYTES = 4096;

type Members = Readonly<Record<string, unknown>>;

/**
 * Members of `params`, at least the named ones. Of a large message nothing else is parsed, so that a few small members of it cost
 * no second copy of the rest. Without `params`, or with any that are no object, there are none. Throws RuntimeError `bad_message`
 * where the message is no valid JSON, as far as it is looked at.
 */
export function paramsMembers(message: Message, names: readonly string[]): Members {
  const { bytes } = message;
  if (!isLarge(message) || !bytes) {
    const { params } = message.rpc;
    return typeof params === "object" && params !== null && !Array.isArray(params) ? (params as Members) : {};
  }
  const params = sliceOf(bytes, ["params"]);
  const members = params && membersIn(params);
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    const text = members?.get(name);
    if (text) picked[name] = parsed(text);
  }
  return picked;
}

/** One member of the message itself, under the same terms. */
export function topMember(message: Message, name: string): unknown {
  const { bytes } = message;
  if (!isLarge(message) || !bytes) return message.rpc[name];
  const text = sliceOf(bytes, [name]);
  return text && parsed(text);
}

const isLarge = ({ bytes }: Message): boolean => bytes !== undefined && byteLength(bytes) >= PARSE_BELOW_BYTES;

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString("utf8"));
  } catch (cause) {
    throw new RuntimeError("bad_message", "not valid JSON", { cause });
  }
}
