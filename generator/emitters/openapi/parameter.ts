import type { OpenAPIV3_1 } from "openapi-types";
import { templateVariables } from "../../emit/uri-template.js";

type Parameter = OpenAPIV3_1.ParameterObject;

/** A query parameter for each variable of an RFC 6570 template: `{+path}` in a path would be no path that OpenAPI knows. */
export function templateParameters(template: string): Parameter[] {
  return templateVariables(template).map(({ name, optional, list }): Parameter => ({
    name,
    in: "query",
    required: !optional,
    ...(list
      ? { style: "form", explode: true, schema: { type: "array", items: { type: "string" } } }
      : { schema: { type: "string" } }),
  }));
}

export const CURSOR: Parameter = {
  name: "cursor",
  in: "query",
  description: "Where to go on: `nextCursor` of the page before.",
  schema: { type: "string" },
};

/** The resource to read instead of listing all. */
export const URI_QUERY: Parameter = {
  name: "uri",
  in: "query",
  description: "Read this resource instead of listing all.",
  schema: { type: "string", format: "uri" },
};

export const URI_PATH: Parameter = {
  name: "uri",
  in: "path",
  required: true,
  description: "Address of the resource, percent-encoded as one segment.",
  schema: { type: "string", format: "uri" },
};
