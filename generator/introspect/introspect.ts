import type { Backend } from "../../runtime/core/backend.js";
import { RuntimeError } from "../../runtime/core/errors.js";
import { DEFAULT_LIMITS } from "../../runtime/core/limits.js";
import { silent, type Log } from "../../runtime/core/log.js";
import type { Message } from "../../runtime/core/message.js";
import { handshake, type Connection } from "../../runtime/era/handshake.js";
import type { Era } from "../../runtime/era/versions.js";
import { BOUNDS } from "../ir/bounds.js";
import type { ListName } from "../ir/member.js";
import { normalize } from "../ir/normalize.js";
import type { Diagnostic, ServerSpec } from "../ir/spec.js";
import { readList, type List } from "./pages.js";

export interface IntrospectOptions {
  readonly signal?: AbortSignal;
  /** Default `auto`. */
  readonly era?: "auto" | Era;
  /** From the start until the server can be asked. Default 30 s. */
  readonly connectTimeoutMs?: number;
  /** One request. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Silence of a process after which it is asked to `initialize` beside the probe. Default 3 s. */
  readonly probeTimeoutMs?: number;
  readonly clientInfo?: { readonly name: string; readonly version: string };
  readonly log?: Log;
}

/** Declared so that servers show everything they have: some hide tools from clients that could not serve them. */
export const CLIENT_CAPABILITIES = { roots: { listChanged: true }, sampling: {}, elicitation: {} } as const;

const LISTS = [
  { name: "tools", method: "tools/list", capability: "tools" },
  { name: "resources", method: "resources/list", capability: "resources" },
  { name: "resourceTemplates", method: "resources/templates/list", capability: "resources" },
  { name: "prompts", method: "prompts/list", capability: "prompts" },
] as const satisfies readonly { name: ListName; method: string; capability: string }[];

/** How often lists are asked again because the server says they changed meanwhile. */
const MAX_REPEATS = 3;

/** A server that can be asked for everything it offers, again and again. Whoever holds it closes `connection.caller`. */
export interface Session {
  readonly connection: Connection;
  /** A list that fails is a diagnostic; only declared lists are asked. Throws as `introspect` does. */
  read(): Promise<ServerSpec>;
}

/**
 * Asks a server for everything it offers. A list that fails is a diagnostic; only declared lists are asked.
 * Throws RuntimeError: what `handshake` throws, `closed`, `canceled`, and `timeout` when no list at all was answered in time.
 */
export async function introspect(backend: Backend, options: IntrospectOptions = {}): Promise<ServerSpec> {
  const session = await openSession(backend, options);
  try {
    return await session.read();
  } finally {
    await session.connection.caller.close("introspected");
  }
}

/** `onNotification` hears what the server says of its own accord. Throws what `handshake` throws. */
export async function openSession(
  backend: Backend,
  options: IntrospectOptions & { readonly onNotification?: (message: Message) => void },
): Promise<Session> {
  const { signal, connectTimeoutMs = DEFAULT_LIMITS.connectTimeoutMs, requestTimeoutMs = 30_000 } = options;
  const changed = new Set<string>();
  const connection = await handshake(backend, {
    era: options.era ?? "auto",
    signal,
    connectTimeoutMs,
    requestTimeoutMs,
    ...(options.probeTimeoutMs === undefined ? {} : { probeTimeoutMs: options.probeTimeoutMs }),
    clientCapabilities: CLIENT_CAPABILITIES,
    clientInfo: options.clientInfo ?? { name: "mcpgen", version: "0.1.0" },
    onNotification: (message) => {
      const capability = changedList(message);
      if (capability !== undefined) changed.add(capability);
      options.onNotification?.(message);
    },
    onRequest: answer,
    log: options.log ?? silent,
  });
  const { protocolVersion, supportedVersions, server, instructions, capabilities } = connection;
  return {
    connection,
    async read() {
      const { lists, diagnostics } = await readLists(connection, changed, signal);
      return normalize({
        protocolVersion,
        ...(supportedVersions === undefined ? {} : { supportedVersions }),
        server,
        instructions,
        capabilities,
        clientCapabilities: CLIENT_CAPABILITIES,
        ...lists,
        diagnostics,
      });
    },
  };
}

/** `tools` of `notifications/tools/list_changed`. */
export const changedList = ({ method }: Message): string | undefined =>
  /^notifications\/(\w+)\/list_changed$/.exec(method ?? "")?.[1];

/** Whether the server says when the lists of each capability that it declares change. */
export const changesSaid = (capabilities: Connection["capabilities"]): ReadonlyMap<string, boolean> =>
  new Map(
    LISTS.filter(({ capability }) => isDeclared(capabilities[capability])).map(({ capability }) => [
      capability,
      saysChanges(capabilities[capability]),
    ]),
  );

/** What a client that only looks has to say. Anything else is refused by an error, never left open. */
function answer({ method }: Message): Promise<unknown> {
  if (method === "ping") return Promise.resolve({});
  if (method === "roots/list") return Promise.resolve({ roots: [] });
  throw new RuntimeError("unknown_route", "the client only lists what the server offers");
}

async function readLists(
  connection: Connection,
  changed: Set<string>,
  signal: AbortSignal | undefined,
): Promise<{ lists: Partial<Record<ListName, readonly unknown[]>>; diagnostics: readonly Diagnostic[] }> {
  const { capabilities } = connection;
  const declared = LISTS.filter(({ capability }) => isDeclared(capabilities[capability]));
  const answers = new Map<ListName, List>();
  let asked: typeof declared = declared;
  for (let round = 0; asked.length > 0 && round <= MAX_REPEATS; round++) {
    changed.clear();
    // Of all lists together, once more for each round.
    const budget = { leftBytes: BOUNDS.maxTotalBytes };
    for (const { name, method } of asked)
      answers.set(
        name,
        await readList({
          method,
          member: name,
          budget,
          ask: (params, step) => connection.request(method, params, { step, signal }),
        }),
      );
    if (asked.some(({ capability }) => saysChanges(capabilities[capability]))) await settle(connection, signal);
    asked = declared.filter(({ capability }) => changed.has(capability));
  }

  const failures = [...answers.values()].map(({ failure }) => failure);
  const silence = failures.find((failure) => failure?.code === "timeout");
  if (silence && failures.every((failure) => failure !== undefined)) throw silence;

  const diagnostics = [...answers.values()].flatMap((one) => one.diagnostics);
  for (const { name, method } of asked) {
    const message = `${method}: still changing after it was read ${MAX_REPEATS + 1} times; the last answer is kept`;
    diagnostics.push({ severity: "warning", code: "list-unstable", pointer: `/${name}`, message });
  }
  return { lists: Object.fromEntries([...answers].map(([name, { items }]) => [name, items])), diagnostics };
}

/**
 * Servers may register tools only once they have been told `initialized`, or have heard the client's roots. An answered
 * ping means that whatever they sent before it has arrived. Being answered counts, an error as much as a result.
 */
async function settle(connection: Connection, signal: AbortSignal | undefined): Promise<void> {
  if (connection.era === "modern") return; // no unsolicited notifications, no ping
  try {
    await connection.request("ping", undefined, { timeoutMs: 3_000, signal });
  } catch (error) {
    const { code } = RuntimeError.from(error);
    if (code !== "remote" && code !== "timeout") throw error;
  }
}

const isDeclared = (capability: unknown): boolean => typeof capability === "object" && capability !== null;

const saysChanges = (capability: unknown): boolean =>
  typeof capability === "object" &&
  capability !== null &&
  "listChanged" in capability &&
  capability.listChanged === true;
