import type { ServerSpec, ToolSpec } from "./spec.js";
import { camel, pascal, words } from "./words.js";

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

/** The one planner of TypeScript names. Depends on nothing but the ordered lists of the spec. Source: schemas.md §10 and finding 26. */
export function planNames(spec: ServerSpec): Names {
  const types = new Set<string>();
  const tools = assign(
    spec.tools.map(({ name }) => name),
    { fallback: "tool", suffixes: ["Input", "Output"], types, reserved: [] },
  );
  const prompts = assign(
    spec.prompts.map(({ name }) => name),
    { fallback: "prompt", suffixes: ["Arguments"], types, reserved: [] },
  );
  const templates = assign(
    spec.resourceTemplates.map(({ name }) => withoutKind(name)),
    { fallback: "template", suffixes: ["Variables"], types, reserved: ["read"] },
  );
  const resources = assign(
    spec.resources.map(({ name }) => withoutKind(name)),
    { fallback: "resource", suffixes: [], types, reserved: ["read"] },
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

interface Scope {
  readonly fallback: string;
  /** A name is free only if the type names that it brings are. */
  readonly suffixes: readonly string[];
  /** Type names taken by all lists so far. */
  readonly types: Set<string>;
  readonly reserved: readonly string[];
}

function assign(originals: readonly string[], scope: Scope): { readonly method: string; readonly typeBase: string }[] {
  const own = new Set(originals);
  const methods = new Set(scope.reserved);
  const nextOf = new Map<string, number>();
  const wishes = originals.map((name, index) => ({
    ...{ name, index },
    method: unreserved(camel(name, scope.fallback)),
    typeBase: pascal(name, pascal(scope.fallback, "T")),
  }));
  const assigned: { method: string; typeBase: string }[] = [];
  // Names that are fit as they are come first, so that a clean name never loses to one made clean.
  for (const isExact of [true, false])
    for (const wish of wishes) {
      if ((wish.method === wish.name) !== isExact) continue;
      for (let n = nextOf.get(wish.method) ?? 1; ; n++) {
        const number = n === 1 ? "" : String(n);
        const method = wish.method + number;
        const typeBase = wish.typeBase + number;
        const types = scope.suffixes.map((suffix) => typeBase + suffix);
        // Methods stand beside the originals in one table.
        if (methods.has(method) || (method !== wish.name && own.has(method))) continue;
        if (types.some((type) => scope.types.has(type))) continue;
        methods.add(method);
        for (const type of types) scope.types.add(type);
        nextOf.set(wish.method, n + 1);
        assigned[wish.index] = { method, typeBase };
        break;
      }
    }
  return assigned;
}

/** `Dynamic Text Resource` → `Dynamic Text`: what kind of thing it is, the place it stands in says. */
function withoutKind(name: string): string {
  const all = words(name);
  const kept = all.findLastIndex((word) => !/^(?:resource|template)s?$/i.test(word));
  return kept < 0 || kept === all.length - 1 ? name : all.slice(0, kept + 1).join(" ");
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
