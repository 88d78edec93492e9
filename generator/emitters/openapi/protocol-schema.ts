import type { JsonObject } from "../../ir/spec.js";
import { SCHEMAS } from "./component.js";

const ref = (name: string): JsonObject => ({ $ref: SCHEMAS + name });
const described = (description: string, schema: JsonObject): JsonObject => ({ description, ...schema });
const listOf = (items: JsonObject): JsonObject => ({ type: "array", items });
const TEXT: JsonObject = { type: "string" };
const BOOLEAN: JsonObject = { type: "boolean" };
const URI: JsonObject = { type: "string", format: "uri" };
const BASE64: JsonObject = { type: "string", contentEncoding: "base64" };
const ANY_OBJECT: JsonObject = { type: "object", additionalProperties: true };

interface Members {
  readonly required?: readonly string[];
  readonly open?: boolean;
}

const object = (
  description: string,
  properties: JsonObject,
  { required = [], open = false }: Members = {},
): JsonObject => ({
  description,
  type: "object",
  properties,
  ...(required.length > 0 && { required }),
  ...(open && { additionalProperties: true }),
});

const META = { _meta: described("What the protocol or a vendor adds.", ANY_OBJECT) };
const NAMED = { name: TEXT, title: described("For people.", TEXT), description: TEXT };
const ICONS = { icons: listOf(ref("Icon")) };
/** Of revision 2026-07-28. Absent means complete. */
const COMPLETE = { resultType: described('Absent means "complete".', { type: "string", const: "complete" }) };
const CACHEABLE = {
  ttlMs: described("How long the answer may be kept, in milliseconds.", { type: "integer", minimum: 0 }),
  cacheScope: described("Whether others may be given the kept answer.", {
    type: "string",
    enum: ["public", "private"],
  }),
};
const PAGE = { nextCursor: described("There is more: the cursor of the next page.", TEXT), ...CACHEABLE };

const variants = (branches: Readonly<Record<string, string>>, description: string): JsonObject => ({
  description,
  oneOf: Object.values(branches).map(ref),
  discriminator: {
    propertyName: "type",
    mapping: Object.fromEntries(Object.entries(branches).map(([tag, name]) => [tag, SCHEMAS + name])),
  },
});

const block = (type: string, description: string, properties: JsonObject, required: readonly string[]): JsonObject =>
  object(
    description,
    { type: { type: "string", const: type }, ...properties, annotations: ref("Annotations"), ...META },
    { required: ["type", ...required] },
  );

const resource = {
  uri: URI,
  ...NAMED,
  mimeType: TEXT,
  size: described("Bytes.", { type: "integer", minimum: 0 }),
  ...ICONS,
};

const list = (member: string, item: string, description: string): JsonObject =>
  object(description, { [member]: listOf(ref(item)), ...PAGE, ...COMPLETE, ...META }, { required: [member] });

