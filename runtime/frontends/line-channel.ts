import type { Readable, Writable } from "node:stream";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError, rpcErrorOf } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import { bytesOf, failureResponse, messageFromRpc, type Message, type RequestId, type Rpc } from "../core/message.js";
import { META, isObject } from "../era/envelope.js";
import { messageOf, scanMessage } from "../wire/json.js";
import { joined } from "../wire/bytes.js";
import { lineOf, readLines, type Line } from "../wire/lines.js";
import { writeAll } from "../wire/streams.js";

/** A client that speaks one message a line. A request is answered here at the latest when the channel is closed. */
export interface LineChannel extends Channel {
  /** Nobody reads any more: then nothing is left to be told. */
  readonly clientGone: boolean;
  /** Requests without an answer. */
  readonly underWay: number;
  /** Takes no new requests, ends streams that only listen, and the client's side once all requests are answered. */
  drain(): void;
}

export interface LineChannelOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Frees both. Never throws. */
  readonly end: () => Promise<void> | void;
  /** Where lines come from, for the log. */
  readonly from: string;
  /** Called for each line, in and out. */
  readonly onLine?: () => void;
  readonly limits: Limits;
  readonly log: Log;
}

export function lineChannel(options: LineChannelOptions): LineChannel {
  const { input, output, from, limits, log, onLine = () => undefined } = options;
  const queue = new MessageQueue(1);
  /** How often each id waits for an answer: the second time is wrong, and is told so under the same id. */
  const waiting = new Map<RequestId, number>();
  const listening = new Set<RequestId>();
  const unsubscribed = new Set<RequestId>();
  let draining = false;
  let closing: Promise<void> | undefined;
  let clientGone = false;

  const write = (bytes: readonly Uint8Array[]): Promise<void> | void => {
    onLine();
    return writeAll(output, lineOf(bytes));
  };

  const answered = (id: RequestId): void => {
    const times = waiting.get(id) ?? 0;
    if (times > 1) waiting.set(id, times - 1);
    else {
      waiting.delete(id);
      listening.delete(id);
    }
    if (draining && waiting.size === 0) queue.end();
  };

  const send = (message: Message): Promise<void> | void => {
    if (closing) throw new RuntimeError("closed", "the channel is closed");
    const about = message.relatedTo ?? (message.kind === "response" ? message.id : undefined);
    if (about !== undefined && unsubscribed.has(about)) return;
    const written = write(bytesOf(message));
    if (message.kind === "response" && message.id !== undefined) answered(message.id);
    return written;
  };

  const refuse = (error: RuntimeError): Promise<void> | void => {
    log("debug", `a line ${from} was refused: ${printable(error.text)}`);
    const reply = JSON.stringify({ jsonrpc: "2.0", id: null, error: rpcErrorOf(error) });
    return write([Buffer.from(reply)]);
  };

  const heard = (message: Message): void => {
    const { id, kind, method } = message;
    if (kind === "request" && id !== undefined) {
      waiting.set(id, (waiting.get(id) ?? 0) + 1);
      if (method === "subscriptions/listen") listening.add(id);
    } else if (method === "notifications/cancelled") {
      const canceled = canceledId(message);
      if (canceled !== undefined && waiting.has(canceled)) answered(canceled);
    }
  };

  const take = async (line: Line): Promise<void> => {
    onLine();
    const message = read(line, limits);
    if (message instanceof RuntimeError) return refuse(message);
    if (draining && message.kind === "request" && message.id !== undefined)
      return write(bytesOf(failureResponse(message.id, new RuntimeError("overloaded", "the proxy is shutting down"))));
    heard(message);
    return queue.push(message);
  };

  const receive = async (): Promise<void> => {
    // Not destroyed at its end: on a socket that would take the answers' side along.
    const source = input.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    for await (const line of readLines(source, { maxBytes: limits.maxMessageBytes })) {
      if (queue.ended) continue; // read away, so that the client gets to see its answers and our end
      if (isRequestLine(line)) {
        await refuse(new RuntimeError("bad_message", "this is no web server: MCP is spoken here, one message a line"));
        queue.end();
      } else await take(line);
    }
  };
  void receive()
    // Torn down by us, or by the client: an end, not a failure.
    .catch((error: unknown) => {
      if (!closing) log("debug", `what comes ${from} ended early`, { error });
    })
    .then(() => queue.end());

  const onGone = (): void => {
    if (closing || clientGone) return;
    clientGone = true;
    log("debug", `nobody reads the answers to what came ${from} any more`);
    input.destroy();
  };
  // Both stay: a late EPIPE must not become an exception.
  output.on("error", onGone);
  output.on("close", onGone);

  const tell = (rpc: Rpc): void => {
    // The end of the connection follows: nobody waits for room, and who no longer reads is not told.
    void Promise.resolve(write(bytesOf(messageFromRpc(rpc)))).catch(() => undefined);
  };

  return {
    incoming: queue,
    get clientGone() {
      return clientGone;
    },
    get underWay() {
      return waiting.size;
    },
    send,
    drain() {
      draining = true;
      for (const id of [...listening]) {
        const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } };
        unsubscribed.add(id);
        if (!queue.ended) void queue.push(messageFromRpc(cancel));
        tell({ jsonrpc: "2.0", id, result: { resultType: "complete", _meta: { [META.subscriptionId]: id } } });
        tell(cancel);
        answered(id);
      }
      if (waiting.size === 0) queue.end();
    },
    close() {
      closing ??= (async () => {
        queue.end();
        const failure = new RuntimeError("closed", "the session has ended before the answer");
        for (const id of clientGone ? [] : waiting.keys()) tell(failureResponse(id, failure).rpc);
        waiting.clear();
        await options.end();
      })();
      return closing;
    },
  };
}

/**
 * A browser can be made to send HTTP to any port: each line of the head is no message, but the body could be one. Whoever
 * begins like that does not get to it. No message ends like a request line.
 */
function isRequestLine(line: Line): boolean {
  const end = "oversize" in line ? line.tail : joined(line.bytes);
  return / HTTP\/\d\.\d\r?$/.test(Buffer.from(end.subarray(-16)).toString("latin1"));
}

function read(line: Line, { maxMessageBytes, maxDepth }: Limits): Message | RuntimeError {
  if ("oversize" in line)
    return new RuntimeError("too_large", `a message of ${line.oversize} bytes; the limit is ${maxMessageBytes}`);
  try {
    scanMessage(line.bytes, { maxDepth });
    return messageOf(line.bytes);
  } catch (error) {
    return RuntimeError.from(error);
  }
}

/** The request that a client takes back. */
function canceledId({ rpc }: Message): RequestId | undefined {
  const id = isObject(rpc.params) ? rpc.params["requestId"] : undefined;
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}
