import type { Readable, Writable } from "node:stream";
import { RuntimeError } from "../core/errors.js";
import type { Frontend } from "../core/frontend.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { ANONYMOUS } from "../core/session.js";
import { lineChannel } from "./line-channel.js";
import { converse } from "./line-session.js";

export interface StdioFrontendOptions {
  /** Default: this process's stdin. */
  readonly input?: Readable;
  /** Default: this process's stdout. Nobody else may write to it. */
  readonly output?: Writable;
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

/** How long a client's first request is awaited, to be told why there is no server, in milliseconds. */
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
      const end = (): void => void input.destroy();
      const front = lineChannel({ input, output, end, from: "on stdin", limits, log });
      const closing = new AbortController();
      const ending = AbortSignal.any([signal, closing.signal]);
      const conversation = converse(host, front, {
        // Whoever started this process holds its pipes: there is nothing more to prove.
        principal: () => Promise.resolve(ANONYMOUS),
        open: { eager: true },
        refuseMs: LAST_WORDS_MS,
        signal: ending,
      });
      const done = conversation.then((reason) => {
        if (reason !== undefined && !front.clientGone && !ending.aborted) throw RuntimeError.from(reason);
      });
      done.catch(() => undefined); // whoever watches `done` reports it
      return Promise.resolve({
        addresses: ["stdio"],
        done,
        async drain() {
          front.drain();
          await conversation;
        },
        async close() {
          closing.abort(new RuntimeError("closed", "the proxy is shutting down"));
          await front.close();
          await conversation;
        },
      });
    },
  };
}
