import { GraphQLBoolean, GraphQLEnumType, GraphQLFloat, GraphQLInterfaceType } from "graphql";
import { GraphQLObjectType, GraphQLString, GraphQLUnionType } from "graphql";
import type { GraphQLFieldConfig, GraphQLFieldConfigMap, GraphQLNamedType } from "graphql";
import { applied, directive } from "./directive.js";
import { listOf, required } from "./modifier.js";
import { JSON_SCALAR, LONG } from "./scalar.js";

type Field = GraphQLFieldConfig<unknown, unknown>;
type Fields = GraphQLFieldConfigMap<unknown, unknown>;

const text = (description: string): Field => ({ type: GraphQLString, description });
const must = (field: Field): Field => ({ ...field, type: required(field.type) });
const META: Fields = { meta: { type: JSON_SCALAR, ...applied(directive("mcpName", { name: "_meta" })) } };

/** Source of all that follows: MCP schema, 2025-11-25; `type` of a content block is told by its GraphQL type. */
const role = new GraphQLEnumType({ name: "Role", description: "Who speaks.", values: { user: {}, assistant: {} } });

const icon = new GraphQLObjectType({
  name: "Icon",
  fields: {
    src: must(text("URL, or data URI.")),
    mimeType: { type: GraphQLString },
    sizes: { type: listOf(GraphQLString), description: 'Such as "48x48", or "any".' },
    theme: text('"light" or "dark": the background that it is made for.'),
  },
});

const annotations = new GraphQLObjectType({
  name: "Annotations",
  description: "Hints to the client.",
  fields: {
    audience: { type: listOf(role), description: "Whom it is for." },
    priority: { type: GraphQLFloat, description: "From 0, entirely optional, to 1, effectively required." },
    lastModified: text("ISO 8601."),
  },
});

const TITLED: Fields = { name: { type: required(GraphQLString) }, title: text("The name to show to people.") };
const DESCRIBED: Fields = { description: { type: GraphQLString } };
const ICONS: Fields = { icons: { type: listOf(icon) } };
const ANNOTATED: Fields = { annotations: { type: annotations } };
const RESOURCE: Fields = {
  ...{ uri: { type: required(GraphQLString) }, ...TITLED, ...DESCRIBED, mimeType: { type: GraphQLString } },
  ...{ size: { type: LONG, description: "In bytes." }, ...ANNOTATED, ...ICONS, ...META },
};

const CONTENTS: Fields = { uri: { type: required(GraphQLString) }, mimeType: { type: GraphQLString }, ...META };
const resourceContents = new GraphQLInterfaceType({
  name: "ResourceContents",
  description: "The contents of a resource, or of a part of it.",
  fields: CONTENTS,
});
const textContents = new GraphQLObjectType({
  ...{ name: "TextResourceContents", interfaces: [resourceContents] },
  fields: { ...CONTENTS, text: { type: required(GraphQLString) } },
});
const blobContents = new GraphQLObjectType({
  ...{ name: "BlobResourceContents", interfaces: [resourceContents] },
  fields: { ...CONTENTS, blob: must(text("Base64.")) },
});

const TAIL: Fields = { ...ANNOTATED, ...META };
const block = (name: string, type: string, fields: Fields): GraphQLObjectType =>
  new GraphQLObjectType({ name, fields, ...applied(directive("mcpContent", { type })) });
const MEDIA: Fields = { data: must(text("Base64.")), mimeType: { type: required(GraphQLString) }, ...TAIL };
const blocks = [
  block("TextContent", "text", { text: { type: required(GraphQLString) }, ...TAIL }),
  block("ImageContent", "image", MEDIA),
  block("AudioContent", "audio", MEDIA),
  block("ResourceLink", "resource_link", RESOURCE),
  block("EmbeddedResource", "resource", { resource: { type: required(resourceContents) }, ...TAIL }),
];
export const CONTENT_BLOCK = new GraphQLUnionType({
  name: "ContentBlock",
  description: "A piece of what a tool or prompt says.",
  types: blocks,
});

/** The fields of every tool's result; each tool has its own type of structured content. Described at the interface. */
export const resultFields = (structuredContent: Field): Fields => ({
  isError: { type: required(GraphQLBoolean) },
  content: { type: required(listOf(CONTENT_BLOCK)) },
  structuredContent,
  ...META,
});
export const TOOL_RESULT = new GraphQLInterfaceType({
  name: "ToolResult",
  description: "What a tool returns.",
  fields: {
    isError: { type: required(GraphQLBoolean), description: "The tool failed: `content` says why." },
    content: { type: required(listOf(CONTENT_BLOCK)), description: "For people and models." },
    ...META,
  },
});
export const CALL_TOOL_RESULT = new GraphQLObjectType({
  name: "CallToolResult",
  description: "What a tool returns that says nothing of its structured content.",
  interfaces: [TOOL_RESULT],
  fields: resultFields({ type: JSON_SCALAR }),
});

