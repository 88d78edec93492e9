import { bytesOf, type Message, type RequestId } from "../core/message.js";
import { isObject, META, type Members } from "../era/envelope.js";
import { LEGACY, MODERN, type Revision } from "../era/versions.js";
import { joined } from "../wire/bytes.js";
import { editJson, relabeled, REMOVE, setTo, type JsonEdits } from "../wire/json-edit.js";
import { sliceOf, stringIn } from "../wire/json-slice.js";
import { membersOf } from "./look.js";

/** Tasks of 2025-11-25 and the extension of 2026-07-28 are two things: neither side is told of the other's. */
const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";
const WITHOUT_TASKS: JsonEdits = {
  tasks: REMOVE,
  extensions: { members: { [TASKS_EXTENSION]: REMOVE }, prune: true },
};

/** Who a legacy client said it is, as a modern server is told with every request. */
export interface Identity {
  /** Spoken with the client. */
  readonly revision: Revision;
  /** As the server is told: what may be asked of the client. */
  readonly capabilities: Members;
  /** Of `_meta`. */
  readonly envelope: JsonEdits;
}

/** Told by `initialize`. Names, versions and capabilities keep their text. Throws RuntimeError `bad_message`. */
export function identityOf(initialize: Message): Identity {
  const params = sliceOf(bytesOf(initialize), ["params"]) ?? Buffer.from("{}");
  const version = stringIn(sliceOf([params], ["protocolVersion"]));
  const revision = LEGACY.find((one) => one === version) ?? LEGACY[0];
  const declared = objectText(sliceOf([params], ["capabilities"])) ?? Buffer.from("{}");
  const capabilities = joined(
    editJson([declared], {
      ...WITHOUT_TASKS,
      // Who may ask for the roots need not be told that they have changed.
      roots: { members: { listChanged: REMOVE } },
      ...(revision < "2025-11-25" && {
        sampling: { members: { tools: REMOVE } },
        elicitation: { members: { url: REMOVE } },
      }),
    }),
  ).toString("utf8");
  const info = objectText(sliceOf([params], ["clientInfo"]))?.toString("utf8");
  return {
    revision,
    capabilities: membersOf(JSON.parse(capabilities)),
    envelope: {
      [META.protocolVersion]: setTo(MODERN[0]),
      [META.clientInfo]: info === undefined ? REMOVE : { set: info },
      [META.clientCapabilities]: { set: capabilities },
    },
  };
}

export interface More {
  /** Members of `params`. */
  readonly params?: JsonEdits;
  /** Members of `params._meta`. */
  readonly meta?: JsonEdits;
}

/** A request or notification with what a modern server wants to know of its sender. Anything else that it holds stays. */
export function enveloped(message: Message, { envelope }: Identity, { params, meta }: More = {}): Message {
  const _meta = { create: true, members: { ...meta, ...envelope } } as const;
  return relabeled(message, { edits: { params: { create: true, members: { ...params, _meta } } } });
}

/** The result of `server/discover` as the one of `initialize`. */
export function welcome(discovered: Message, options: { id: RequestId; revision: Revision }): Message {
  const { id, revision } = options;
  const info = objectText(sliceOf(bytesOf(discovered), ["result", "_meta", META.serverInfo])) ?? Buffer.from("{}");
  // Required in the legacy era, optional in the modern one.
  const named = editJson([info], { name: { setIfAbsent: '"unknown"' }, version: { setIfAbsent: '"0"' } });
  const members: JsonEdits = {
    ...PLAIN,
    ttlMs: REMOVE,
    cacheScope: REMOVE,
    supportedVersions: REMOVE,
    protocolVersion: setTo(revision),
    capabilities: { create: true, members: { ...WITHOUT_TASKS, logging: { setIfAbsent: "{}" } } },
    serverInfo: { set: joined(named).toString("utf8") },
  };
  return relabeled(discovered, { id, relatedTo: id, edits: { result: { members } } });
}

/** What a legacy client need not know of a result. */
export const PLAIN: JsonEdits = {
  resultType: REMOVE,
  _meta: { members: { [META.serverInfo]: REMOVE }, prune: true },
};

/** Lists of which the server tells that they have changed, as a subscription asks for them. */
export function changesTold(capabilities: Members): Members {
  const tells = (name: string): boolean => isObject(capabilities[name]) && capabilities[name]["listChanged"] === true;
  return {
    ...(tells("tools") && { toolsListChanged: true }),
    ...(tells("prompts") && { promptsListChanged: true }),
    ...(tells("resources") && { resourcesListChanged: true }),
  };
}

const objectText = (text: Buffer | undefined): Buffer | undefined => (text?.[0] === 0x7b ? text : undefined);
