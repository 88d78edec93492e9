import { keysOf, settleNames, type NameRules, type Wish } from "./lock-name.js";
import { settleNumbers, type Numbered, type NumberedWish } from "./lock-number.js";

export type { NameRules, Wish } from "./lock-name.js";
export type { Numbered, NumberedField, NumberedWish, ReservedField } from "./lock-number.js";

/** Names of one scope: key → name. */
export type NameMap = Readonly<Record<string, string>>;

/** Numbers of one scope, a line each, as a reviewer wants to read them. */
export interface NumberMap {
  /** Key → `TYPE NAME = NUMBER`: `"maxResults": "int32 max_results = 3"`. The type is empty for enum values. */
  readonly live: Readonly<Record<string, string>>;
  /** Number → `TYPE NAME KEY`, which is never used for anything else. The key is the rest of the line. */
  readonly reserved?: Readonly<Record<string, string>>;
}

/** What is settled for one server: target → owner → what stands there. Plain JSON, part of mcpgen.lock. */
export interface Settled {
  readonly names: Readonly<Record<string, Readonly<Record<string, NameMap>>>>;
  readonly numbers: Readonly<Record<string, Readonly<Record<string, NumberMap>>>>;
}

export const NOTHING_SETTLED: Settled = { names: {}, numbers: {} };

/**
 * Where names have to be distinct. `target` is a language or an emitter: `typescript`, `graphql`. `owner` is a word for a list over all items
 * (`types`), whose keys are then pointers, or the pointer of the one type whose members are named.
 *
 * Pointers begin with an item, `/tools/get-user`, and go on with the schema and the place in it: `/tools/get-user/input/properties/sort`.
 */
export interface Scope {
  readonly target: string;
  readonly owner: string;
}

/**
 * Names and numbers that are settled once and then stay, so that adding, removing or reordering anything renames and renumbers nothing
 * else. An emitter asks for all names of a scope at once.
 */
export interface Lock {
  /** Distinct names for the wishes, in their order. What was settled before comes first, then wishes that are `exact`, then the rest. */
  names(scope: Scope, wishes: readonly Wish[], rules?: NameRules): readonly string[];
  /** Distinct names and numbers for the members of one message or enum, and what must be reserved in it. */
  numbers(scope: Scope, wishes: readonly NumberedWish[], rules?: NameRules): Numbered;
}

/** A lock that is being written. */
export interface LockBook extends Lock {
  /**
   * All that is settled now. Names of items that are not among `items` (keys such as `/tools/get-user`) are gone, and so is what was not asked
   * for again in a type that was. Numbers stay for ever.
   */
  settled(items: ReadonlySet<string>): Settled;
}

/**
 * A book that goes on from what was settled before. `items` are those that there are now: names of others are free from the start, so that
 * what comes in the place of something gone is called as if that had never been. Without `items` all names are kept.
 */
export function openLock(before: Settled = NOTHING_SETTLED, items?: ReadonlySet<string>): LockBook {
  const names = new Map(
    scopesOf(before.names).map(([id, map]) => {
      const owner = ownerOf(id);
      // The keys of a type's members are foreign names, whatever they look like.
      const kept = Object.entries(map).filter(([key]) => !items || !isGone(itemOf(owner) ? owner : key, items));
      return [id, { settled: new Map(kept), used: new Set<string>() }];
    }),
  );
  const numbers = new Map(scopesOf(before.numbers));
  return {
    names(scope, wishes, rules = {}) {
      const entry = names.get(idOf(scope)) ?? { settled: new Map<string, string>(), used: new Set<string>() };
      names.set(idOf(scope), entry);
      const given = settleNames(entry.settled, wishes, rules);
      for (const key of wishes.flatMap(keysOf)) entry.used.add(key);
      return given;
    },
    numbers(scope, wishes, rules = {}) {
      const { map, ...numbered } = settleNumbers(numbers.get(idOf(scope)), wishes, rules);
      numbers.set(idOf(scope), map);
      return numbered;
    },
    settled(items) {
      const kept = [...names].flatMap(([id, { settled, used }]): [string, NameMap][] => {
        if (isGone(ownerOf(id), items)) return [];
        const map = Object.fromEntries([...settled].filter(([key]) => isKept(key, { id, used, items })));
        return Object.keys(map).length === 0 ? [] : [[id, map]];
      });
      return { names: nested(kept), numbers: nested([...numbers]) };
    },
  };
}

/** `/tools/get-user` of `/tools/get-user/input/properties/a`; undefined for a plain word. */
export function itemOf(pointer: string): string | undefined {
  return /^\/[^/]+\/[^/]*/.exec(pointer)?.[0];
}

const isGone = (owner: string, items: ReadonlySet<string>): boolean => {
  const item = itemOf(owner);
  return item !== undefined && !items.has(item);
};

/** A name equal to its key needs no line: nobody else can take it. */
function isKept(
  key: string,
  { id, used, items }: { readonly id: string; readonly used: ReadonlySet<string>; readonly items: ReadonlySet<string> },
): boolean {
  if (used.size === 0 || used.has(key)) return itemOf(ownerOf(id)) !== undefined || !isGone(key, items);
  if (itemOf(ownerOf(id)) !== undefined) return false;
  const item = itemOf(key);
  if (item === undefined) return false;
  // An item that was left out of this run, by a filter say, keeps its names.
  return items.has(item) && ![...used].some((one) => itemOf(one) === item);
}

const SEPARATOR = "\u0000";
const idOf = ({ target, owner }: Scope): string => `${target}${SEPARATOR}${owner}`;
const ownerOf = (id: string): string => id.slice(id.indexOf(SEPARATOR) + 1);

function scopesOf<T>(all: Readonly<Record<string, Readonly<Record<string, T>>>>): [string, T][] {
  return Object.entries(all).flatMap(([target, owners]) =>
    Object.entries(owners).map(([owner, value]): [string, T] => [idOf({ target, owner }), value]),
  );
}

function nested<T>(flat: readonly (readonly [string, T])[]): Readonly<Record<string, Readonly<Record<string, T>>>> {
  const all = new Map<string, [string, T][]>();
  for (const [id, value] of flat) {
    const target = id.slice(0, id.indexOf(SEPARATOR));
    const owners = all.get(target) ?? [];
    all.set(target, owners);
    owners.push([ownerOf(id), value]);
  }
  return Object.fromEntries([...all].map(([target, owners]) => [target, Object.fromEntries(owners)]));
}
