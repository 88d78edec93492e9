import { annotationsChanged, verbOf } from "./diff-annotation.js";
import { quoted } from "./finding.js";
import type { Finding, RuleId } from "./diff-rule.js";
import { compareSchemas } from "./diff-schema.js";
import { textsGained } from "./diff-text.js";
import { isObject } from "./member.js";
import { canonicalJson } from "./order.js";
import type { Json, JsonObject } from "./spec.js";

/** The same item before and after, with where each stands. */
export interface ItemPair {
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly pointers: readonly [string, string];
}

/** Members of a tool, resource, template or prompt that are compared by themselves. */
const MEMBER_RULES: Readonly<Record<string, RuleId>> = {
  ...{ title: "TITLE_CHANGED", description: "DESCRIPTION_CHANGED", icons: "ICONS_CHANGED", _meta: "META_CHANGED" },
};

type Handler = (pair: ItemPair) => Finding[];

const TOOL: Readonly<Record<string, Handler>> = {
  inputSchema: (pair) => schemas("INPUT", "inputSchema", pair),
  outputSchema: (pair) => outputs(pair),
  annotations: (pair) => toolAnnotations(pair),
  execution: (pair) => taskSupport(pair),
};
const RESOURCE: Readonly<Record<string, Handler>> = {
  name: (pair) => [changed("TITLE_CHANGED", "name", pair)],
  mimeType: (pair) => [
    changed(pair.before["mimeType"] === undefined ? "MIME_TYPE_ADDED" : "MIME_TYPE_CHANGED", "mimeType", pair),
  ],
  annotations: (pair) => [changed("ANNOTATION_CHANGED", "annotations", pair)],
};
const PROMPT: Readonly<Record<string, Handler>> = { arguments: (pair) => promptArguments(pair) };

export const itemsChanged = {
  tools: (pair: ItemPair): Finding[] => compared(pair, TOOL),
  resources: (pair: ItemPair): Finding[] => compared(pair, RESOURCE),
  resourceTemplates: (pair: ItemPair): Finding[] => compared(pair, RESOURCE),
  prompts: (pair: ItemPair): Finding[] => compared(pair, PROMPT),
} as const;

function compared(pair: ItemPair, handlers: Readonly<Record<string, Handler>>): Finding[] {
  const { before, after, pointers } = pair;
  const found = textsGained(before, after, pointers[1]);
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isSame(before[key], after[key])) continue;
    const handler = Object.hasOwn(handlers, key) ? handlers[key] : undefined;
    const rule = Object.hasOwn(MEMBER_RULES, key) ? MEMBER_RULES[key] : undefined;
    found.push(...(handler ? handler(pair) : [changed(rule ?? "MEMBER_CHANGED", key, pair)]));
  }
  return found;
}

export const isSame = (a: Json | undefined, b: Json | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));

/** A member that came, went or is another, of the item or of the member `within` it. */
function changed(rule: RuleId, key: string, { before, after, pointers }: ItemPair): Finding {
  const [from, to] = [before[key], after[key]];
  const place =
    to === undefined
      ? ({ in: "before", pointer: pointers[0] } as const)
      : ({ in: "after", pointer: pointers[1] } as const);
  return {
    ...{ rule, in: place.in, pointer: `${place.pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}` },
    message: `its ${NOUN.get(key) ?? quoted(key)} ${verbOf(from, to)}`,
    ...(from === undefined ? {} : { before: from }),
    ...(to === undefined ? {} : { after: to }),
  };
}

const NOUN = new Map([
  ...["title", "description", "name", "icons", "annotations", "_meta"].map((key) => [key, key] as const),
  ["mimeType", "MIME type"],
]);

function schemas(direction: "INPUT" | "OUTPUT", key: string, { before, after, pointers }: ItemPair): Finding[] {
  const was = { schema: before[key] as JsonObject, pointer: `${pointers[0]}/${key}` };
  const is = { schema: after[key] as JsonObject, pointer: `${pointers[1]}/${key}` };
  return [...compareSchemas(direction, was, is), ...annotationsChanged(direction, was, is)];
}

function outputs(pair: ItemPair): Finding[] {
  const { before, after } = pair;
  if (before["outputSchema"] === undefined)
    return [{ ...changed("OUTPUT_SCHEMA_ADDED", "outputSchema", pair), message: "its results now have a schema" }];
  if (after["outputSchema"] === undefined)
    return [
      { ...changed("OUTPUT_SCHEMA_REMOVED", "outputSchema", pair), message: "its results no longer have a schema" },
    ];
  return schemas("OUTPUT", "outputSchema", pair);
}

