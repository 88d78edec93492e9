import { openLock, type Lock } from "./lock.js";
import type { JsonObject, PromptSpec, ResourceSpec, ResourceTemplateSpec, ServerSpec, ToolSpec } from "./spec.js";
import { wellFormed } from "./schema-keyword.js";
import { pointerStep } from "./walk.js";
import { camel, words } from "./words.js";

/** What every route has, whatever it leads to. */
interface RouteBase {
  /** Unique over all routes: the operationId of OpenAPI and the field of GraphQL. `getUser`, `promptGreeting`, `readDynamicText`. */
  readonly name: string;
  /** The same as the beginning of type names. With each of `TYPE_SUFFIXES` after it, unique over all routes. `GetUser`. */
  readonly typeBase: string;
  /** `path` has no variables but `{uri}`; what is foreign in it is percent-encoded. */
  readonly http: { readonly verb: "GET" | "POST"; readonly path: string };
  /** Query for what says of itself that it changes nothing: shape only, never a reason to trust, retry or cache it. */
  readonly graphql: { readonly root: "Query" | "Mutation" };
  /** Stable over time: `/tools/get-user`. Begins the pointers of its types. */
  readonly key: string;
}

interface ItemRoute<Kind extends string, Method extends string, Item extends JsonObject> extends RouteBase {
  readonly kind: Kind;
  readonly method: Method;
  /** What the request names: the tool's or prompt's name, the URI, the URI template. */
  readonly target: string;
  readonly item: Item;
  /** Of the item in the spec: `/tools/3`. */
  readonly pointer: string;
}

export type ToolRoute = ItemRoute<"tool", "tools/call", ToolSpec>;
export type PromptRoute = ItemRoute<"prompt", "prompts/get", PromptSpec>;
export type ResourceRoute = ItemRoute<"resource", "resources/read", ResourceSpec>;
export type TemplateRoute = ItemRoute<"template", "resources/read", ResourceTemplateSpec>;

/** Lists, and reading a resource by its address. */
export interface FixedRoute extends RouteBase {
  readonly kind: "list" | "read";
  readonly method: "tools/list" | "resources/list" | "resources/templates/list" | "prompts/list" | "resources/read";
}

/**
 * One way into a server from REST or GraphQL. All that speak of them (OpenAPI, the REST server, the GraphQL schema and server) take these, so
 * that they agree by construction.
 */
export type AdapterRoute = ToolRoute | PromptRoute | ResourceRoute | TemplateRoute | FixedRoute;

/** Of the types that are made for a route. */
export const TYPE_SUFFIXES = ["Input", "Output", "Result", "Request", "Response"] as const;

const FIXED: readonly (Omit<FixedRoute, "graphql" | "typeBase"> & {
  readonly list: "tools" | "resources" | "resourceTemplates" | "prompts";
})[] = [
  {
    kind: "list",
    method: "tools/list",
    name: "listTools",
    key: "listTools",
    http: { verb: "GET", path: "/tools" },
    list: "tools",
  },
  {
    kind: "list",
    method: "resources/list",
    name: "listResources",
    key: "listResources",
    http: { verb: "GET", path: "/resources" },
    list: "resources",
  },
  {
    kind: "read",
    method: "resources/read",
    name: "readResource",
    key: "readResource",
    http: { verb: "GET", path: "/resources/{uri}" },
    list: "resources",
  },
  {
    kind: "list",
    method: "resources/templates/list",
    name: "listResourceTemplates",
    key: "listResourceTemplates",
    http: { verb: "GET", path: "/resource-templates" },
    list: "resourceTemplates",
  },
  {
    kind: "list",
    method: "prompts/list",
    name: "listPrompts",
    key: "listPrompts",
    http: { verb: "GET", path: "/prompts" },
    list: "prompts",
  },
];

export interface RouteOptions {
  /** Every tool a mutation, whatever its annotations say. */
  readonly allMutations?: boolean;
}

