import { openLock, type Lock } from "./lock.js";
import { itemKey, withoutKind } from "./route.js";
import type { ServerSpec, ToolSpec } from "./spec.js";
import { camel, pascal } from "./words.js";

/** TypeScript names of one tool. `method` and `typeBase` carry the same number where names had to be told apart. */
export interface ToolNames {
  /** As the server calls it. */
  readonly name: string;
  /** `get-sum` → `getSum`: an identifier, no reserved word, no other tool's own name. */
  readonly method: string;
  /** `GetSum`. No type is called so; `<typeBase>_<Def>` are the definitions of its schemas. */
  readonly typeBase: string;
  /** `GetSumInput`. */
  readonly input: string;
  /** `GetSumOutput`; absent where the tool has no output schema. */
  readonly output?: string;
}

export interface PromptNames {
  readonly name: string;
  readonly method: string;
  readonly typeBase: string;
  /** `SimplePromptArguments`. */
  readonly arguments: string;
}

export interface TemplateNames {
  readonly name: string;
  readonly uriTemplate: string;
  readonly method: string;
  readonly typeBase: string;
  /** `DynamicTextVariables`. */
  readonly variables: string;
}

export interface ResourceNames {
  readonly name: string;
  readonly uri: string;
  readonly method: string;
}

/** One entry for each entry of the spec's lists, in the same order. All type names are distinct, methods are distinct in each list. */
export interface Names {
  readonly tools: readonly ToolNames[];
  readonly prompts: readonly PromptNames[];
  readonly resourceTemplates: readonly TemplateNames[];
  readonly resources: readonly ResourceNames[];
}

/** The one planner of TypeScript names. Depends on the ordered lists of the spec and the lock. Source: schemas.md §10 and finding 26. */
export function planNames(spec: ServerSpec, lock: Lock = openLock()): Names {
  const tools = assign(
    spec.tools.map(({ name }) => ({ key: itemKey("tools", name), name })),
    { lock, owner: "tools", fallback: "tool", suffixes: ["Input", "Output"], reserved: [] },
  );
  const prompts = assign(
    spec.prompts.map(({ name }) => ({ key: itemKey("prompts", name), name })),
    { lock, owner: "prompts", fallback: "prompt", suffixes: ["Arguments"], reserved: [] },
  );
  const templates = assign(
    spec.resourceTemplates.map(({ name, uriTemplate }) => ({
      ...{ key: itemKey("resourceTemplates", uriTemplate), name: withoutKind(name) },
    })),
    { lock, owner: "resourceTemplates", fallback: "template", suffixes: ["Variables"], reserved: ["read"] },
  );
  const resources = assign(
    spec.resources.map(({ name, uri }) => ({ key: itemKey("resources", uri), name: withoutKind(name) })),
    { lock, owner: "resources", fallback: "resource", suffixes: [], reserved: ["read"] },
  );
  return {
    tools: tools.map(({ method, typeBase }, i) => {
      const tool = spec.tools[i];
      const output = tool !== undefined && hasOutput(tool) ? { output: `${typeBase}Output` } : {};
      return { name: tool?.name ?? "", method, typeBase, input: `${typeBase}Input`, ...output };
    }),
    prompts: prompts.map(({ method, typeBase }, i) => {
      return { name: spec.prompts[i]?.name ?? "", method, typeBase, arguments: `${typeBase}Arguments` };
    }),
    resourceTemplates: templates.map(({ method, typeBase }, i) => {
      const { name = "", uriTemplate = "" } = spec.resourceTemplates[i] ?? {};
      return { name, uriTemplate, method, typeBase, variables: `${typeBase}Variables` };
    }),
    resources: resources.map(({ method }, i) => {
      const { name = "", uri = "" } = spec.resources[i] ?? {};
      return { name, uri, method };
    }),
  };
}

/** Whether the tool promises `structuredContent` of a schema. */
export function hasOutput(tool: ToolSpec): boolean {
  const schema = tool["outputSchema"];
  return typeof schema === "boolean" || (typeof schema === "object" && schema !== null && !Array.isArray(schema));
}

interface Group {
  readonly lock: Lock;
  readonly owner: string;
  readonly fallback: string;
  /** A name is free only if the type names that it brings are. */
  readonly suffixes: readonly string[];
  readonly reserved: readonly string[];
}

function assign(
  items: readonly { readonly key: string; readonly name: string }[],
  { lock, owner, fallback, suffixes, reserved }: Group,
): { readonly method: string; readonly typeBase: string }[] {
  const nameOf = new Map(items.map(({ key, name }) => [key, name]));
  const own = new Set(nameOf.values());
  const wishes = items.map(({ key, name }) => {
    const base = unreserved(camel(name, fallback));
    return { key, base, exact: base === name, type: pascal(name, pascal(fallback, "T")) };
  });
  const typeOf = new Map(wishes.map(({ key, base, type }) => [key, { base, type }]));
  const typeBaseOf = (method: string, key: string): string => {
    const { base = method, type = pascal(method, "T") } = typeOf.get(key) ?? {};
    const number = method.startsWith(base) ? method.slice(base.length) : undefined;
    return number !== undefined && /^\d*$/.test(number) ? type + number : pascal(method, "T");
  };
  const methods = lock.names({ target: "typescript", owner }, wishes, {
    claims: (method, { key }) => [`method ${method}`, ...suffixes.map((suffix) => typeBaseOf(method, key) + suffix)],
    // Methods stand beside the originals in one table.
    avoid: (method, { key }) => own.has(method) && nameOf.get(key) !== method,
    taken: reserved.map((method) => `method ${method}`),
  });
  return wishes.map(({ key }, i) => {
    const method = methods[i] ?? "";
    return { method, typeBase: typeBaseOf(method, key) };
  });
}

const RESERVED: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static super switch " +
    // An object with `then` is taken for a promise, one with `toJSON` for a value that writes itself.
    "then this throw toJSON true try typeof undefined var void while with yield"
  ).split(" "),
);

function unreserved(name: string): string {
  return RESERVED.has(name) || name in Object.prototype ? `${name}_` : name;
}
