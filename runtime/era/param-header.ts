import { isObject, type Members } from "./envelope.js";

/** A parameter of a tool that its calls repeat in a header. */
export interface ParamHeader {
  /** What follows `Mcp-Param-`, as declared. */
  readonly name: string;
  /** Names of members from `arguments` down. */
  readonly path: readonly string[];
  readonly type: "string" | "integer" | "boolean";
}

/** The annotation of a schema. Source: MCP 2026-07-28, Streamable HTTP, "Schema Extension". */
export const ANNOTATION = "x-mcp-header";

/** RFC 9110, 5.1: `1*tchar`. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/;
/** Headers of one tool; HTTP has no room for more. */
const MAX_HEADERS = 50;
/** Schema nodes that are looked at, and how deep a parameter may lie. */
const MAX_NODES = 100_000;
const MAX_PATH = 64;

export type ParamHeaders = { readonly headers: readonly ParamHeader[] } | { readonly invalid: string };

/**
 * The headers that an input schema declares, or why its tool must not be offered over HTTP. Annotations count only where a chain of
 * `properties` leads; one anywhere else spoils the tool. Never throws. Iterative: depth costs no stack.
 */
export function paramHeadersOf(inputSchema: unknown): ParamHeaders {
  const headers: ParamHeader[] = [];
  const taken = new Set<string>();
  const todo: Node[] = [{ schema: inputSchema, path: [] }];
  let seen = 0;
  for (let node = todo.pop(); node; node = todo.pop()) {
    if (++seen > MAX_NODES) return { invalid: `its schema has more than ${MAX_NODES} parts` };
    const { schema, path } = node;
    if (Array.isArray(schema)) for (const one of schema) todo.push({ schema: one, path: undefined });
    if (!isObject(schema)) continue;
    if (Object.hasOwn(schema, ANNOTATION)) {
      const header = headerOf(schema, path, taken);
      if (typeof header === "string") return { invalid: header };
      if (headers.push(header) > MAX_HEADERS) return { invalid: `it declares more than ${MAX_HEADERS} headers` };
    }
    for (const [keyword, value] of Object.entries(schema)) {
      if (DATA.has(keyword)) continue;
      const named = NAMED_SCHEMAS.has(keyword) && isObject(value);
      if (!named) todo.push({ schema: value, path: undefined });
      else
        for (const [name, one] of Object.entries(value))
          todo.push({
            schema: one,
            path: keyword === "properties" && path && path.length < MAX_PATH ? [...path, name] : undefined,
          });
    }
  }
  return { headers };
}

interface Node {
  readonly schema: unknown;
  /** `undefined`: not reached by `properties` alone. */
  readonly path: readonly string[] | undefined;
}

/** Keywords whose members are named schemas: a member's name there is no keyword. */
const NAMED_SCHEMAS = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]);

/** Keywords whose values are instances, not schemas. */
const DATA = new Set(["const", "enum", "default", "examples", ANNOTATION]);

function headerOf(schema: Members, path: Node["path"], taken: Set<string>): ParamHeader | string {
  const { [ANNOTATION]: name, type } = schema;
  if (!path || path.length === 0) return `${ANNOTATION} stands where no chain of "properties" leads`;
  if (typeof name !== "string" || !TOKEN.test(name)) return `${ANNOTATION} is no name of an HTTP header`;
  if (type !== "string" && type !== "integer" && type !== "boolean")
    return `${ANNOTATION} stands at a parameter that is no string, integer or boolean`;
  const folded = name.toLowerCase();
  if (taken.has(folded)) return `${ANNOTATION} names one header twice`;
  taken.add(folded);
  return { name, path, type };
}

/** What a call's header says, before it is encoded. `undefined`: no header, for want of a value that has a text. */
export function paramText(args: unknown, { path }: ParamHeader): string | undefined {
  let value = args;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  // An integer that JavaScript does not hold exactly has been rounded: its text is not known any more.
  if (typeof value !== "number" || (Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined;
  return String(value);
}

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** Whether a header, decoded, says what the call does. Integers are compared as numbers: `42.0` is `42`. */
export const sameParam = (header: string, text: string, { type }: ParamHeader): boolean =>
  header === text ||
  (type === "integer" && DECIMAL.test(header) && DECIMAL.test(text) && Number(header) === Number(text));
