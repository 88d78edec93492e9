import type { EmitContext, EmittedFile } from "../../emit/emitter.js";
import type { Json, ServerSpec } from "../../ir/spec.js";
import { openApiDocument } from "./document.js";
import type { OpenApiOptions } from "./options.js";
import { jsonFile, yamlFile } from "./text.js";

export function emit(spec: ServerSpec, options: OpenApiOptions, { lock }: EmitContext): readonly EmittedFile[] {
  const contents = openApiText(openApiDocument(spec, options, lock), options.format);
  // Laid out by its printer: formatting megabytes again would take longer than all the rest.
  return [{ path: `openapi.${options.format}`, contents, verbatim: true }];
}

/** The document as the text of a file. */
export function openApiText(document: ReturnType<typeof openApiDocument>, format: OpenApiOptions["format"]): string {
  const json = document as unknown as Json;
  return format === "yaml" ? yamlFile(json) : jsonFile(json);
}
