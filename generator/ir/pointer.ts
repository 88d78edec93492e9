import type { Json } from "./spec.js";

/** Tokens of an RFC 6901 pointer; undefined when it neither is empty nor starts with a slash. */
export function tokensOf(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A URI fragment percent-decoded; one that is no valid encoding stands for itself, as servers write a bare `%` too. */
export function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** What the tokens lead to through own members and array elements only; undefined where nothing is. */
export function lookUp(root: Json, tokens: readonly string[]): Json | undefined {
  let here: Json | undefined = root;
  for (const token of tokens) {
    if (typeof here !== "object" || here === null) return undefined;
    if (Array.isArray(here) && !/^(?:0|[1-9]\d{0,9})$/.test(token)) return undefined;
    here = Object.hasOwn(here, token) ? (here as Readonly<Record<string, Json>>)[token] : undefined;
  }
  return here;
}