/** Shapes of the protocol, of revisions up to 2025-11-25 and of 2026-07-28. Source: MCP schema. */
export const PROTOCOL_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  CallToolResult: object(
    "What a tool answered.",
    {
      content: listOf(ref("ContentBlock")),
      structuredContent: { description: "The answer as data, where the tool gives one." },
      isError: described("The tool itself failed; the content says how.", BOOLEAN),
      ...COMPLETE,
      ...META,
    },
    { required: ["content"] },
  ),
  ContentBlock: variants(
    {
      text: "TextContent",
      image: "ImageContent",
      audio: "AudioContent",
      resource_link: "ResourceLink",
      resource: "EmbeddedResource",
    },
    "A piece of content for a model or a person.",
  ),
  TextContent: block("text", "Text.", { text: TEXT }, ["text"]),
  ImageContent: block("image", "An image.", { data: BASE64, mimeType: TEXT }, ["data", "mimeType"]),
  AudioContent: block("audio", "Sound.", { data: BASE64, mimeType: TEXT }, ["data", "mimeType"]),
  ResourceLink: block("resource_link", "A resource that can be read.", resource, ["uri", "name"]),
  EmbeddedResource: block("resource", "A resource with its contents.", { resource: ref("ResourceContents") }, [
    "resource",
  ]),
  ResourceContents: {
    description: "Contents of a resource: text or bytes.",
    anyOf: [ref("TextResourceContents"), ref("BlobResourceContents")],
  },
  TextResourceContents: object(
    "Contents that are text.",
    { uri: URI, mimeType: TEXT, text: TEXT, ...META },
    { required: ["uri", "text"] },
  ),
  BlobResourceContents: object(
    "Contents that are bytes.",
    { uri: URI, mimeType: TEXT, blob: BASE64, ...META },
    { required: ["uri", "blob"] },
  ),
  ReadResourceResult: object(
    "The contents of a resource; more than one where it is a folder, say.",
    { contents: listOf(ref("ResourceContents")), ...CACHEABLE, ...COMPLETE, ...META },
    { required: ["contents"] },
  ),
  GetPromptResult: object(
    "A prompt with its arguments filled in.",
    { description: TEXT, messages: listOf(ref("PromptMessage")), ...COMPLETE, ...META },
    { required: ["messages"] },
  ),
  PromptMessage: object(
    "One message of a prompt.",
    { role: ref("Role"), content: ref("ContentBlock") },
    { required: ["role", "content"] },
  ),
  ListToolsResult: list("tools", "Tool", "A page of tools."),
  ListResourcesResult: list("resources", "Resource", "A page of resources."),
  ListResourceTemplatesResult: list("resourceTemplates", "ResourceTemplate", "A page of resource templates."),
  ListPromptsResult: list("prompts", "Prompt", "A page of prompts."),
  Tool: object(
    "A tool as the server lists it.",
    {
      ...NAMED,
      inputSchema: described("JSON Schema of the arguments.", ANY_OBJECT),
      outputSchema: described("JSON Schema of the structured content.", ANY_OBJECT),
      annotations: ref("ToolAnnotations"),
      execution: ANY_OBJECT,
      ...ICONS,
      ...META,
    },
    { required: ["name", "inputSchema"] },
  ),
  ToolAnnotations: object("What a server says of its tool. Hints: nothing to trust.", {
    title: TEXT,
    readOnlyHint: described("It changes nothing.", BOOLEAN),
    destructiveHint: described("What it changes may be lost.", BOOLEAN),
    idempotentHint: described("A second call with the same arguments changes nothing more.", BOOLEAN),
    openWorldHint: described("It reaches out to the world, as a search of the web does.", BOOLEAN),
  }),
  Resource: object(
    "A resource as the server lists it.",
    { ...resource, annotations: ref("Annotations"), ...META },
    { required: ["uri", "name"] },
  ),
  ResourceTemplate: object(
    "Addresses of resources, as an RFC 6570 template.",
    { uriTemplate: TEXT, ...NAMED, mimeType: TEXT, annotations: ref("Annotations"), ...ICONS, ...META },
    { required: ["uriTemplate", "name"] },
  ),
  Prompt: object(
    "A prompt as the server lists it.",
    { ...NAMED, arguments: listOf(ref("PromptArgument")), ...ICONS, ...META },
    { required: ["name"] },
  ),
  PromptArgument: object("An argument of a prompt.", { ...NAMED, required: BOOLEAN }, { required: ["name"] }),
  Annotations: object("For whom something is, and how much it matters.", {
    audience: listOf(ref("Role")),
    priority: { type: "number", minimum: 0, maximum: 1 },
    lastModified: { type: "string", format: "date-time" },
  }),
  Role: { description: "Who speaks, or is spoken to.", type: "string", enum: ["user", "assistant"] },
  Icon: object(
    "An icon.",
    { src: URI, mimeType: TEXT, sizes: listOf(TEXT), theme: { type: "string", enum: ["light", "dark"] } },
    { required: ["src"] },
  ),
  ToolEvents: {
    description:
      "Server-sent events, for a client that accepts them. `progress`: its data is a ProgressEvent, as often as the tool tells. `result`: its data is what `application/json` would be. `error`: its data is a Problem. One of the last two ends the stream.",
    type: "string",
  },
  ProgressEvent: object(
    "How far a call is.",
    { progress: { type: "number" }, total: { type: "number" }, message: TEXT },
    { required: ["progress"] },
  ),
};

/** Source: RFC 9457; schemas.md §11. */
export const PROBLEM_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  Problem: object(
    "What went wrong. Source: RFC 9457.",
    {
      type: described("Kind of problem, such as `urn:mcp:invalid-arguments`.", {
        type: "string",
        format: "uri-reference",
      }),
      title: TEXT,
      status: described("The status of the answer.", { type: "integer", minimum: 100, maximum: 599 }),
      detail: TEXT,
      instance: described("Id of the request.", { type: "string", format: "uri-reference" }),
      code: described("Code of the JSON-RPC error, where the server gave one.", { type: "integer" }),
      errors: described(
        "What is wrong with the arguments.",
        listOf(
          object(
            "One fault.",
            { pointer: described("JSON pointer into the arguments.", TEXT), detail: TEXT },
            { required: ["detail"] },
          ),
        ),
      ),
    },
    { required: ["type", "title", "status"], open: true },
  ),
  InputRequiredProblem: {
    description: "The server asks for more before it goes on, and this caller cannot be asked.",
    allOf: [
      ref("Problem"),
      object("What the server asks for.", {
        inputRequests: described("Requests by the server's own keys.", {
          type: "object",
          additionalProperties: ref("InputRequest"),
        }),
        requestState: described("To be given back as it is.", TEXT),
      }),
    ],
  },
  InputRequest: object(
    "An elicitation, a sampling or a question for roots.",
    { method: TEXT, params: ANY_OBJECT },
    { required: ["method"] },
  ),
  ToolProblem: {
    description: "The tool itself failed.",
    allOf: [
      ref("Problem"),
      object("What the tool said.", {
        content: listOf(ref("ContentBlock")),
        structuredContent: { description: "What it said as data." },
      }),
    ],
  },
};

export const FIXED_SCHEMAS: Readonly<Record<string, JsonObject>> = { ...PROTOCOL_SCHEMAS, ...PROBLEM_SCHEMAS };
