import type { NameMap, NumberMap, Settled } from "./lock.js";
import { parseLive, parseReserved } from "./lock-number.js";

/** What is wrong at a place of `names` or `numbers`. */
export interface SettledProblem {
  /** From the server on: `["names", "graphql", "types", "/tools/a/input"]`. */
  readonly path: readonly string[];
  readonly what: string;
  readonly why: string;
  readonly hint: string;
}

/** No name can end a string, a comment or a statement: words with single dots, slashes and dashes between them. */
const NAME = /^[\p{L}\p{N}\p{M}_$-]+(?:[./][\p{L}\p{N}\p{M}_$-]+)*$/u;
const MAX_NAME = 300;

/** Targets of ours, whose names tell one thing from another; others may let several things share a name. */
const DISTINCT = new Set(["routes", "typescript", "graphql", "protobuf"]);
/** Which file a tool is in. */
const isShared = (target: string, owner: string): boolean =>
  !DISTINCT.has(target) || (target === "protobuf" && owner === "files");

/** The key is what the server calls it, so both lines look right alone: two branches gave one name or number, each to its own. */
const MERGED = {
  why: "two branches gave it at the same time, each to another",
  hint: "keep the line that was released, delete the other, then run mcpgen generate",
};
const FORM = {
  why: "mcpgen never writes such a line",
  hint: "restore it from version control, or delete it and run mcpgen generate",
};

/** The first thing in names and numbers that no run could have settled. */
export function problemOf({ names, numbers }: Settled): SettledProblem | undefined {
  for (const [target, owners] of Object.entries(names))
    for (const [owner, map] of Object.entries(owners)) {
      const problem = nameProblem(map, { path: ["names", target, owner], isShared: isShared(target, owner) });
      if (problem) return problem;
    }
  for (const [target, owners] of Object.entries(numbers))
    for (const [owner, map] of Object.entries(owners)) {
      const problem = numberProblem(map, ["numbers", target, owner]);
      if (problem) return problem;
    }
  return undefined;
}

function nameProblem(
  map: NameMap,
  { path, isShared }: { readonly path: readonly string[]; readonly isShared: boolean },
): SettledProblem | undefined {
  const owners = new Set<string>();
  for (const [key, name] of Object.entries(map)) {
    const at = [...path, key];
    if (name.length > MAX_NAME || !NAME.test(name))
      return { path: at, what: `${JSON.stringify(name.slice(0, MAX_NAME))} is no name`, ...FORM };
    if (!isShared && owners.has(name))
      return { path: at, what: `the name ${JSON.stringify(name)} is given twice`, ...MERGED };
    owners.add(name);
  }
  return undefined;
}

function numberProblem({ live, reserved = {} }: NumberMap, path: readonly string[]): SettledProblem | undefined {
  const gone = new Map<number, string>();
  for (const [number, line] of Object.entries(reserved)) {
    const at = [...path, "reserved", number];
    const parsed = parseReserved(line);
    // Read as a live line would be, so that both know the same numbers.
    if (!parsed || String(parseLive(`x = ${number}`)?.number) !== number)
      return { path: at, what: `${JSON.stringify(line)} is no reserved number`, ...FORM };
    gone.set(Number(number), parsed.name);
  }
  const goneNames = new Set(gone.values());
  const [names, numbers] = [new Set<string>(), new Set<number>()];
  for (const [key, line] of Object.entries(live)) {
    const at = [...path, "live", key];
    const parsed = parseLive(line);
    if (!parsed || (parsed.number >= 19_000 && parsed.number <= 19_999))
      return { path: at, what: `${JSON.stringify(line)} is no numbered member`, ...FORM };
    const { name, number } = parsed;
    if (numbers.has(number)) return { path: at, what: `the number ${number} is given twice`, ...MERGED };
    if (names.has(name)) return { path: at, what: `the name ${name} is given twice`, ...MERGED };
    if (gone.has(number) || goneNames.has(name))
      return {
        path: at,
        what: `${gone.has(number) ? `the number ${number}` : `the name ${name}`} is reserved and in use`,
        why: "one branch took it away, another went on using it",
        hint: "delete the line that uses it, then run mcpgen generate: it gets another",
      };
    names.add(name);
    numbers.add(number);
  }
  return undefined;
}
