import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { bytesOf } from "../core/message.js";
import { abortReason, orAborted, sleep } from "../core/signals.js";
import { lineOf, readLines } from "../wire/lines.js";
import { UNWRITTEN, writeAll } from "../wire/streams.js";
import { childEnvironment } from "./environment.js";
import { lineReader } from "./line-reader.js";
import { NOISE_LINES, NOISE_WINDOW_MS, noiseMeter } from "./noise.js";
import { processGroup } from "./process-group.js";
import { watchStderr } from "./stderr.js";

export interface StdioBackendOptions {
  /** Program and arguments. No shell is involved. */
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  /** Added to the few variables that a child inherits. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
}

/**
 * An MCP server as a child process, one JSON-RPC message a line. Each open() starts its own. Its whole process group ends
 * with the channel: end of stdin, after `killAfterMs` SIGTERM, after as long again SIGKILL. The channel of a child that takes
 * nothing for `requestTimeoutMs` ends by itself.
 * Throws RuntimeError `config` without a program. Source: MCP 2025-11-25, "Transports", stdio.
 */
export function stdioBackend(options: StdioBackendOptions): Backend {
  const limits = limitsOf(options.limits);
  if (!options.argv[0])
    throw new RuntimeError("config", "no program to start", { hint: "give the command of an MCP server" });
  return {
    kind: "stdio",
    async open(signal) {
      const child = await orAborted(Promise.resolve(), signal).then(() => start(options));
      const channel = channelOf(child, nameOf(options.argv), limits, options.log ?? silent);
      if (!signal.aborted) return channel;
      await channel.close(signal.reason);
      throw abortReason(signal);
    },
  };
}

/** Arguments may hold secrets: errors and logs name the program alone. */
const nameOf = (argv: readonly string[]): string => JSON.stringify(argv[0]);

function start({ argv, cwd, env }: StdioBackendOptions): Promise<ChildProcessWithoutNullStreams> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(cannotStart(nameOf(argv), error, cwd));
    try {
      const child = spawn(argv[0] ?? "", argv.slice(1), {
        cwd,
        env: childEnvironment(env),
        detached: process.platform !== "win32",
        shell: false,
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
      });
      child.stdin.on("error", () => undefined); // writers see it; between writes nobody has to
      child.once("error", failed);
      child.once("spawn", () => {
        child.off("error", failed);
        child.on("error", () => undefined); // a signal that could not be sent
        resolve(child);
      });
    } catch (error) {
      failed(error as NodeJS.ErrnoException); // arguments that no process can have: NUL, too long
    }
  });
}

function cannotStart(program: string, error: NodeJS.ErrnoException, cwd: string | undefined): RuntimeError {
  const text = `cannot start ${program}`;
  const fail = (why: string, hint: string): RuntimeError =>
    new RuntimeError("unreachable", text, { cause: error, why, hint });
  if (error.code === "ENOENT") {
    if (cwd !== undefined && !existsSync(cwd))
      return fail(`the folder ${JSON.stringify(cwd)} does not exist`, "check the working directory");
    return fail("there is no such program", "check the spelling, install it, or give its absolute path");
  }
  if (error.code === "EACCES")
    return fail("it may not be executed", `check that it is a program: chmod +x, or name its interpreter`);
  return fail(error.message, "check the command");
}

/** This long a dead child's stderr is awaited, for the reason that it gives there. */
const LAST_WORDS_MS = 250;
const LAST_WORDS_LINES = 10;

function channelOf(child: ChildProcessWithoutNullStreams, program: string, limits: Limits, log: Log): Channel {
  const { stdin, stdout, stderr } = child;
  const { killAfterMs, requestTimeoutMs } = limits;
  const tail = watchStderr(stderr, program, log);
  const group = processGroup(child.pid ?? 0);
  const queue = new MessageQueue();
  let closing: Promise<void> | undefined;
  /** Runs while the child has not taken all that was written. */
  let unread: NodeJS.Timeout | undefined;

  const exited = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `exited with code ${String(code)}` : `was ended by ${signal}`),
    ),
  );
  const silenced = new Promise<void>((resolve) => stderr.once("close", resolve));

  /** Why this channel can no longer be used. */
  const failure = async (cause?: unknown): Promise<RuntimeError> => {
    if (closing) return new RuntimeError("closed", `the channel to ${program} is closed`, { cause });
    const how = await within(exited, killAfterMs);
    if (how !== undefined) await within(silenced, LAST_WORDS_MS);
    const why = tail.last(LAST_WORDS_LINES).join("\n") || "it wrote nothing to stderr";
    return new RuntimeError("closed", `${program} ${how ?? "closed its stdin or stdout"}`, {
      cause,
      why,
      hint: "run the command by itself to see what it needs; an MCP server stays up until its stdin ends",
    });
  };

  const receive = async (): Promise<void> => {
    const read = lineReader(program, log);
    const tooNoisy = noiseMeter();
    for await (const line of readLines(stdout, { maxBytes: limits.maxMessageBytes })) {
      const messages = read(line);
      if (messages.every((message) => message.failure) && tooNoisy())
        log(
          "error",
          `${program} is unhealthy: ${NOISE_LINES} lines of its stdout within ${NOISE_WINDOW_MS / 1000} s are no messages`,
        );
      for (const message of messages) {
        // After the end the rest is read all the same, so that the child does not block on its way out.
        if (queue.ended) break;
        await queue.push(message);
      }
    }
  };

  /** A child that has stopped reading will not start again: what waits for it would wait for ever. */
  const giveUp = (): void => {
    const text = `${program} has not read its stdin for ${requestTimeoutMs} ms`;
    const reason = new RuntimeError("closed", text, { hint: "look for what blocks the server" });
    queue.end(reason);
    closing ??= close(reason);
    stdin.destroy();
  };

  const untilRead = (written: Promise<void>): Promise<void> => {
    if (unread) return written;
    unread = setTimeout(giveUp, requestTimeoutMs);
    return written.finally(() => {
      clearTimeout(unread);
      unread = undefined;
    });
  };

  /** The leader has gone by itself: take its children along, and do not wait for one that has left the group but holds stdout. */
  const cleanUp = async (): Promise<void> => {
    await group.end(killAfterMs);
    while (!stdout.closed) {
      const before = stdout.readableLength;
      await sleep(LAST_WORDS_MS);
      if (before === 0 && stdout.readableLength === 0) stdout.destroy();
    }
  };

  const close = async (reason: unknown): Promise<void> => {
    if (reason !== undefined) log("debug", `closing ${program}`, { reason });
    queue.end();
    stdin.end();
    await within(exited, killAfterMs);
    await group.end(killAfterMs);
    await within(exited, killAfterMs); // dead, but ours until Node has collected it
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
  };

  void exited.then(() => closing ?? cleanUp());
  void receive()
    .catch((error: unknown) => log("debug", `reading from ${program} failed`, { error }))
    .then(async () => queue.end(closing ? undefined : await failure()));

  return {
    incoming: queue,
    send(message) {
      if (closing) return failure(UNWRITTEN).then((error) => Promise.reject(error));
      const written = writeAll(stdin, lineOf(bytesOf(message)));
      return (
        written &&
        untilRead(written).catch(async (error: unknown) => {
          throw await failure(RuntimeError.from(error).cause);
        })
      );
    },
    close: (reason) => (closing ??= close(reason)),
  };
}

/** What the promise gives, if it does so in time. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const enough = new AbortController();
  try {
    return await Promise.race([promise, sleep(ms, enough.signal).then(() => undefined)]);
  } finally {
    enough.abort();
  }
}