export const TOOL_PROGRESS = new GraphQLObjectType({
  name: "ToolProgress",
  description: "How far a call has come.",
  fields: {
    progress: { type: required(GraphQLFloat), description: "Grows from event to event." },
    total: { type: GraphQLFloat, description: "What `progress` will be at the end, where that is known." },
    message: { type: GraphQLString },
  },
});
export const CALL_TOOL_EVENT = new GraphQLUnionType({
  name: "CallToolEvent",
  description: "Any number of reports, then the result.",
  types: [TOOL_PROGRESS, CALL_TOOL_RESULT],
});

export const READ_RESULT = new GraphQLObjectType({
  name: "ReadResourceResult",
  fields: { contents: { type: required(listOf(resourceContents)) }, ...META },
});
const promptMessage = new GraphQLObjectType({
  name: "PromptMessage",
  fields: { role: { type: required(role) }, content: { type: required(CONTENT_BLOCK) } },
});
export const GET_PROMPT_RESULT = new GraphQLObjectType({
  name: "GetPromptResult",
  fields: { ...DESCRIBED, messages: { type: required(listOf(promptMessage)) }, ...META },
});

const toolAnnotations = new GraphQLObjectType({
  name: "ToolAnnotations",
  description: "What a tool says of itself: hints, never to be trusted.",
  fields: {
    title: { type: GraphQLString },
    readOnlyHint: { type: GraphQLBoolean, description: "Changes nothing." },
    destructiveHint: { type: GraphQLBoolean, description: "May destroy something." },
    idempotentHint: { type: GraphQLBoolean, description: "The same call again changes nothing more." },
    openWorldHint: { type: GraphQLBoolean, description: "Deals with the world outside." },
  },
});
const tool = new GraphQLObjectType({
  name: "Tool",
  fields: {
    ...{ ...TITLED, ...DESCRIBED },
    inputSchema: { type: required(JSON_SCALAR), description: "JSON Schema of the arguments." },
    outputSchema: { type: JSON_SCALAR, description: "JSON Schema of the structured content." },
    annotations: { type: toolAnnotations },
    ...{ execution: { type: JSON_SCALAR }, ...ICONS, ...META },
  },
});
const resource = new GraphQLObjectType({ name: "Resource", fields: RESOURCE });
const template = new GraphQLObjectType({
  name: "ResourceTemplate",
  fields: {
    ...{ uriTemplate: must(text("Source: RFC 6570.")), ...TITLED, ...DESCRIBED, mimeType: { type: GraphQLString } },
    ...{ ...ANNOTATED, ...ICONS, ...META },
  },
});
const promptArgument = new GraphQLObjectType({
  name: "PromptArgument",
  fields: { ...TITLED, ...DESCRIBED, required: { type: GraphQLBoolean } },
});
const prompt = new GraphQLObjectType({
  name: "Prompt",
  fields: { ...TITLED, ...DESCRIBED, arguments: { type: listOf(promptArgument) }, ...ICONS, ...META },
});

const page = (name: string, member: string, item: GraphQLObjectType): GraphQLObjectType =>
  new GraphQLObjectType({
    ...{ name, description: "One page." },
    fields: {
      [member]: { type: required(listOf(item)) },
      nextCursor: text("Argument `cursor` for the next page; none after the last one."),
      ...META,
    },
  });
export const PAGES = {
  "tools/list": page("ListToolsResult", "tools", tool),
  "resources/list": page("ListResourcesResult", "resources", resource),
  "resources/templates/list": page("ListResourceTemplatesResult", "resourceTemplates", template),
  "prompts/list": page("ListPromptsResult", "prompts", prompt),
} as const;

export const SERVER_INFO = new GraphQLObjectType({
  name: "ServerInfo",
  fields: { ...TITLED, version: { type: required(GraphQLString) } },
});

/** All types that are the same for every server, in the order of printing. */
export const FIXED: readonly GraphQLNamedType[] = [
  ...[JSON_SCALAR, LONG, SERVER_INFO, TOOL_RESULT, CALL_TOOL_RESULT, CALL_TOOL_EVENT, TOOL_PROGRESS],
  ...[READ_RESULT, resourceContents, textContents, blobContents, GET_PROMPT_RESULT, promptMessage, role],
  ...[CONTENT_BLOCK, ...blocks, annotations, icon, ...Object.values(PAGES)],
  ...[tool, toolAnnotations, resource, template, prompt, promptArgument],
];

/** Which graphql-js does not find by itself: nothing leads to them but their interface. */
export const IMPLEMENTORS: readonly GraphQLObjectType[] = [textContents, blobContents];

/** No type of a tool is called so, whether or not the schema has these types. */
export const FIXED_NAMES: readonly string[] = [
  ...FIXED.map(({ name }) => name),
  ...["Query", "Mutation", "Subscription", "String", "Int", "Float", "Boolean", "ID", "DateTime"],
];
