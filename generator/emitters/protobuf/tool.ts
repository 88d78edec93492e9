import { itemKey } from "../../ir/route.js";
import type { Lock } from "../../ir/lock.js";
import type { Model } from "../../ir/shape.js";
import { messageBlock, isShared, type Block } from "./block.js";
import { enumeration, zeroName, type Enumeration } from "./enum.js";
import { elementId, elementOf, fieldType, type Element } from "./field-type.js";
import { nextElements, objectMessage, unionMessage, type Message } from "./message.js";
import { enumPrefix } from "./name.js";
import { byNumber, numberFields, type FieldDraft } from "./number.js";
import type { EnumPlan, FieldPlan, MessagePlan } from "./plan.js";
import { printEnum } from "./print.js";
import { requestName, responseName, rootType, type ToolModels, type TypeNames } from "./type-name.js";
import { wrapperMessage } from "./wrapper.js";

/** What is planned of a package so far. */
export interface Package {
  readonly lock: Lock;
  readonly names: TypeNames;
  readonly marksEmpty: boolean;
  readonly enumerations: ReadonlyMap<string, Enumeration>;
  readonly messages: Map<string, MessagePlan>;
  readonly enums: Map<string, EnumPlan>;
  /** Wrappers that know no tool, by name. */
  readonly shared: Map<string, Message>;
}

export interface ToolBlocks {
  readonly models: ToolModels;
  /** Request, its types, response, its types. */
  readonly blocks: readonly Block[];
  readonly structuredContent: FieldPlan;
}

/** All enums of all tools, by their id. Those with a short prefix first: `SORT_ORDER_ASC` may be a value of `Sort` or of `SortOrder`. */
export function enumerations(tools: readonly ToolModels[], names: TypeNames, lock: Lock): Map<string, Enumeration> {
  const all = tools
    .flatMap(({ input, output }) => [...input.types.values(), ...(output?.types.values() ?? [])])
    .flatMap((type) => (type.kind === "enum" ? [{ type, name: names.nameOf({ kind: "named", type }) }] : []))
    .map((one) => ({ ...one, length: enumPrefix(one.name).length }))
    .sort((a, b) => a.length - b.length);
  const taken = new Set(all.map(({ name }) => zeroName(name)));
  return new Map(all.map(({ type, name }) => [type.key, enumeration(type, { name, lock, taken })]));
}

export function planTool(models: ToolModels, into: Package): ToolBlocks {
  const { input, output, route } = models;
  const request = requestMessage(models, into);
  const fields = numberFields(responseName(route), responseDrafts(output), into);
  const ordered = byNumber(fields.fields);
  const response: Message = {
    plan: { kind: "object", name: responseName(route), fields: ordered.map(({ plan }) => plan) },
    ...{ fields: ordered, reserved: fields.reserved },
  };
  const structuredContent = fields.fields.find(({ draft }) => draft.member === "structuredContent")?.plan;
  if (!structuredContent) throw new Error(`no structured content in the response of ${itemKey("tools", route.target)}`);
  const root = rootType(input);
  const seen = new Set(root && root.kind !== "enum" ? [root.key] : []);
  return {
    ...{ models, structuredContent },
    blocks: [
      ...[add(request, into), ...typeBlocks(nextElements(request), { model: input, seen }, into)],
      ...[add(response, into), ...typeBlocks(nextElements(response), { model: output ?? input, seen }, into)],
    ],
  };
}