/** What a hint means where it is not given, and the rules for when it becomes true and when it no longer is. Source: MCP schema, `ToolAnnotations`. */
const HINTS: Readonly<Record<string, { readonly absent: boolean; readonly gained: RuleId; readonly lost: RuleId }>> = {
  readOnlyHint: { absent: false, gained: "ANNOTATION_READONLY_GAINED", lost: "ANNOTATION_READONLY_LOST" },
  destructiveHint: { absent: true, gained: "ANNOTATION_DESTRUCTIVE_GAINED", lost: "ANNOTATION_DESTRUCTIVE_LOST" },
  idempotentHint: { absent: false, gained: "ANNOTATION_IDEMPOTENT_GAINED", lost: "ANNOTATION_IDEMPOTENT_LOST" },
  openWorldHint: { absent: true, gained: "ANNOTATION_OPEN_WORLD_GAINED", lost: "ANNOTATION_OPEN_WORLD_LOST" },
};

function toolAnnotations({ before, after, pointers }: ItemPair): Finding[] {
  const [was, is] = [before, after].map(({ annotations }) => (isObject(annotations) ? annotations : {})) as [
    JsonObject,
    JsonObject,
  ];
  const inner: ItemPair = {
    before: was,
    after: is,
    pointers: [`${pointers[0]}/annotations`, `${pointers[1]}/annotations`],
  };
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) => {
    if (isSame(was[key], is[key])) return [];
    const hint = Object.hasOwn(HINTS, key) ? HINTS[key] : undefined;
    if (!hint) return [changed(key === "title" ? "TITLE_CHANGED" : "ANNOTATION_CHANGED", key, inner)];
    // A tool that only reads is neither destructive nor idempotent: those hints say nothing then.
    const valueIn = (all: JsonObject): boolean => (typeof all[key] === "boolean" ? all[key] : hint.absent);
    const [from, to] = [valueIn(was), valueIn(is)];
    if (from === to) return [changed("ANNOTATION_CHANGED", key, inner)];
    const rule = to ? hint.gained : hint.lost;
    const silent = key !== "readOnlyHint" && key !== "openWorldHint" && is["readOnlyHint"] === true;
    const told = changed(silent ? "ANNOTATION_CHANGED" : rule, key, inner);
    return [
      {
        ...told,
        message: `${key} was ${String(from)}${was[key] === undefined ? " (not given)" : ""}, and is now ${String(to)}${is[key] === undefined ? " (not given)" : ""}`,
      },
    ];
  });
}

/** Source: MCP schema, `ToolExecution`. Absent means forbidden. */
function taskSupport(pair: ItemPair): Finding[] {
  const modeOf = ({ execution }: JsonObject): string => {
    const mode = isObject(execution) ? execution["taskSupport"] : undefined;
    return typeof mode === "string" ? mode : "forbidden";
  };
  const [from, to] = [modeOf(pair.before), modeOf(pair.after)];
  const rule =
    from === to
      ? "MEMBER_CHANGED"
      : to === "required"
        ? "TASK_SUPPORT_REQUIRED"
        : to === "forbidden"
          ? "TASK_SUPPORT_LOST"
          : "TASK_SUPPORT_GAINED";
  const told = changed(rule, "execution", pair);
  return [
    from === to ? told : { ...told, message: `calling it as a task was ${quoted(from)}, and is now ${quoted(to)}` },
  ];
}

function promptArguments({ before, after, pointers }: ItemPair): Finding[] {
  const listOf = (prompt: JsonObject, at: string): Map<string, { one: JsonObject; pointer: string }> =>
    new Map(
      ((prompt["arguments"] ?? []) as readonly JsonObject[]).map((one, i) => [
        one["name"] as string,
        { one, pointer: `${at}/arguments/${i}` },
      ]),
    );
  const [was, is] = [listOf(before, pointers[0]), listOf(after, pointers[1])];
  const found: Finding[] = [];
  for (const [name, { pointer }] of was)
    if (!is.has(name))
      found.push({
        rule: "PROMPT_ARGUMENT_REMOVED",
        in: "before",
        pointer,
        message: `the argument ${quoted(name)} was removed`,
      });
  for (const [name, { one, pointer }] of is) {
    const old = was.get(name);
    const required = one["required"] === true;
    if (!old) {
      const rule = required ? "PROMPT_ARGUMENT_REQUIRED_ADDED" : "PROMPT_ARGUMENT_ADDED";
      found.push({
        rule,
        in: "after",
        pointer,
        message: `the argument ${quoted(name)} was added${required ? ", and is required" : ""}`,
      });
      continue;
    }
    const inner: ItemPair = { before: old.one, after: one, pointers: [old.pointer, pointer] };
    for (const key of new Set([...Object.keys(old.one), ...Object.keys(one)])) {
      if (isSame(old.one[key], one[key])) continue;
      if (key !== "required") {
        const told = changed(MEMBER_RULES[key] ?? "MEMBER_CHANGED", key, inner);
        found.push({ ...told, message: `of the argument ${quoted(name)}, ${told.message}` });
      } else if (required !== (old.one["required"] === true)) {
        const rule = required ? "PROMPT_ARGUMENT_REQUIRED_ADDED" : "PROMPT_ARGUMENT_REQUIRED_REMOVED";
        found.push({
          rule,
          in: "after",
          pointer,
          message: `the argument ${quoted(name)} is ${required ? "now" : "no longer"} required`,
        });
      }
    }
  }
  return found;
}
