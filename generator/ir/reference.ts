import { decodeFragment, lookUp, tokensOf } from "./pointer.js";
import type { Json, JsonSchema } from "./spec.js";
import { places, pointerOf, pointerStep } from "./walk.js";

/** A schema resource: the document, or a subschema with an `$id` of its own. `path` is the pointer to it from the document. */
export interface Resource {
  readonly uri: string;
  readonly path: string;
}

/** Where a `$ref` leads. */
export type Target =
  | { readonly kind: "found"; readonly path: string; readonly schema: JsonSchema; readonly resource: Resource }
  /** `foreign` names another document, `dangling` nothing in this one. */
  | { readonly kind: "foreign" | "dangling" };

export interface References {
  readonly document: Resource;
  /** The resource that the place at this pointer belongs to. */
  resourceAt(path: string): Resource;
  /** Never reads anything but the document. */
  resolve(ref: string, from: Resource): Target;
}

/** Nobody's address, so that relative references have something to be relative to. */
const BASE = "https://schema.invalid/";
const MAX_RESOURCES = 1000;

/** Finds `$id`, `id`, `$anchor` and `$dynamicAnchor` of a document, by keyword position only. */
export function referencesOf(root: Json): References {
  const document: Resource = { uri: absolute(idOf(root) ?? "", BASE) ?? BASE, path: "" };
  const resources: Resource[] = [document];
  const anchors = new Map<string, string>();

  const resourceAt = (path: string): Resource => {
    let best = document;
    for (const one of resources)
      if (one.path.length > best.path.length && (path === one.path || path.startsWith(`${one.path}/`))) best = one;
    return best;
  };

  for (const place of places(root)) {
    if (place.role !== "schema" || Array.isArray(place.value)) continue;
    const schema = place.value as Readonly<Record<string, unknown>>;
    const id = idOf(schema);
    const names = [schema["$anchor"], schema["$dynamicAnchor"]].filter((name) => typeof name === "string");
    if (id === undefined && names.length === 0) continue;
    const path = pointerOf(place);
    if (id?.startsWith("#")) names.push(id.slice(1));
    else if (id !== undefined && path !== "" && resources.length < MAX_RESOURCES) {
      const uri = absolute(id, resourceAt(path).uri);
      if (uri !== undefined) resources.push({ uri, path });
    }
    for (const name of names) {
      const key = `${resourceAt(path).uri}#${name}`;
      if (!anchors.has(key)) anchors.set(key, path);
    }
  }

  const at = (path: string): Target | undefined => {
    const tokens = tokensOf(path);
    if (tokens === undefined) return undefined;
    const schema = lookUp(root, tokens);
    if (typeof schema !== "boolean" && (typeof schema !== "object" || schema === null || Array.isArray(schema)))
      return undefined;
    const canonical = tokens.map(pointerStep).join("");
    return { kind: "found", path: canonical, schema: schema as JsonSchema, resource: resourceAt(canonical) };
  };

  const resolve = (ref: string, from: Resource): Target => {
    const hash = ref.indexOf("#");
    const address = hash < 0 ? ref : ref.slice(0, hash);
    const fragment = hash < 0 ? "" : decodeFragment(ref.slice(hash + 1));
    const uri = address === "" ? from.uri : absolute(address, from.uri);
    const resource = address === "" ? from : resources.find((one) => one.uri === uri);
    if (resource === undefined) return { kind: "foreign" };
    // Generators write pointers from the document's root below an `$id` too, so that is the second place to look.
    const isPointer = fragment === "" || fragment.startsWith("/");
    const candidates = isPointer
      ? [resource.path + fragment, fragment]
      : [resource, document].map((one) => anchors.get(`${one.uri}#${fragment}`));
    for (const path of candidates) {
      const found = path === undefined ? undefined : at(path);
      if (found) return found;
    }
    return { kind: "dangling" };
  };

  return { document, resourceAt, resolve };
}

/** `$id`, or `id` as draft-04 calls it. */
function idOf(schema: unknown): string | undefined {
  if (typeof schema !== "object" || schema === null) return undefined;
  const { $id, id } = schema as { $id?: unknown; id?: unknown };
  return typeof $id === "string" ? $id : typeof id === "string" ? id : undefined;
}

/** The address without its fragment; undefined when it is none. */
function absolute(uri: string, base: string): string | undefined {
  return URL.canParse(uri, base) ? new URL(uri, base).href.replace(/#.*$/s, "") : undefined;
}
