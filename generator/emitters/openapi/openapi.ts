import type { Emitter } from "../../emit/emitter.js";
import type { Json } from "../../ir/spec.js";
import { openApiDocument } from "./document.js";
import { OPTIONS, parseOptions, type OpenApiOptions } from "./options.js";
import { jsonFile, yamlFile } from "./text.js";

export { openApiDocument } from "./document.js";
export { parseOptions as parseOpenApiOptions, type OpenApiOptions } from "./options.js";

/** The document as the text of a file. */
export function openApiText(document: ReturnType<typeof openApiDocument>, format: OpenApiOptions["format"]): string {
  const json = document as unknown as Json;
  return format === "yaml" ? yamlFile(json) : jsonFile(json);
}

/** An OpenAPI 3.1 document: tools, resources and prompts as a REST interface. */
export const openApiEmitter: Emitter<OpenApiOptions> = {
  api: 1,
  name: "openapi",
  summary: "OpenAPI 3.1 document of the server's REST interface",
  options: OPTIONS,
  parseOptions,
  emit(spec, options, context) {
    const contents = openApiText(openApiDocument(spec, options, context.lock), options.format);
    // Laid out by its printer: formatting megabytes again would take longer than all the rest.
    return Promise.resolve([{ path: `openapi.${options.format}`, contents, verbatim: true }]);
  },
};
