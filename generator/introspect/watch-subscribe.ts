import { RuntimeError } from "../../runtime/core/errors.js";
import type { Message } from "../../runtime/core/message.js";
import { isObject } from "../../runtime/era/envelope.js";
import type { Connection } from "../../runtime/era/handshake.js";
import { changesSaid } from "./introspect.js";

/** The longest wait that a timer of Node can hold: the answer comes when the subscription ends. */
const WITHOUT_END_MS = 2 ** 31 - 1;

const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

/** What a server has promised to say of its own accord. */
export interface Subscription {
  /** All lists that it declares. Otherwise it has to be asked. */
  readonly complete: boolean;
  /** Rejects when the server ends the subscription or the connection. Never resolves. */
  readonly lost: Promise<never>;
}

export interface SubscribeOptions {
  /** Calls back with the server's notifications. */
  readonly listen: (hear: (message: Message) => void) => void;
  /** For the acknowledgement, which must come first. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks a server to say when its lists change. Legacy servers do so unasked. A modern one that refuses has to be polled, which is no failure.
 * Throws RuntimeError `closed`, `canceled`. Source: MCP 2026-07-28, basic/patterns/subscriptions.
 */
export async function subscribe(connection: Connection, options: SubscribeOptions): Promise<Subscription> {
  const said = changesSaid(connection.capabilities);
  const ended = lostWith(connection.caller.ended, "the server closed the connection");
  const wanted = [...said].filter(([, says]) => says).map(([capability]) => capability);
  if (connection.era === "legacy" || wanted.length === 0) return { complete: wanted.length === said.size, lost: ended };

  const acknowledged = new Promise<readonly string[]>((resolve) =>
    options.listen(({ method, rpc }) => {
      if (method === ACKNOWLEDGED) resolve(honored(rpc.params));
    }),
  );
  const notifications = Object.fromEntries(wanted.map((capability) => [`${capability}ListChanged`, true]));
  const over = connection.request(
    "subscriptions/listen",
    { notifications },
    { timeoutMs: WITHOUT_END_MS, signal: options.signal },
  );
  const lost = Promise.race([ended, lostWith(over, "the server ended the subscription to its changes")]);
  lost.catch(() => undefined); // not everybody waits for it
  const clock = silence(options.timeoutMs);
  try {
    const granted = await Promise.race([acknowledged, clock.over, lost]);
    return { complete: [...said.keys()].every((capability) => granted.includes(capability)), lost };
  } catch (error) {
    const { code } = RuntimeError.from(error);
    if (code !== "remote" && code !== "unknown_route") throw error;
    return { complete: false, lost: ended };
  } finally {
    clock.done();
  }
}

/** Capabilities whose changes the server will tell. */
function honored(params: unknown): readonly string[] {
  const given = isObject(params) && isObject(params["notifications"]) ? params["notifications"] : {};
  return Object.keys(given).flatMap((key) => (given[key] === true ? [key.replace(/ListChanged$/, "")] : []));
}

function lostWith(work: Promise<unknown>, text: string): Promise<never> {
  const lost = work.then(() => {
    throw new RuntimeError("closed", text);
  });
  lost.catch(() => undefined); // not everybody waits for it
  return lost;
}

/** A server that does not acknowledge in time promises nothing. */
function silence(timeoutMs: number): { readonly over: Promise<readonly string[]>; done(): void } {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<readonly string[]>((resolve) => (timer = setTimeout(resolve, timeoutMs, [])));
  return { over, done: () => clearTimeout(timer) };
}
