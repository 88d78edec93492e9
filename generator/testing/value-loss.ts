import { canonicalJson } from "../ir/order.js";
import type { Json, JsonObject } from "../ir/spec.js";

export type JsonPath = readonly (string | number)[];

/** What a language cannot say about a value, known before it is tried. */
export interface Loss {
  readonly path: JsonPath;
  /** As the documentation has it: "a member that the schema does not name". */
  readonly reason: string;
  /** What comes back in its place. Absent: the member is left out. */
  readonly becomes?: Json;
}

export const UNNAMED_MEMBER = "a member that the schema does not name";

/** A value that has not the shape that the plan gives its place. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
}

/** What became of a value that went there and back. */
export type Outcome =
  | { readonly kind: "exact" }
  | { readonly kind: "documented"; readonly reasons: readonly string[] }
  | { readonly kind: "wrong"; readonly text: string };

/** Whether what came back is what was sent, or is that without what was known to be lost. */
export function outcomeOf(sent: Json, got: Json, losses: readonly Loss[]): Outcome {
  const [before, after] = [canonicalJson(sent), canonicalJson(got)];
  if (before === after) return { kind: "exact" };
  const expected = canonicalJson(withLosses(sent, losses));
  if (after === expected) return { kind: "documented", reasons: [...new Set(losses.map(({ reason }) => reason))] };
  return { kind: "wrong", text: `${before} came back as ${after}${losses.length > 0 ? `, not as ${expected}` : ""}` };
}

/** The value as it comes back with these losses. */
export function withLosses(value: Json, losses: readonly Loss[]): Json {
  const byPath = new Map(losses.map((loss) => [idOf(loss.path), loss]));
  const visit = (one: Json, path: JsonPath): Json | undefined => {
    const loss = byPath.get(idOf(path));
    if (loss) return loss.becomes;
    if (Array.isArray(one)) return (one as readonly Json[]).map((item, i) => visit(item, [...path, i]) ?? null);
    if (typeof one !== "object" || one === null) return one;
    const known = Object.entries(one as JsonObject).flatMap(([name, member]): [string, Json][] => {
      const kept = visit(member, [...path, name]);
      return kept === undefined ? [] : [[name, kept]];
    });
    const added = losses.flatMap(({ path: at, becomes }): [string, Json][] => {
      const name = at.at(-1);
      const isHere = at.length === path.length + 1 && idOf(at.slice(0, -1)) === idOf(path);
      return isHere && typeof name === "string" && becomes !== undefined && !Object.hasOwn(one, name)
        ? [[name, becomes]]
        : [];
    });
    return Object.fromEntries([...known, ...added]);
  };
  return visit(value, []) ?? null;
}

const idOf = (path: JsonPath): string => JSON.stringify(path);

/** Of the ways that fit, the one that loses least; of equals, the first. Throws Mismatch where none fits. */
export function bestOf<T, R extends { readonly losses: readonly Loss[] }>(
  ways: readonly T[],
  attempt: (way: T) => R,
): R {
  let best: R | undefined;
  const why: string[] = [];
  for (const way of ways) {
    try {
      const made = attempt(way);
      if (best === undefined || made.losses.length < best.losses.length) best = made;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      why.push(error.message);
    }
  }
  if (best === undefined) throw new Mismatch(`no branch takes it: ${why.join("; ")}`);
  return best;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member of its own, whatever objects inherit. */
export const memberOf = <T>(members: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined;
