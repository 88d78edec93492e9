import { messageFromBytes, messageFromRpc, type Message, type RequestId } from "../core/message.js";

/** The message, now belonging to another request's response stream, or to the whole session. Its bytes stay. */
export function relatedTo(message: Message, request: RequestId | undefined): Message {
  const extras = { relatedTo: request, failure: message.failure };
  return message.bytes ? messageFromBytes(message, message.bytes, extras) : messageFromRpc(message.rpc, extras);
}
