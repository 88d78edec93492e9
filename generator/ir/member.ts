import { kindOf, type Findings } from "./finding.js";
import { pointerStep } from "./walk.js";

export type Members = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export type ListName = "tools" | "resources" | "resourceTemplates" | "prompts";

type MemberType = "string" | "number" | "boolean" | "object" | "array";

/** Members that the MCP schema gives a type, beside the one that names the item. */
type Table = Readonly<Record<string, MemberType>>;

const TEXTS = { title: "string", description: "string" } as const;
const EXTRAS = { annotations: "object", icons: "array", _meta: "object" } as const;
const RESOURCE = { name: "string", ...TEXTS, mimeType: "string", size: "number", ...EXTRAS } as const;

export interface ItemKind {
  readonly noun: string;
  /** The member by which one item is told from another. */
  readonly key: string;
  readonly members: Table;
}

/** Source: MCP schema, `Tool`, `Resource`, `ResourceTemplate`, `Prompt`. */
export const ITEM_KINDS: Readonly<Record<ListName, ItemKind>> = {
  tools: { noun: "tool", key: "name", members: { ...TEXTS, ...EXTRAS, execution: "object" } },
  resources: { noun: "resource", key: "uri", members: RESOURCE },
  resourceTemplates: { noun: "resource template", key: "uriTemplate", members: RESOURCE },
  prompts: { noun: "prompt", key: "name", members: { ...TEXTS, arguments: "array", icons: "array", _meta: "object" } },
};

const ARGUMENT: Table = { ...TEXTS, required: "boolean" };
export const SERVER: Table = { ...TEXTS, websiteUrl: "string", icons: "array" };

/** `item` without the members whose type is wrong. `null` counts as left out, as many servers mean it. */
export function checkMembers(item: Members, table: Table, pointer: string, found: Findings): Members {
  const wrong = new Set<string>();
  for (const [member, type] of Object.entries(table)) {
    if (!Object.hasOwn(item, member) || typeOf(item[member]) === type) continue;
    wrong.add(member);
    if (item[member] === null) continue;
    const text = `"${member}" is ${kindOf(item[member])}, not of type ${type}: left out`;
    found.add("warning", "member-invalid", pointer + pointerStep(member), text);
  }
  if (wrong.size === 0) return item;
  return Object.fromEntries(Object.entries(item).filter(([member]) => !wrong.has(member)));
}

/** The arguments of a prompt that can be used: named, each name once. */
export function checkArguments(given: readonly unknown[], pointer: string, found: Findings): readonly Members[] {
  const names = new Set<string>();
  const kept: Members[] = [];
  for (const argument of given) {
    const name = isObject(argument) ? argument["name"] : undefined;
    if (!isObject(argument) || typeof name !== "string" || names.has(name)) {
      const why = typeof name === "string" ? "has the name of another" : "has no name";
      found.add("warning", "member-invalid", pointer, `an argument of the prompt ${why}: left out`);
      continue;
    }
    names.add(name);
    kept.push(checkMembers(argument, ARGUMENT, `${pointer}/${kept.length}`, found));
  }
  return kept;
}

function typeOf(value: unknown): MemberType | undefined {
  if (Array.isArray(value)) return "array";
  if (isObject(value)) return "object";
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" ? type : undefined;
}
