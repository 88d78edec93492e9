import type { Readable, Writable } from "node:stream";
import type { Channel } from "../core/channel.js";
import { RuntimeError, rpcErrorOf } from "../core/errors.js";
import type { Frontend, Host } from "../core/frontend.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { printable, silent, type Log } from "../core/log.js";
import { bytesOf, failureResponse, type Message } from "../core/message.js";
import { ANONYMOUS } from "../core/session.js";
import { sleep } from "../core/signals.js";
import { messageOf, scan } from "../wire/json.js";
import { lineOf, readLines } from "../wire/lines.js";
import { writeAll } from "../wire/streams.js";

export interface StdioFrontendOptions {
  /** Default: this process's stdin. */
  readonly input?: Readable;
  /** Default: this process's stdout. Nobody else may write to it. */
  readonly output?: Writable;
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

/** How long a client's first requests are awaited, to be told why there is no server, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/**
 * MCP over stdin and stdout: one session, one message on each line, and nothing else on stdout.
 * `done` settles at the end of stdin or when the client no longer reads; it rejects with what ended the server.
 * Source: MCP, "stdio".
 */
export function stdioFrontend(options: StdioFrontendOptions = {}): Frontend {
  const limits = limitsOf(options.limits);
  const { input = process.stdin, output = process.stdout, log = silent } = options;
  return {
    kind: "stdio",
    listen(host, signal) {
      const front = lineChannel({ input, output, limits, log });
      const closing = new AbortController();
      const done = converse(host, front, AbortSignal.any([signal, closing.signal]));
      done.catch(() => undefined); // whoever watches `done` reports it
      return Promise.resolve({
        addresses: ["stdio"],
        done,
        drain: () => Promise.resolve(),
        async close() {
          closing.abort(new RuntimeError("closed", "the proxy is shutting down"));
          await front.close();
          await done.catch(() => undefined);
        },
      });
    },
  };
}

async function converse(host: Host, front: LineChannel, signal: AbortSignal): Promise<void> {
  let reason: unknown;
  try {
    // Whoever started this process holds its pipes: there is nothing more to prove.
    const session = await host.open(front, ANONYMOUS, signal, { eager: true });
    reason = await session.closed;
  } catch (error) {
    reason = RuntimeError.from(error);
    await refuseAll(front, RuntimeError.from(error));
    await front.close();
  }
  if (reason !== undefined && !front.clientGone && !signal.aborted) throw RuntimeError.from(reason);
}

/** There is no server: tells so to whoever asks within a moment, because clients show an error response, not our stderr. */
async function refuseAll(front: Channel, failure: RuntimeError): Promise<void> {
  const over = new AbortController();
  const refusing = (async () => {
    for await (const message of front.incoming)
      if (message.kind === "request" && message.id !== undefined) {
        await front.send(failureResponse(message.id, failure));
        return;
      }
  })().catch(() => undefined);
  await Promise.race([refusing, sleep(LAST_WORDS_MS, over.signal)]);
  over.abort();
}

interface LineChannel extends Channel {
  /** Nobody reads stdout any more: then nothing is left to be told. */
  readonly clientGone: boolean;
}

interface LineChannelOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly limits: Limits;
  readonly log: Log;
}

function lineChannel({ input, output, limits, log }: LineChannelOptions): LineChannel {
  let closed = false;
  let clientGone = false;

  const send = (message: Message): Promise<void> | void => {
    if (closed) throw new RuntimeError("closed", "the channel is closed");
    return writeAll(output, lineOf(bytesOf(message)));
  };
  const refuse = (error: RuntimeError): Promise<void> | void => {
    log("debug", `a line on stdin was refused: ${printable(error.text)}`);
    const reply = JSON.stringify({ jsonrpc: "2.0", id: null, error: rpcErrorOf(error) });
    return writeAll(output, lineOf([Buffer.from(reply)]));
  };
  const read = (bytes: readonly Uint8Array[]): Message | RuntimeError => {
    try {
      scan(bytes, { maxDepth: limits.maxDepth });
      return messageOf(bytes);
    } catch (error) {
      return RuntimeError.from(error);
    }
  };

  async function* lines(): AsyncGenerator<Message> {
    try {
      for await (const line of readLines(input, { maxBytes: limits.maxMessageBytes })) {
        const message =
          "oversize" in line
            ? new RuntimeError(
                "too_large",
                `a message of ${line.oversize} bytes; the limit is ${limits.maxMessageBytes}`,
              )
            : read(line.bytes);
        if (message instanceof RuntimeError) await refuse(message);
        else yield message;
      }
    } catch (error) {
      // Torn down by close(), or by stdout below: that is an end, not a failure. What is left is the client's doing too.
      if (!closed) log("debug", "stdin ended early", { error });
    }
  }

  const onGone = (): void => {
    if (closed || clientGone) return;
    clientGone = true;
    log("debug", "nobody reads stdout any more");
    input.destroy();
  };
  output.on("error", onGone);
  output.on("close", onGone);

  return {
    incoming: lines(),
    get clientGone() {
      return clientGone;
    },
    send,
    close() {
      closed = true;
      // The error listener stays: a late EPIPE must not become an exception.
      output.off("close", onGone);
      input.destroy();
      return Promise.resolve();
    },
  };
}