/** The arguments: an object or a union as the message itself, anything else in its one field. */
function requestMessage({ route, input }: ToolModels, into: Package): Message {
  const setting = { ...into, name: requestName(route), model: input };
  const type = rootType(input);
  if (type?.kind === "object") return objectMessage(type, setting);
  if (type?.kind === "union") return unionMessage(type, setting);
  if (isEmptyObject(input)) {
    const empty = { kind: "object", key: `${route.key}/input`, words: [], properties: [] } as const;
    return objectMessage({ ...empty, additional: "undeclared" }, setting);
  }
  const { shape } = input.root;
  const struct: Element = { kind: "any", name: "Struct", reason: "free" };
  const field = shape.kind === "map" ? fieldType({ ...input.root, isNullable: false }, input) : undefined;
  const draft: FieldDraft = {
    ...{ member: "", key: "#arguments", base: "arguments", label: "one", element: struct },
    ...field,
  };
  const { fields, reserved } = numberFields(setting.name, [draft], into);
  const plan: MessagePlan = { kind: "wrapper", name: setting.name, fields: fields.map((one) => one.plan) };
  return { plan, fields, reserved };
}

/** `{"type": "object", "properties": {}}` says that there are no arguments; `{"type": "object"}` does not say which there are. */
function isEmptyObject({ root: { schema, shape } }: Model): boolean {
  if (shape.kind !== "free" || typeof schema === "boolean") return false;
  const { type, properties, ...others } = schema;
  const isOpen = ["additionalProperties", "patternProperties", "$ref", "allOf"].some(
    (key) => others[key] !== undefined,
  );
  return type === "object" && typeof properties === "object" && properties !== null && !isOpen;
}

/** Source: MCP schema, `CallToolResult`. */
function responseDrafts(output: Model | undefined): readonly FieldDraft[] {
  const open: Element = { kind: "any", name: "Value", reason: "no output schema" };
  const element = output ? elementOf(output.root, output) : open;
  const use = output?.root;
  return [
    { member: "isError", base: "is_error", label: "one", element: { kind: "scalar", name: "bool" } },
    { member: "content", base: "content", label: "list", element: { kind: "content", name: "ContentBlock" } },
    {
      ...{ member: "structuredContent", base: "structured_content", label: "one", element },
      isOptional: element.kind === "scalar" || (element.kind === "named" && element.type.kind === "enum"),
      ...(use && { use }),
    },
    { member: "_meta", base: "meta", label: "one", element: { kind: "any", name: "Struct", reason: "meta" } },
  ];
}

/** The types that elements lead to, each once, in the order of first use. */
function typeBlocks(
  elements: readonly Element[],
  { model, seen }: { readonly model: Model; readonly seen: Set<string> },
  into: Package,
): readonly Block[] {
  const { names } = into;
  const blocks: Block[] = [];
  const waiting = [...elements].reverse();
  for (let element = waiting.pop(); element; element = waiting.pop()) {
    if (element.kind !== "named" && element.kind !== "wrapped") continue;
    if (isShared(element)) {
      addShared(element, into);
      continue;
    }
    const id = elementId(element);
    if (seen.has(id)) continue;
    seen.add(id);
    const enumerated = into.enumerations.get(id);
    if (enumerated) {
      into.enums.set(enumerated.plan.name, enumerated.plan);
      blocks.push({ text: printEnum(enumerated), needs: [] });
      continue;
    }
    const message = messageOf(element, { ...into, name: names.nameOf(element), model });
    if (!message) continue;
    blocks.push(add(message, into));
    waiting.push(...[...nextElements(message)].reverse());
  }
  return blocks;
}

function messageOf(element: Element, setting: Parameters<typeof objectMessage>[1]): Message | undefined {
  if (element.kind === "wrapped") return wrapperMessage(element, setting);
  if (element.kind !== "named") return undefined;
  if (element.type.kind === "object") return objectMessage(element.type, setting);
  return element.type.kind === "union" ? unionMessage(element.type, setting) : undefined;
}

function addShared(element: Element, into: Package): void {
  for (let at = element; at.kind === "wrapped"; at = at.of) {
    const name = into.names.nameOf(at);
    if (into.shared.has(name)) return;
    const message = wrapperMessage(at, { ...into, name });
    into.shared.set(name, message);
    into.messages.set(name, message.plan);
  }
}

function add(message: Message, into: Package): Block {
  into.messages.set(message.plan.name, message.plan);
  return messageBlock(message);
}
