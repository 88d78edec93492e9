import { createHash } from "node:crypto";
import { NOTHING_SETTLED, type Settled } from "./lock.js";
import { normalize } from "./normalize.js";
import { byCodeUnit, canonicalJson } from "./order.js";
import type { Diagnostic, Json, JsonObject, ServerInfo, ServerSpec } from "./spec.js";
import { ITEM_KINDS, type ListName } from "./member.js";

/** Version of mcpgen.lock itself. Raised when a reader of the old one would misread the new one. */
export const LOCK_VERSION = 1;

/** `mcpgen.lock` as it is written: plain JSON, any number of servers. */
export interface LockFile {
  readonly lockVersion: typeof LOCK_VERSION;
  /** By the server's key in the config, else by the name it gives itself. */
  readonly servers: Readonly<Record<string, LockedServer>>;
}

/**
 * The whole contract of one server, and the names and numbers that were made of it. There is no hash over all of it: two branches that add
 * different tools would conflict in that line, each time.
 */
export interface LockedServer extends Settled {
  readonly about: LockedAbout;
  /** By name. */
  readonly tools: LockedItems;
  /** By URI. */
  readonly resources: LockedItems;
  /** By URI template. */
  readonly resourceTemplates: LockedItems;
  /** By name. */
  readonly prompts: LockedItems;
  /** What was generated of it where only flags said so: output folder, relative to the lock, → globs. The contract itself is always whole. */
  readonly filters?: Readonly<Record<string, LockedFilter>>;
}

export interface LockedAbout {
  /** Of the other members. */
  readonly sha256: string;
  readonly protocolVersion: string;
  readonly supportedVersions?: readonly string[];
  readonly server: ServerInfo;
  readonly instructions?: string;
  readonly capabilities: JsonObject;
  readonly clientCapabilities: JsonObject;
  /** Those that point at no item. */
  readonly diagnostics?: readonly Diagnostic[];
}

export interface LockedItem {
  /** Of the name or address and the other members: an edit by hand is found. */
  readonly sha256: string;
  /** As the server lists it, without its name or address. */
  readonly item: JsonObject;
  /** Their pointers begin at the item. */
  readonly diagnostics?: readonly Diagnostic[];
}
export type LockedItems = Readonly<Record<string, LockedItem>>;

export interface LockedFilter {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

export const LISTS = Object.keys(ITEM_KINDS) as readonly ListName[];

/** Members of a tool that keep the server's order in the lock: who reads generated code sees it. All else is sorted. */
export const ORDERED_MEMBERS: readonly string[] = ["inputSchema", "outputSchema"];

/** What the lock holds of a server. Members and lists are in canonical order, diagnostics lie with what they point at. */
export function lockServer(
  spec: ServerSpec,
  settled: Settled = NOTHING_SETTLED,
  filters: Readonly<Record<string, LockedFilter>> = {},
): LockedServer {
  const { protocolVersion, supportedVersions, server, instructions, capabilities, clientCapabilities } = spec;
  const about = {
    protocolVersion,
    ...(supportedVersions && { supportedVersions }),
    server: sorted(server) as ServerInfo,
    ...(instructions !== undefined && { instructions }),
    capabilities: sorted(capabilities) as JsonObject,
    clientCapabilities: sorted(clientCapabilities) as JsonObject,
    ...diagnosticsAt(undefined, spec),
  };
  const list = (name: ListName): LockedItems =>
    Object.fromEntries(
      spec[name].map((item, i) => {
        const { [ITEM_KINDS[name].key]: id, ...rest } = item as Readonly<Record<string, Json>>;
        const key = id as string;
        const locked = { item: sortedItem(rest), ...diagnosticsAt(`/${name}/${i}`, spec) };
        return [key, { ...locked, sha256: itemHash(key, locked) }] as const;
      }),
    );
  return {
    about: { ...about, sha256: aboutHash(about) },
    tools: list("tools"),
    resources: list("resources"),
    resourceTemplates: list("resourceTemplates"),
    prompts: list("prompts"),
    ...(Object.keys(filters).length > 0 && { filters }),
    names: settled.names,
    numbers: settled.numbers,
  };
}

/** The spec of a locked server: lists in code-unit order. Goes through the same bounds as what a server sends. */
export function lockedSpec(server: LockedServer): ServerSpec {
  const { diagnostics = [] } = server.about;
  const entries = LISTS.map((list) => ({
    list,
    items: Object.entries(server[list]).sort(([a], [b]) => byCodeUnit(a, b)),
  }));
  return normalize({
    ...server.about,
    ...Object.fromEntries(
      entries.map(({ list, items }) => [
        list,
        items.map(([key, { item }]) => ({ [ITEM_KINDS[list].key]: key, ...item })),
      ]),
    ),
    diagnostics: [
      ...diagnostics,
      ...entries.flatMap(({ list, items }) =>
        items.flatMap(([, { diagnostics: own = [] }], i) =>
          own.map((one) => ({ ...one, pointer: `/${list}/${i}${one.pointer}` })),
        ),
      ),
    ],
  });
}

/**
 * The spec as the lock will give it back, so that the first run prints what all later ones do. A schema that says the same as before keeps
 * its old text: some servers order their members anew by the minute.
 */
export function settleContract(spec: ServerSpec, before?: ServerSpec): ServerSpec {
  const known = new Map(before?.tools.map((tool) => [tool.name, tool]));
  const tools = spec.tools.map((tool) => {
    const old = known.get(tool.name);
    const same = ORDERED_MEMBERS.filter((member) => isSame(tool[member], old?.[member]));
    return { ...tool, ...Object.fromEntries(same.map((member) => [member, old?.[member] as Json])) };
  });
  return lockedSpec(lockServer({ ...spec, tools }));
}

const isSame = (a: Json | undefined, b: Json | undefined): boolean =>
  a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b);

/** SHA-256, in hex, of an item and its name; the order of members does not count. */
export const itemHash = (key: string, { item, diagnostics = [] }: Omit<LockedItem, "sha256">): string =>
  sha256([key, item, diagnostics as unknown as Json]);

export const aboutHash = (about: Omit<LockedAbout, "sha256">): string => sha256(about as unknown as Json);

const sha256 = (value: Json): string => createHash("sha256").update(canonicalJson(value)).digest("hex");

/** Those below a place, with pointers from there; without a place, those that are below no item. */
function diagnosticsAt(
  place: string | undefined,
  { diagnostics }: ServerSpec,
): { readonly diagnostics?: readonly Diagnostic[] } {
  const own = diagnostics.flatMap((one) => {
    const [item] = /^\/(?:tools|resources|resourceTemplates|prompts)\/\d+(?=\/|$)/.exec(one.pointer) ?? [];
    return item === place ? [{ ...one, pointer: one.pointer.slice((place ?? "").length) }] : [];
  });
  const order = ({ pointer, code, message }: Diagnostic): string => JSON.stringify([pointer, code, message]);
  return own.length === 0 ? {} : { diagnostics: own.sort((a, b) => byCodeUnit(order(a), order(b))) };
}

const sortedItem = (item: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(item)
      .sort(([a], [b]) => byCodeUnit(a, b))
      .map(([member, value]) => [member, ORDERED_MEMBERS.includes(member) ? value : sorted(value)]),
  );

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => sorted(one));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => byCodeUnit(a, b));
  return Object.fromEntries(members.map(([member, one]) => [member, sorted(one)]));
}