/** In the order fixed routes, tools, resources, templates, prompts; each list as in the spec. `spec` is in order (see `inOrder`). */
export function planRoutes(
  spec: ServerSpec,
  lock: Lock = openLock(),
  { allMutations = false }: RouteOptions = {},
): readonly AdapterRoute[] {
  const { tools, resources, resourceTemplates, prompts } = spec;
  const names = lock.names(
    { target: "routes", owner: "names" },
    [
      ...tools.map(({ name }) => ({
        key: itemKey("tools", name),
        base: camel(name, "tool"),
        exact: camel(name, "tool") === name,
      })),
      ...resources.map(({ name, uri }) => ({
        key: itemKey("resources", uri),
        base: camel(`read ${withoutKind(name)}`, "read"),
        exact: false,
      })),
      ...resourceTemplates.map(({ name, uriTemplate }) => ({
        ...{
          key: itemKey("resourceTemplates", uriTemplate),
          base: camel(`read ${withoutKind(name)}`, "read"),
          exact: false,
        },
      })),
      ...prompts.map(({ name }) => ({
        key: itemKey("prompts", name),
        base: camel(`prompt ${name}`, "prompt"),
        exact: false,
      })),
    ],
    {
      claims: (name) => [`field ${name}`, ...TYPE_SUFFIXES.map((suffix) => typeBaseOf(name) + suffix)],
      taken: FIXED.flatMap(({ name }) => [
        `field ${name}`,
        ...TYPE_SUFFIXES.map((suffix) => typeBaseOf(name) + suffix),
      ]),
    },
  );
  const slugs = lock.names(
    { target: "routes", owner: "slugs" },
    [
      ...resources.map(({ name, uri }) => ({
        key: itemKey("resources", uri),
        base: slug(withoutKind(name), "resource"),
        exact: false,
      })),
      ...resourceTemplates.map(({ name, uriTemplate }) => ({
        ...{ key: itemKey("resourceTemplates", uriTemplate), base: slug(withoutKind(name), "template"), exact: false },
      })),
    ],
    { nth: (base, n) => `${base}-${n}` },
  );

  const fixed = FIXED.filter(
    ({ list }) => spec[list].length > 0 || (list === "resources" && resourceTemplates.length > 0),
  ).map(({ kind, method, name, key, http }): FixedRoute => ({
    ...{ kind, method, name, key, http },
    ...{ typeBase: typeBaseOf(name), graphql: { root: "Query" } },
  }));
  const next = names.values();
  const nextSlug = slugs.values();
  const base = (key: string, root: "Query" | "Mutation"): Omit<RouteBase, "http"> => {
    const name = next.next().value ?? "";
    return { name, typeBase: typeBaseOf(name), graphql: { root }, key };
  };
  return [
    ...fixed,
    ...tools.map((item, i): ToolRoute => {
      const route = base(itemKey("tools", item.name), allMutations || !isReadOnly(item) ? "Mutation" : "Query");
      const http = { verb: "POST", path: `/tools/${segment(item.name, route.name)}` } as const;
      return {
        ...{ kind: "tool", method: "tools/call", target: item.name, item, pointer: `/tools/${i}`, http },
        ...route,
      };
    }),
    ...resources.map((item, i): ResourceRoute => {
      const http = { verb: "GET", path: `/resources/${nextSlug.next().value ?? ""}` } as const;
      const route = base(itemKey("resources", item.uri), "Query");
      return {
        ...{ kind: "resource", method: "resources/read", target: item.uri, item, pointer: `/resources/${i}`, http },
        ...route,
      };
    }),
    ...resourceTemplates.map((item, i): TemplateRoute => {
      const http = { verb: "GET", path: `/resource-templates/${nextSlug.next().value ?? ""}` } as const;
      const route = base(itemKey("resourceTemplates", item.uriTemplate), "Query");
      const pointer = `/resourceTemplates/${i}`;
      return {
        ...{ kind: "template", method: "resources/read", target: item.uriTemplate, item, pointer, http },
        ...route,
      };
    }),
    ...prompts.map((item, i): PromptRoute => {
      const route = base(itemKey("prompts", item.name), "Query");
      const http = { verb: "POST", path: `/prompts/${segment(item.name, route.name)}` } as const;
      return {
        ...{ kind: "prompt", method: "prompts/get", target: item.name, item, pointer: `/prompts/${i}`, http },
        ...route,
      };
    }),
  ];
}

/** The beginning of all pointers that lead into an item: `/tools/get-user`. */
export const itemKey = (list: "tools" | "resources" | "resourceTemplates" | "prompts", name: string): string =>
  `/${list}${pointerStep(name)}`;

/** All items of a spec, for `LockBook.settled`. */
export function itemKeys({ tools, resources, resourceTemplates, prompts }: ServerSpec): Set<string> {
  return new Set([
    ...tools.map(({ name }) => itemKey("tools", name)),
    ...resources.map(({ uri }) => itemKey("resources", uri)),
    ...resourceTemplates.map(({ uriTemplate }) => itemKey("resourceTemplates", uriTemplate)),
    ...prompts.map(({ name }) => itemKey("prompts", name)),
  ]);
}

/** Whether a tool says that it changes nothing. Untrusted. */
export function isReadOnly({ annotations }: ToolSpec): boolean {
  if (typeof annotations !== "object" || annotations === null || Array.isArray(annotations)) return false;
  const { readOnlyHint, destructiveHint } = annotations as JsonObject;
  return readOnlyHint === true && destructiveHint !== true;
}

/** Keeps the whole name, its number included: two names that differ have type names that differ. */
function typeBaseOf(name: string): string {
  const bare = name.replace(/^_/, "");
  return /^\d/.test(bare) ? `T${bare}` : bare.charAt(0).toUpperCase() + bare.slice(1);
}

/**
 * Dot segments would be resolved by any URL parser, percent-encoded or not; half a surrogate pair cannot be encoded at all, and a percent sign
 * is decoded twice by too many.
 */
function segment(name: string, otherwise: string): string {
  const isSayable = wellFormed(name) === name && !/^\.*$|%/.test(name);
  return isSayable ? encodeURIComponent(name) : otherwise;
}

function slug(name: string, fallback: string): string {
  const joined = words(name)
    .map((word) => word.toLowerCase())
    .join("-")
    .slice(0, 100);
  return joined === "" ? fallback : joined;
}

/** `Dynamic Text Resource` → `Dynamic Text`: what kind of thing it is, the place it stands in says. */
export function withoutKind(name: string): string {
  const all = words(name);
  const kept = all.findLastIndex((word) => !/^(?:resource|template)s?$/i.test(word));
  return kept < 0 || kept === all.length - 1 ? name : all.slice(0, kept + 1).join(" ");
}
