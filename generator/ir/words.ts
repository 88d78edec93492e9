/** Longest identifier made from a foreign name. The specification allows tool names of 128 characters; servers may send a megabyte. */
const MAX_IDENTIFIER = 100;

/** ASCII words of a name: split on everything else and on `aB` and `ABc`; digits stay with their word. Source: schemas.md §10. */
export function words(name: string): string[] {
  return name
    .slice(0, 2 * MAX_IDENTIFIER)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
}

const upperFirst = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `get-sum` → `GetSum`; no ASCII letter or digit → `fallback`; a digit first → `T` before it. */
export function pascal(name: string, fallback: string): string {
  const joined = words(name).map(upperFirst).join("").slice(0, MAX_IDENTIFIER);
  if (joined === "") return fallback;
  return /^\d/.test(joined) ? `T${joined}` : joined;
}

/** `get-sum` → `getSum`, `HTTPGet` → `httpGet`; no ASCII letter or digit → `fallback`; a digit first → `_` before it. */
export function camel(name: string, fallback: string): string {
  const [first, ...rest] = words(name);
  if (first === undefined) return fallback;
  const head = /[a-z]/.test(first) ? first.charAt(0).toLowerCase() + first.slice(1) : first.toLowerCase();
  const joined = (head + rest.map(upperFirst).join("")).slice(0, MAX_IDENTIFIER);
  return /^\d/.test(joined) ? `_${joined}` : joined;
}
