import { printable } from "../../runtime/core/log.js";
import { GeneratorError } from "../errors.js";

/** Somebody who needs a name. */
export interface Wish {
  /** Identity in its scope, stable over time: a pointer, or the member's original name. */
  readonly key: string;
  /** The name if nobody else has it. */
  readonly base: string;
  /** The original was fit as it is, so it comes before those made fit. Default: `base === key`. */
  readonly exact?: boolean;
  /** More keys of the same thing, which stands in several places. It keeps the name that most of its keys had. */
  readonly also?: readonly string[];
}

export interface NameRules {
  /** The n-th try, from 2 on. Default: `base2`, `base3`, … */
  readonly nth?: (base: string, n: number) => string;
  /** All that a name takes in its scope: two names may not share one. Default: the name itself. */
  readonly claims?: (name: string, wish: Wish) => readonly string[];
  /** Names that are given to nobody anew. Who has one already keeps it. */
  readonly avoid?: (name: string, wish: Wish) => boolean;
  /** Claims that are taken from the start. */
  readonly taken?: Iterable<string>;
}

/** More than anything that a spec can hold. */
const MAX_TRIES = 100_000;

/**
 * Gives each wish a name and notes in `settled` those that differ from their keys. Names in `settled` are kept, also those that nobody
 * asks for now: their owners may be left out by a filter.
 */
export function settleNames(
  settled: Map<string, string>,
  wishes: readonly Wish[],
  { nth = (base, n) => `${base}${n}`, claims = (name) => [name], avoid = () => false, taken = [] }: NameRules,
): string[] {
  const reserved = new Set(taken);
  const claimed = new Set(reserved);
  const wishOf = new Map(wishes.flatMap((wish) => keysOf(wish).map((key) => [key, wish] as const)));
  const given = new Map<string, string>();
  const take = (wish: Wish, name: string): boolean => {
    const all = claims(name, wish);
    if (all.some((one) => claimed.has(one))) return false;
    for (const one of all) claimed.add(one);
    given.set(wish.key, name);
    return true;
  };
  for (const { wish, name } of heldNames(settled, wishOf)) if (!given.has(wish.key)) take(wish, name);
  // After those that are asked for: a name may be held by several keys, some of which nobody asks for now.
  for (const [key, name] of settled)
    if (!wishOf.has(key)) for (const one of claims(name, { key, base: name })) claimed.add(one);
  const tried = new Map<string, number>();
  for (const isExact of [true, false])
    for (const wish of wishes) {
      if (given.has(wish.key) || (wish.exact ?? wish.base === wish.key) !== isExact) continue;
      for (let n = tried.get(wish.base) ?? 1; !given.has(wish.key); n++) {
        if (n > MAX_TRIES)
          throw new GeneratorError("emit", `no name is free for ${JSON.stringify(printable(wish.base, 80))}`, {
            why: `${MAX_TRIES} were tried, from ${JSON.stringify(printable(nth(wish.base, 2), 80))} on`,
            hint: "this is a fault of the emitter that asks",
          });
        const name = n === 1 ? wish.base : nth(wish.base, n);
        if (!avoid(name, wish) && take(wish, name) && !isExact) tried.set(wish.base, n + 1);
      }
    }
  for (const wish of wishes) {
    const name = given.get(wish.key) ?? "";
    for (const key of keysOf(wish))
      if (name !== key) settled.set(key, name);
      else settled.delete(key);
  }
  return wishes.map(({ key }) => given.get(key) ?? "");
}

export const keysOf = ({ key, also = [] }: Wish): readonly string[] => [key, ...also];

/** Settled names that are asked for again, those of most keys first. */
function heldNames(
  settled: ReadonlyMap<string, string>,
  wishOf: ReadonlyMap<string, Wish>,
): readonly { readonly wish: Wish; readonly name: string }[] {
  const held = new Map<Wish, Map<string, number>>();
  for (const [key, name] of settled) {
    const wish = wishOf.get(key);
    if (!wish) continue;
    const counts = held.get(wish) ?? new Map<string, number>();
    held.set(wish, counts.set(name, (counts.get(name) ?? 0) + 1));
  }
  return [...held]
    .flatMap(([wish, counts]) => [...counts].map(([name, count]) => ({ wish, name, count })))
    .sort((a, b) => b.count - a.count);
}
