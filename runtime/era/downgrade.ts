import { editJson, REMOVE, setTo, type JsonEdits } from "../wire/json-edit.js";
import { joined, OPEN_ARRAY, OPEN_OBJECT } from "../wire/bytes.js";
import { splitBatch } from "../wire/json.js";
import { sliceOf, stringIn } from "../wire/json-slice.js";
import { wrappedSchema } from "./downgrade-schema.js";
import type { Revision } from "./versions.js";

/** The first revision that knows a kind of content. Source: MCP changelogs 2025-03-26 and 2025-06-18. */
const SINCE: Readonly<Record<string, Revision>> = { audio: "2025-03-26", resource_link: "2025-06-18" };

/** Members of content blocks that are not text, and of no block alike. */
const REPLACED = ["data", "mimeType", "uri", "name", "title", "description", "size", "icons"] as const;

const elementsOf = (array: Buffer): readonly Buffer[] => splitBatch([array]).map((parts) => joined(parts));

const arrayOf = (elements: readonly Buffer[]): string => `[${elements.map((one) => one.toString("utf8")).join(",")}]`;

/** The array with some elements exchanged; `undefined` where all stay. */
function exchanged(array: Buffer | undefined, exchange: (element: Buffer) => Buffer | undefined): string | undefined {
  if (array?.[0] !== OPEN_ARRAY) return undefined;
  const elements = elementsOf(array);
  const others = elements.map(exchange);
  if (others.every((other) => other === undefined)) return undefined;
  return arrayOf(elements.map((element, at) => others[at] ?? element));
}

/** A text in place of a content block of a kind that the revision does not know. `undefined`: it knows it. */
function blockFor(block: Buffer, revision: Revision): Buffer | undefined {
  const type = stringIn(sliceOf([block], ["type"]));
  if (type === undefined || !Object.hasOwn(SINCE, type) || revision >= (SINCE[type] ?? "")) return undefined;
  const said = (name: string): string => stringIn(sliceOf([block], [name])) ?? "";
  const text =
    type === "audio"
      ? `[audio ${said("mimeType")}: this client's revision of MCP has no audio]`
      : [`[resource ${said("name")}](${said("uri")})`, said("description")].filter((part) => part !== "").join("\n");
  const gone = Object.fromEntries(REPLACED.map((name) => [name, REMOVE]));
  return joined(editJson([block], { ...gone, type: setTo("text"), text: setTo(text) }));
}

/**
 * What must change in a result of tools/call for a client of a legacy revision. There `structuredContent` is an object: any other
 * value, and every value of a tool whose schema was wrapped, is put under `result`; who reads text alone finds it as text.
 * Empty where nothing must change. Throws RuntimeError `bad_message`.
 */
export function toolResultEdits(result: Buffer, options: { revision: Revision; isWrapped: boolean }): JsonEdits {
  const { revision, isWrapped } = options;
  const content = sliceOf([result], ["content"]);
  let blocks = exchanged(content, (block) => blockFor(block, revision));
  const value = sliceOf([result], ["structuredContent"]);
  const isOther = value !== undefined && value[0] !== OPEN_OBJECT;
  if (isOther && !hasText(content)) {
    const block = JSON.stringify({ type: "text", text: value.toString("utf8") });
    const before = content?.[0] === OPEN_ARRAY ? elementsOf(Buffer.from(blocks ?? content)) : [];
    blocks = arrayOf([...before, Buffer.from(block)]);
  }
  return {
    ...(blocks !== undefined && { content: { set: blocks } }),
    ...(value && (isOther || isWrapped) && { structuredContent: { set: `{"result":${value.toString("utf8")}}` } }),
  };
}

const hasText = (content: Buffer | undefined): boolean =>
  content?.[0] === OPEN_ARRAY && elementsOf(content).some((block) => stringIn(sliceOf([block], ["type"])) === "text");

/** The same for messages with one content each: a result of prompts/get, or what the client's model is to be asked. */
export function messagesEdits(holder: Buffer, revision: Revision): JsonEdits {
  const messages = exchanged(sliceOf([holder], ["messages"]), (message) => {
    const content = sliceOf([message], ["content"]);
    const block = content?.[0] === OPEN_OBJECT ? blockFor(content, revision) : undefined;
    return block && joined(editJson([message], { content: { set: block.toString("utf8") } }));
  });
  return messages === undefined ? {} : { messages: { set: messages } };
}

/**
 * The same for a result of tools/list: an output schema whose root is no object is wrapped, as the values are.
 * `onTool` is told of each tool whether that was done.
 */
export function toolListEdits(result: Buffer, onTool: (name: string, isWrapped: boolean) => void): JsonEdits {
  const tools = exchanged(sliceOf([result], ["tools"]), (tool) => {
    const schema = sliceOf([tool], ["outputSchema"]);
    const isWrapped = schema?.[0] === OPEN_OBJECT && stringIn(sliceOf([schema], ["type"])) !== "object";
    const name = stringIn(sliceOf([tool], ["name"]));
    if (name !== undefined) onTool(name, isWrapped);
    return isWrapped ? joined(editJson([tool], { outputSchema: { set: wrappedSchema(schema) } })) : undefined;
  });
  return tools === undefined ? {} : { tools: { set: tools } };
}
