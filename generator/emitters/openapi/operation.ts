import type { OpenAPIV3_1 } from "openapi-types";
import type { Examples } from "../../emit/example.js";
import type { AdapterRoute, FixedRoute, PromptRoute, ResourceRoute, TemplateRoute, ToolRoute } from "../../ir/route.js";
import { normaliseSchema, type NormalSchema } from "../../ir/schema.js";
import type { Json, JsonObject, JsonSchema } from "../../ir/spec.js";
import { isMissing, needsMembers, promptArguments, toolArguments } from "./arguments.js";
import { SCHEMAS, type ComponentBook, type Components } from "./component.js";
import { routeExtension } from "./extension.js";
import { looksLikeReference } from "./data.js";
import type { OpenApiOptions } from "./options.js";
import { CURSOR, templateParameters, URI_PATH, URI_QUERY } from "./parameter.js";
import { problemsOf } from "./problem.js";
import { line, prose } from "./prose.js";
import { JSON_TYPE, listResponse, resourceResponse, responseRef, structuredResponse } from "./response.js";
import { tagOf } from "./tag.js";

type Operation = OpenAPIV3_1.OperationObject;
type Parameter = OpenAPIV3_1.ParameterObject;
type Body = OpenAPIV3_1.RequestBodyObject;

export interface OperationContext {
  readonly options: OpenApiOptions;
  readonly book: ComponentBook;
  /** Absent: no examples are wanted. */
  readonly examples: ((schema: NormalSchema) => Examples) | undefined;
}

/** Adds a route's schemas to the book. Its operation can be written once the book is settled. */
export function planOperation(route: AdapterRoute, context: OperationContext): (components: Components) => Operation {
  const { options } = context;
  const rest = restOf(route, context);
  return (components) => {
    const { parameters, requestBody, success } = rest(components);
    return {
      tags: [tagOf(route, options)],
      operationId: route.name,
      summary: summaryOf(route),
      ...descriptionOf(route),
      ...(parameters && parameters.length > 0 && { parameters }),
      ...(requestBody && { requestBody }),
      responses: { "200": success, ...problemsOf(route.kind === "list" ? "list" : methodOf(route), options) },
      ...({ "x-mcp": routeExtension(route) } satisfies object),
    };
  };
}

interface Rest {
  readonly parameters?: Parameter[];
  readonly requestBody?: Body;
  readonly success: OpenAPIV3_1.ResponseObject | OpenAPIV3_1.ReferenceObject;
}

function restOf(route: AdapterRoute, context: OperationContext): (components: Components) => Rest {
  switch (route.kind) {
    case "tool":
      return planTool(route, context);
    case "prompt":
      return planPrompt(route, context);
    case "resource":
      return () => ({ success: resourceResponse(route.item["mimeType"]) });
    case "template":
      return () => ({
        parameters: templateParameters(route.target),
        success: resourceResponse(route.item["mimeType"]),
      });
    case "list":
      return () => planList(route);
    case "read":
      return () => ({ parameters: [URI_PATH], success: responseRef("ResourceResult") });
  }
}

function planTool(route: ToolRoute, { book, examples }: OperationContext): (components: Components) => Rest {
  const { item, pointer, key, typeBase } = route;
  const normal = toolArguments(item, pointer);
  const input = isMissing(item)
    ? book.addOwn(
        { ...describedAs(item.inputSchema), type: "object", additionalProperties: true, "x-mcp-schema-missing": true },
        { key: `${key}/input`, name: `${typeBase}Input` },
      )
    : book.add(normal, { key: `${key}/input`, name: `${typeBase}Input` });
  const requestExamples = examples?.(normal);
  const answer = planAnswer(route, { book, examples });
  return (components) => ({
    requestBody: bodyOf(components.refOf(input), { normal, examples: requestExamples }),
    success: answer ? answer(components) : responseRef("ToolResult"),
  });
}

