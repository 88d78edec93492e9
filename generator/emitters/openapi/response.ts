import type { OpenAPIV3_1 } from "openapi-types";
import type { Json } from "../../ir/spec.js";
import { SCHEMAS } from "./component.js";

type Response = OpenAPIV3_1.ResponseObject;
type Reference = OpenAPIV3_1.ReferenceObject;
type Media = OpenAPIV3_1.MediaTypeObject;

export const JSON_TYPE = "application/json";
/** The structured content alone, for who asks for it. */
export const STRUCTURED_TYPE = 'application/json; profile="structured"';
const EVENTS_TYPE = "text/event-stream";

const mediaOf = (schema: string): Media => ({ schema: { $ref: SCHEMAS + schema } });

/** Good answers that many operations share. */
export const SUCCESS_RESPONSES: Readonly<Record<string, Response>> = {
  ToolResult: {
    description: "What the tool answered.",
    content: { [JSON_TYPE]: mediaOf("CallToolResult"), [EVENTS_TYPE]: mediaOf("ToolEvents") },
  },
  ResourceResult: {
    description: "The contents of the resource.",
    content: { [JSON_TYPE]: mediaOf("ReadResourceResult") },
  },
  PromptResult: {
    description: "The messages of the prompt.",
    content: { [JSON_TYPE]: mediaOf("GetPromptResult") },
  },
};

export const responseRef = (name: string): Reference => ({ $ref: `#/components/responses/${name}` });

export interface StructuredAnswer {
  /** References to the component of the whole result, and of the structured content. */
  readonly result: string;
  readonly output: string;
  readonly example?: Json | undefined;
}

/** The answer of a tool that promises structured content. */
export function structuredResponse({ result, output, example }: StructuredAnswer): Response {
  const whole: Media = { schema: { $ref: result } };
  const bare: Media = { schema: { $ref: output } };
  if (example !== undefined) {
    const content = [{ type: "text", text: JSON.stringify(example) }];
    whole.examples = { answer: { value: { content, structuredContent: example } } };
    bare.examples = { answer: { value: example } };
  }
  return {
    description: "What the tool answered: its content and the same as data, or the data alone.",
    content: { [JSON_TYPE]: whole, [STRUCTURED_TYPE]: bare, [EVENTS_TYPE]: mediaOf("ToolEvents") },
  };
}

/** A page of a list, or a resource where the request names one. */
export function listResponse(schemas: readonly string[], description: string): Response {
  const [first = "", ...others] = schemas;
  const media =
    others.length === 0 ? mediaOf(first) : { schema: { anyOf: schemas.map((name) => ({ $ref: SCHEMAS + name })) } };
  return { description, content: { [JSON_TYPE]: media } };
}

/** The contents of a resource whose type is known: as the protocol has it, and as they are. */
export function resourceResponse(mimeType: unknown): Response | Reference {
  const type = typeof mimeType === "string" ? mediaTypeOf(mimeType) : undefined;
  if (type === undefined) return responseRef("ResourceResult");
  const isText = /^text\/|[/+](?:json|xml|yaml|javascript)$/.test(type);
  const raw: Media = { schema: { type: "string", ...(!isText && { format: "binary" }) } };
  return {
    description: "The contents of the resource: as the protocol has them, or as they are.",
    content: { [JSON_TYPE]: mediaOf("ReadResourceResult"), [type]: raw },
  };
}

/** A media type that can be told from JSON of ours; undefined for text that is none. Source: RFC 9110, section 8.3.1. */
function mediaTypeOf(text: string): string | undefined {
  const [, type] =
    /^([a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126})(?:\s*;[ -~]*)?$/i.exec(text) ?? [];
  const lower = type?.toLowerCase();
  return lower === JSON_TYPE ? undefined : lower;
}
