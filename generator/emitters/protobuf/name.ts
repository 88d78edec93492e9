import { words } from "../../ir/words.js";

const MAX_NAME = 100;

/** `maxResults` → `max_results`, `3d` → `f_3d`; no ASCII letter or digit → `fallback`. Source: buf's rule FIELD_LOWER_SNAKE_CASE. */
export function snake(text: string, fallback: string): string {
  const joined = lowerWords(text).join("_").slice(0, MAX_NAME).replace(/_$/, "");
  if (joined === "") return fallback;
  return /^\d/.test(joined) ? `f_${joined}` : joined;
}

/** `my-server 2` → `my_server_2`: a segment of a package, a folder. */
export function packageSegment(text: string): string {
  const joined = lowerWords(text).join("_").slice(0, 60).replace(/_$/, "");
  if (joined === "") return "server";
  return /^\d/.test(joined) ? `server_${joined}` : joined;
}

/** What protobuf makes of a field's name in JSON: `max_results` → `maxResults`. Source: protoc, ToJsonName. */
export const defaultJsonName = (name: string): string =>
  name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());

/** `created-at` → `CREATED_AT`, `-name` → `NEG_NAME`, `+1` → `PLUS_1`, `3d` → `_3D`: the end of an enum value's name. */
export function enumValueBase(value: string): string {
  if (value === "") return "EMPTY";
  const said = value
    .slice(0, 2 * MAX_NAME)
    .replace(/^-(?=[A-Za-z])/, "neg ")
    .replace(/\+(?=\d)/g, " plus ")
    .replace(/-(?=\d)/g, " minus ");
  const joined = lowerWords(said).join("_").slice(0, MAX_NAME).replace(/_$/, "").toUpperCase();
  if (joined === "") return "VALUE";
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** `SearchSort`, `CREATED_AT` → `SEARCH_SORT_CREATED_AT`. */
export const enumValueName = (prefix: string, base: string): string =>
  base.startsWith("_") ? prefix + base : `${prefix}_${base}`;

/** Of the names of all values of an enum: `HTTPSort1` → `HTTP_SORT1`. Source: buf, ToUpperSnakeCase, by which ENUM_VALUE_PREFIX judges. */
export function enumPrefix(name: string): string {
  const isUpper = (at: number): boolean => /[A-Z]/.test(name.charAt(at));
  const begins = (at: number): boolean =>
    at > 0 &&
    isUpper(at) &&
    ((at < name.length - 1 && !/[A-Z0-9]/.test(name.charAt(at + 1))) || /[a-z]/.test(name.charAt(at - 1)));
  return Array.from(name, (character, at) => (begins(at) ? `_${character}` : character))
    .join("")
    .toUpperCase();
}

/** The n-th try: `a_2` and `a2` would be one name in JSON. */
export const nthField = (base: string, n: number): string => `${base}_v${n}`;
export const nthEnumValue = (base: string, n: number): string => `${base}_V${n}`;

/** Endings of names that are made for rpcs, services and map fields: no type gets one, so that no rpc that comes later can clash with it. */
export const typeBase = (name: string): string =>
  /(?:Request|Response|Output|Service|Entry)$/.test(name) ? `${name}Value` : name;

const lowerWords = (text: string): string[] => words(text).map((word) => word.toLowerCase());
