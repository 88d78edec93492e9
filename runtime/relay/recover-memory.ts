import type { Message } from "../core/message.js";
import { REMOVE, relabeled } from "../wire/json-edit.js";
import { membersOf, paramsOf } from "./look.js";

/** Resources of one client whose subscriptions are made again. */
const MAX_SUBSCRIPTIONS = 1_000;

/** What a server knows of a client's session, so that another one can be told. */
export interface SessionMemory {
  /** What the server is, once it has accepted `initialize`. */
  readonly server: ServerFacts | undefined;
  /** Called for each answer: successful ones may be worth remembering. */
  answered(request: Message, answer: Message): void;
  /** Called for the client's `notifications/initialized`. */
  initialized(message: Message): void;
  /** To be said to a new server: `initialize` first, then `initialized`, if the client has come that far, then the rest. */
  readonly opening: { readonly initialize: Message; readonly initialized: Message | undefined } | undefined;
  readonly rest: readonly Message[];
}

export interface ServerFacts {
  readonly protocolVersion: unknown;
  readonly name: unknown;
  /** Notifications that it has promised to send when a list changes. */
  readonly listChanged: readonly string[];
}

export function sessionMemory(): SessionMemory {
  let initialize: Message | undefined;
  let initialized: Message | undefined;
  let server: ServerFacts | undefined;
  let level: Message | undefined;
  const subscriptions = new Map<string, Message>();

  const uriOf = (request: Message): string | undefined => {
    const { uri } = paramsOf(request);
    return typeof uri === "string" ? uri : undefined;
  };

  return {
    get server() {
      return server;
    },
    get opening() {
      return initialize && { initialize, initialized };
    },
    get rest() {
      return [...(level ? [level] : []), ...subscriptions.values()];
    },
    initialized(message) {
      initialized = message;
    },
    answered(request, answer) {
      if (!REMEMBERED.has(request.method ?? "") || !isSuccess(answer)) return;
      const kept = relabeled(request, { edits: WITHOUT_PROGRESS });
      if (request.method === "initialize") {
        initialize = kept;
        server = factsOf(answer);
      } else if (request.method === "logging/setLevel") level = kept;
      else {
        const uri = uriOf(request);
        if (uri === undefined) return;
        if (request.method === "resources/unsubscribe") subscriptions.delete(uri);
        else if (subscriptions.size < MAX_SUBSCRIPTIONS) subscriptions.set(uri, kept);
      }
    },
  };
}

const REMEMBERED: ReadonlySet<string> = new Set([
  "initialize",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
]);

/** A token of a request that is answered long since means nothing to anybody. */
const WITHOUT_PROGRESS = { params: { members: { _meta: { members: { progressToken: REMOVE } } } } };

export function isSuccess(answer: Message): boolean {
  if (answer.failure) return false;
  try {
    return answer.rpc.error === undefined;
  } catch {
    return false; // whoever gets it finds out
  }
}

/** Of the answer to `initialize`. Source: MCP 2025-11-25, basic/lifecycle, "Initialization". */
export function factsOf(answer: Message): ServerFacts {
  const result = membersOf(answer.rpc.result);
  const capabilities = membersOf(result["capabilities"]);
  const lists = ["tools", "prompts", "resources"];
  return {
    protocolVersion: result["protocolVersion"],
    name: membersOf(result["serverInfo"])["name"],
    listChanged: lists
      .filter((list) => membersOf(capabilities[list])["listChanged"] === true)
      .map((list) => `notifications/${list}/list_changed`),
  };
}
