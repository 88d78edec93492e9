import type { Message } from "../core/message.js";
import { membersOf, paramsOf } from "./look.js";
import { isSuccess } from "./recover-memory.js";
import type { Member } from "./share-member.js";

/** Tasks and URL elicitations whose owners are remembered, for each server session; the oldest go first. */
const MAX_HANDLES = 10_000;
const RELATED_TASK = "io.modelcontextprotocol/related-task";

/** `GONE`: the client has gone, and what it has begun is nobody else's. */
export type Owner = Member | typeof GONE;
export const GONE = "gone";

/**
 * Whose the tasks and elicitations are that later messages name alone.
 * Source: MCP 2025-11-25, basic/utilities/tasks, "Security"; client/elicitation, "URL Mode".
 */
export interface Handles {
  /** Called for each answer to a request that wanted a task. */
  answered(owner: Member, answer: Message): void;
  /** Called for each request of the server. */
  asked(owner: Member, request: Message): void;
  /** `undefined`: the message names none that we know. `GONE`: its client has gone. */
  ownerOf(message: Message): Owner | undefined;
  /** Whether it names one that nobody here has begun. */
  isStrange(message: Message): boolean;
  /** The client has gone. */
  left(owner: Member): void;
}

function handleIn(message: Message): unknown {
  const { taskId, elicitationId, _meta } = paramsOf(message);
  return membersOf(membersOf(_meta)[RELATED_TASK])["taskId"] ?? taskId ?? elicitationId;
}

export function handlesOf(): Handles {
  const owners = new Map<string, Owner>();

  const add = (handle: unknown, owner: Member): void => {
    if (typeof handle !== "string") return;
    owners.set(handle, owner);
    const [oldest] = owners.keys();
    if (oldest !== undefined && owners.size > MAX_HANDLES) owners.delete(oldest);
  };

  return {
    answered(owner, answer) {
      if (isSuccess(answer)) add(membersOf(membersOf(answer.rpc.result)["task"])["taskId"], owner);
    },
    asked(owner, request) {
      if (request.method === "elicitation/create") add(paramsOf(request)["elicitationId"], owner);
    },
    ownerOf(message) {
      const handle = handleIn(message);
      return typeof handle === "string" ? owners.get(handle) : undefined;
    },
    isStrange(message) {
      const handle = handleIn(message);
      return handle !== undefined && !(typeof handle === "string" && owners.has(handle));
    },
    left(owner) {
      for (const [handle, one] of owners) if (one === owner) owners.set(handle, GONE);
    },
  };
}
