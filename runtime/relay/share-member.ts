import { RuntimeError } from "../core/errors.js";
import { failureResponse, type Message, type RequestId } from "../core/message.js";
import type { Asked } from "./link.js";
import type { ProgressToken } from "./look.js";
import type { ClientQueue } from "./client-queue.js";
import type { GivenUpCall } from "./share-given-up.js";

/** One client of a shared server session. */
export interface Member {
  readonly queue: ClientQueue;
  /** Whose the client is. */
  readonly principal: string;
  /** Its requests that have no answer yet, by its own ids. `undefined`: not handed on yet. */
  readonly underWay: Map<RequestId, Asked | undefined>;
  /** Requests of the server that it works on, with their progress tokens. */
  readonly asks: Map<RequestId, ProgressToken | undefined>;
  readonly uris: Set<string>;
  /** Index of the log level that it has set. */
  level: number | undefined;
  gone: boolean;
}

export const memberOf = (queue: ClientQueue, principal: string): Member => ({
  queue,
  principal,
  underWay: new Map(),
  asks: new Map(),
  uris: new Set(),
  level: undefined,
  gone: false,
});

/**
 * Whose that is which the server says to nobody by name: of the one client that has something under way, else of the only
 * client, where no other's given-up call can be meant. `undefined`: that cannot be told, and to guess would show one client
 * what is meant for another.
 */
export function soleOf(members: ReadonlySet<Member>, givenUp: readonly GivenUpCall[]): Member | undefined {
  const busy = [...members].filter((one) => one.underWay.size > 0);
  const sole = busy.length === 1 ? busy[0] : members.size === 1 ? [...members][0] : undefined;
  return givenUp.every(({ owner }) => owner === sole) ? sole : undefined;
}

/**
 * Who may read a log message that names no request: everybody where all are of one principal or the server is at nothing,
 * else the one client that it is at work for, else nobody.
 */
export function readersOf(members: ReadonlySet<Member>, givenUp: readonly GivenUpCall[]): readonly Member[] {
  const all = [...members];
  if (new Set([...all, ...givenUp].map(({ principal }) => principal)).size <= 1) return all;
  const busy = new Set([...all.filter((one) => one.underWay.size > 0), ...givenUp.map(({ owner }) => owner)]);
  if (busy.size === 0) return all;
  const [sole] = busy;
  return busy.size === 1 && sole ? [sole] : [];
}

/** Source: MCP 2025-11-25, server/utilities/logging, "Log Levels". Most verbose first. */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

/** What a client that has set no level wants once others have: the server's own default is not known. */
const DEFAULT_LEVEL = LEVELS.indexOf("info");

/** Index of a level; `undefined` for what is none. */
export function levelOf(text: unknown): number | undefined {
  const index = (LEVELS as readonly unknown[]).indexOf(text);
  return index < 0 ? undefined : index;
}

/** The most verbose level that any client wants, as the server is told it; `undefined` while none has set one. */
export function wantedLevel(members: ReadonlySet<Member>): string | undefined {
  const all = [...members];
  if (all.every((one) => one.level === undefined)) return undefined;
  return LEVELS[Math.min(...all.map((one) => one.level ?? DEFAULT_LEVEL))];
}

/** Whether a client wants a log message. One that has set no level gets everything as long as nobody has. */
export function wantsLog(member: Member, level: unknown, anySet: boolean): boolean {
  const index = levelOf(level);
  return index === undefined || !anySet || index >= (member.level ?? DEFAULT_LEVEL);
}

/** An updated resource may lie below the one that was subscribed to. Source: MCP 2025-11-25, `ResourceUpdatedNotification`. */
export function subscribes({ uris }: Member, uri: unknown): boolean {
  if (typeof uri !== "string") return false;
  if (uris.has(uri)) return true;
  return [...uris].some((one) => uri.startsWith(one) && (one.endsWith("/") || "/?#".includes(uri[one.length] ?? "")));
}

export const refusal = (id: RequestId, text: string): Message => failureResponse(id, new RuntimeError("remote", text));

export const nobodyTold = (clients: number): string =>
  clients > 1
    ? `${clients} clients share this server, and nothing tells which of them it asks`
    : "nothing tells whether this client is asked, or one that has gone";
