import { readJson } from "../../ir/lock-text.js";
import { ITEM_KINDS, type ListName } from "../../ir/member.js";
import { tokensOf } from "../../ir/pointer.js";

/** A file of contracts, to be pointed into. */
export interface ContractFile {
  /** As the user would write it, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly isLock: boolean;
}

/** Where a change can be seen: the server's key in a lock, and `Change.place`. */
export interface Spot {
  readonly server: string | undefined;
  readonly place: string;
}

const isList = (name: string | undefined): name is ListName => name !== undefined && Object.hasOwn(ITEM_KINDS, name);

/**
 * Lines, from 1, of the nearest member above each spot; 1 where nothing is near. The file is read once, however many there are.
 */
export function linesOf({ text, isLock }: ContractFile, spots: readonly Spot[]): readonly number[] {
  const paths = spots.map(({ server, place }) => (isLock ? lockPath(server, place) : (tokensOf(place) ?? [])));
  const wanted = new Set(paths.flatMap((path) => path.map((_, i) => keyOf(path.slice(0, i + 1)))));
  const lines = new Map<string, number>();
  let [line, counted] = [1, 0];
  try {
    readJson(text, "", (path, offset) => {
      const item = isLock ? undefined : itemAt(path, text, offset);
      const key = keyOf(item ?? path);
      if (!wanted.has(key) || lines.has(key)) return;
      for (; counted < offset; counted++) if (text.charCodeAt(counted) === 10) line++;
      lines.set(key, line);
    });
  } catch {
    // A member that stands twice: JSON all the same, and only lines are lost.
    return spots.map(() => 1);
  }
  return paths.map((path) => {
    for (let length = path.length; length > 0; length--) {
      const found = lines.get(keyOf(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return 1;
  });
}

function lockPath(server: string | undefined, place: string): string[] {
  const tokens = tokensOf(place) ?? [];
  const base = ["servers", server ?? ""];
  if (!isList(tokens[0])) return [...base, "about", ...tokens];
  return [...base, ...tokens.slice(0, 2), "item", ...tokens.slice(2)];
}

/** In a saved spec, lists are arrays: an item is told by the member that names it. */
function itemAt(path: readonly string[], text: string, offset: number): string[] | undefined {
  const [list, member] = path;
  if (path.length !== 2 || !isList(list) || member !== ITEM_KINDS[list].key) return undefined;
  const value = /"(?:[^"\\]|\\.)*"\s*:\s*("(?:[^"\\]|\\.)*")/y;
  value.lastIndex = offset;
  const found = value.exec(text)?.[1];
  return found === undefined ? undefined : [list, JSON.parse(found) as string];
}

const keyOf = (path: readonly string[]): string => JSON.stringify(path);