function planAnswer(
  { item, pointer, key, typeBase }: ToolRoute,
  { book, examples }: Pick<OperationContext, "book" | "examples">,
): ((components: Components) => OpenAPIV3_1.ResponseObject) | undefined {
  const raw = item["outputSchema"];
  if (raw === undefined) return undefined;
  const normal = normaliseSchema(raw as JsonSchema, `${pointer}/outputSchema`);
  const output = book.add(normal, { key: `${key}/output`, name: `${typeBase}Output` });
  const result = book.addOwn(
    {
      allOf: [
        { $ref: `${SCHEMAS}CallToolResult` },
        { type: "object", properties: { structuredContent: { $ref: `#${output}` } } },
      ],
    },
    { key: `${key}/result`, name: `${typeBase}Result` },
  );
  const made = examples?.(normal);
  const example = [made?.full, made?.minimal].find((one) => one !== undefined && !looksLikeReference(one));
  return (components) =>
    structuredResponse({ result: components.refOf(result), output: components.refOf(output), example });
}

function planPrompt(route: PromptRoute, { book, examples }: OperationContext): (components: Components) => Rest {
  const normal = promptArguments(route.item, route.pointer);
  const input = book.add(normal, { key: `${route.key}/input`, name: `${route.typeBase}Input` });
  const made = examples?.(normal);
  return (components) => ({
    requestBody: bodyOf(components.refOf(input), { normal, examples: made }),
    success: responseRef("PromptResult"),
  });
}

function bodyOf(
  schema: string,
  { normal, examples }: { readonly normal: NormalSchema; readonly examples: Examples | undefined },
): Body {
  const named = Object.entries<Json>({ ...examples })
    .filter(([, value]) => !looksLikeReference(value))
    .map(([name, value]) => [name, { value }]);
  return {
    required: needsMembers(normal),
    content: {
      [JSON_TYPE]: {
        schema: { $ref: schema },
        ...(named.length > 0 && { examples: Object.fromEntries(named) as Record<string, { value: Json }> }),
      },
    },
  };
}

const LISTS: Readonly<
  Record<Exclude<FixedRoute["method"], "resources/read">, readonly [schema: string, text: string]>
> = {
  "tools/list": ["ListToolsResult", "A page of tools."],
  "resources/list": ["ListResourcesResult", "A page of resources."],
  "resources/templates/list": ["ListResourceTemplatesResult", "A page of resource templates."],
  "prompts/list": ["ListPromptsResult", "A page of prompts."],
};

function planList(route: FixedRoute): Rest {
  if (route.method === "resources/read") return { success: responseRef("ResourceResult") };
  const [schema, text] = LISTS[route.method];
  if (route.method !== "resources/list") return { parameters: [CURSOR], success: listResponse([schema], text) };
  return {
    parameters: [URI_QUERY, CURSOR],
    success: listResponse(
      [schema, "ReadResourceResult"],
      "A page of resources; the contents of one, where the request names it.",
    ),
  };
}

const SUMMARIES: Readonly<Record<FixedRoute["method"], string>> = {
  "tools/list": "List tools",
  "resources/list": "List resources, or read one",
  "resources/read": "Read a resource",
  "resources/templates/list": "List resource templates",
  "prompts/list": "List prompts",
};

function summaryOf(route: AdapterRoute): string {
  if (!("item" in route)) return SUMMARIES[route.method];
  const { item } = route;
  const { title } = item;
  const annotated = route.kind === "tool" ? (item["annotations"] as JsonObject | undefined)?.["title"] : undefined;
  const found = [title, annotated, item.name].map((text) => (typeof text === "string" ? line(text) : ""));
  return found.find((text) => text !== "") ?? route.name;
}

function descriptionOf(route: AdapterRoute): { readonly description?: string } {
  return "item" in route ? describedAs(route.item) : {};
}

function describedAs({ description }: JsonObject): { readonly description?: string } {
  const text = typeof description === "string" ? prose(description) : "";
  return text === "" ? {} : { description: text };
}

const methodOf = (
  route: ToolRoute | PromptRoute | ResourceRoute | TemplateRoute | FixedRoute,
): "tools/call" | "resources/read" | "prompts/get" => {
  if (route.kind === "tool") return "tools/call";
  return route.kind === "prompt" ? "prompts/get" : "resources/read";
};
