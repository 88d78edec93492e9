import { createClient } from "@hey-api/openapi-ts";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import openapiTS, { astToString } from "openapi-typescript";
import { parse } from "yaml";
import { GeneratorError } from "../errors.js";

const config = createConfig({ extends: ["recommended"] });

/** What is wrong with an OpenAPI document, JSON or YAML: errors of Redocly's `recommended`, and references that leave the document. */
export async function openapiFaults(document: string): Promise<readonly string[]> {
  const foreign = foreignReferences(parse(document));
  // Redocly would go and read them.
  if (foreign.length > 0) return foreign.map((target) => `refers to ${target}`);
  const problems = await lintFromString({
    source: forRedocly(document),
    absoluteRef: "/openapi.yaml",
    config: await config,
  });
  return problems
    .filter(({ severity }) => severity === "error")
    .map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? "?"})`);
}

/** What openapi-typescript makes of a document: a module of types. Throws where it cannot. */
export async function openapiTypes(document: string): Promise<string> {
  const nodes = await openapiTS(forRedocly(document), { silent: true }).catch((error: unknown) => {
    throw GeneratorError.from(error, "verify");
  });
  return astToString(nodes);
}

/** Writes the client that hey-api makes of a document into `folder`. */
export async function openapiClient(document: string, folder: string): Promise<void> {
  await createClient({
    input: parse(document) as Record<string, unknown>,
    output: folder,
    plugins: ["@hey-api/typescript", "@hey-api/sdk", "@hey-api/client-fetch"],
    logs: { level: "silent", file: false },
  });
}

/** Redocly, which openapi-typescript reads with as well, asks the objects themselves and fails on a property of this name. */
const forRedocly = (document: string): string => document.replaceAll('"hasOwnProperty"', '"hasOwnProperty_"');

function foreignReferences(value: unknown, found: string[] = []): string[] {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, one] of Object.entries(value))
    if (key === "$ref" && typeof one === "string" && !one.startsWith("#/")) found.push(one);
    else foreignReferences(one, found);
  return found;
}
