import { printable } from "../../runtime/core/log.js";
import type { LockedItems, LockedServer } from "../ir/lock-file.js";
import { canonicalJson } from "../ir/order.js";
import type { Json } from "../ir/spec.js";

const NOUNS = {
  tools: "tool",
  resources: "resource",
  resourceTemplates: "resource template",
  prompts: "prompt",
} as const;
type ListName = keyof typeof NOUNS;
const LISTS = Object.keys(NOUNS) as readonly ListName[];

/** Names or addresses, in code-unit order. */
export interface ListChange {
  readonly list: ListName;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** How the entry of one server differs from the one before. */
export interface ContractChange {
  readonly server: string;
  readonly isNew: boolean;
  /** Lists in which something changed. */
  readonly lists: readonly ListChange[];
  /** Version, instructions, capabilities. */
  readonly about: boolean;
  /** Names, numbers or filters, with or without the contract. */
  readonly settled: boolean;
}

/** One, or none where nothing changed. */
export function contractChanges(
  server: string,
  before: LockedServer | undefined,
  now: LockedServer,
): readonly ContractChange[] {
  if (!before) return [{ server, isNew: true, lists: [], about: false, settled: true }];
  const lists = LISTS.map((list) => listChange(list, before[list], now[list])).filter(
    ({ added, removed, changed }) => added.length + removed.length + changed.length > 0,
  );
  const about = before.about.sha256 !== now.about.sha256;
  const settled = settledText(before) !== settledText(now);
  return lists.length > 0 || about || settled ? [{ server, isNew: false, lists, about, settled }] : [];
}

function listChange(list: ListName, before: LockedItems, now: LockedItems): ListChange {
  return {
    list,
    added: Object.keys(now).filter((key) => !Object.hasOwn(before, key)),
    removed: Object.keys(before).filter((key) => !Object.hasOwn(now, key)),
    changed: Object.keys(now).filter((key) => Object.hasOwn(before, key) && before[key]?.sha256 !== now[key]?.sha256),
  };
}

const settledText = ({ names, numbers, filters = {} }: LockedServer): string =>
  canonicalJson({ names, numbers, filters } as unknown as Json);

/** Names that a line gives before the rest is only counted. */
const NAMED = 4;

/** `demo: 2 tools added (a, b), 1 prompt changed (c)`. One line, or none. */
export function changeLines({ server, isNew, lists, about, settled }: ContractChange): readonly string[] {
  const parts = lists.flatMap(({ list, ...all }) =>
    (["added", "removed", "changed"] as const).flatMap((word) => {
      const keys = all[word];
      if (keys.length === 0) return [];
      const named = keys.slice(0, NAMED).map((key) => printable(key, 60));
      const more = keys.length > NAMED ? ", …" : "";
      return [`${keys.length} ${NOUNS[list]}${keys.length > 1 ? "s" : ""} ${word} (${named.join(", ")}${more})`];
    }),
  );
  if (about) parts.push("what it says about itself changed");
  if (isNew) parts.push("new");
  else if (settled && parts.length === 0) parts.push("names, numbers or filters changed");
  return parts.length === 0 ? [] : [`${printable(server, 80)}: ${parts.join(", ")}`];
}
