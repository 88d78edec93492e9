import { GeneratorError } from "../errors.js";
import type { Diagnostic, JsonObject, ServerSpec } from "../ir/spec.js";

const LISTS = {
  tools: (item: JsonObject) => [item.name],
  resources: (item: JsonObject) => [item.name, item.uri],
  resourceTemplates: (item: JsonObject) => [item.name, item.uriTemplate],
  prompts: (item: JsonObject) => [item.name],
} as const;

type ListName = keyof typeof LISTS;

export interface Globs {
  /** Empty: everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * The spec with only those items whose name (or URI, for resources) matches a glob of `include` and none of `exclude`. Diagnostics move with
 * their items. Throws GeneratorError `usage` on a glob that matches nothing: it is a slip, or the server has changed.
 */
export function filterSpec(spec: ServerSpec, { include, exclude }: Globs): ServerSpec {
  if (include.length === 0 && exclude.length === 0) return spec;
  const matchers = [...include, ...exclude].map((glob) => ({ glob, matches: matcher(glob), used: false }));
  const included = matchers.slice(0, include.length);
  const excluded = matchers.slice(include.length);
  const keeps = (names: readonly unknown[]): boolean => {
    const hit = (list: typeof matchers): boolean => {
      const hits = list.filter(({ matches }) => names.some((name) => typeof name === "string" && matches(name)));
      for (const one of hits) one.used = true;
      return hits.length > 0;
    };
    const wanted = hit(included);
    const unwanted = hit(excluded);
    return (wanted || included.length === 0) && !unwanted;
  };

  const places = new Map<string, number>();
  const pick = <T extends JsonObject>(list: ListName, items: readonly T[]): T[] => {
    const kept: T[] = [];
    items.forEach((item, i) => {
      if (!keeps(LISTS[list](item))) return;
      places.set(`${list}/${i}`, kept.length);
      kept.push(item);
    });
    return kept;
  };
  const filtered = {
    ...spec,
    tools: pick("tools", spec.tools),
    resources: pick("resources", spec.resources),
    resourceTemplates: pick("resourceTemplates", spec.resourceTemplates),
    prompts: pick("prompts", spec.prompts),
  };
  const idle = matchers.find(({ used }) => !used);
  if (idle)
    throw new GeneratorError("usage", `the glob "${idle.glob}" matches nothing`, {
      why: "no tool, resource, template or prompt has such a name",
      hint: "run mcpgen inspect for the names; * stands for any text, ? for one character",
    });
  return { ...filtered, diagnostics: spec.diagnostics.flatMap((diagnostic) => moved(diagnostic, places)) };
}

function moved(diagnostic: Diagnostic, places: ReadonlyMap<string, number>): Diagnostic[] {
  const [, list, index, rest = ""] = /^\/([A-Za-z]+)\/(\d+)(\/.*)?$/s.exec(diagnostic.pointer) ?? [];
  if (list === undefined || index === undefined || !Object.hasOwn(LISTS, list)) return [diagnostic];
  const place = places.get(`${list}/${index}`);
  return place === undefined ? [] : [{ ...diagnostic, pointer: `/${list}/${place}${rest}` }];
}

/** `*` is any text, `?` one character; the rest stands for itself. Linear in the text but for the number of stars. */
function matcher(glob: string): (name: string) => boolean {
  const pattern = Array.from(glob.replace(/\*+/g, "*"), (c) =>
    c === "*" ? "[^]*" : c === "?" ? "[^]" : c.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"),
  );
  const regexp = new RegExp(`^${pattern.join("")}$`, "u");
  return (name) => regexp.test(name);
}
