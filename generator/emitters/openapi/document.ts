import type { OpenAPIV3_1 } from "openapi-types";
import { exampleMaker } from "../../emit/example.js";
import type { Lock } from "../../ir/lock.js";
import { inOrder } from "../../ir/order.js";
import { planRoutes, type AdapterRoute } from "../../ir/route.js";
import type { Json, JsonObject, ServerSpec } from "../../ir/spec.js";
import { componentBook, SCHEMAS } from "./component.js";
import { serverExtension } from "./extension.js";
import { planOperation } from "./operation.js";
import type { OpenApiOptions } from "./options.js";
import { PROBLEM_RESPONSES } from "./problem.js";
import { line, prose } from "./prose.js";
import { FIXED_SCHEMAS } from "./protocol-schema.js";
import { SUCCESS_RESPONSES } from "./response.js";
import { tagObjects } from "./tag.js";
import { referencesIn, verifyReferences } from "./verify.js";

type Document = OpenAPIV3_1.Document;

/**
 * The OpenAPI 3.1 document of a server's REST face: pure, the same for the same spec, options and settled names. Throws GeneratorError
 * `verify` where it would refer to something that is not in it, which is our bug. Source: OpenAPI 3.1.1; schemas.md §3.
 */
export function openApiDocument(spec: ServerSpec, options: OpenApiOptions, lock: Lock): Document {
  const ordered = inOrder(spec);
  const book = componentBook();
  const examples = options.examples ? exampleMaker() : undefined;
  const routes = inSections(planRoutes(ordered, lock));
  const planned = routes.map((route) => ({ route, write: planOperation(route, { options, book, examples }) }));
  const components = book.settle(lock, Object.keys(FIXED_SCHEMAS));
  const operations = planned.map(({ route, write }) => ({ route, operation: write(components) }));
  const paths: OpenAPIV3_1.PathsObject = {};
  for (const { route, operation } of operations) {
    const { verb, path } = route.http;
    paths[path] = { ...paths[path], [verb.toLowerCase()]: operation };
  }
  const document = {
    openapi: "3.1.0",
    info: infoOf(ordered),
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: options.serverUrl }],
    security: [{ bearerAuth: [] }, { apiKeyAuth: [] }, {}],
    tags: tagObjects(operations.flatMap(({ operation }) => operation.tags ?? [])),
    ...documentationOf(ordered),
    paths,
    components: {
      ...usedComponents(paths, components.schemas),
      securitySchemes: {
        bearerAuth: { type: "http", scheme: "bearer" },
        apiKeyAuth: { type: "apiKey", in: "header", name: "x-api-key" },
      },
    },
  } satisfies Document;
  verifyReferences(document as unknown as Json);
  return document;
}

/** Each list with what can be done with its items, as a reader looks for it. */
function inSections(routes: readonly AdapterRoute[]): AdapterRoute[] {
  const sectionOf = ({ http }: AdapterRoute): number =>
    ["/tools", "/resources", "/resource-templates", "/prompts"].findIndex(
      (path) => http.path === path || http.path.startsWith(`${path}/`),
    );
  return [...routes].sort((a, b) => sectionOf(a) - sectionOf(b));
}

function infoOf(spec: ServerSpec): OpenAPIV3_1.InfoObject {
  const { name, version, title, description } = spec.server;
  const texts = [spec.instructions, description].filter((one) => typeof one === "string").map(prose);
  const heading = [title, name].filter((one) => typeof one === "string").map((one) => line(one));
  return {
    title: heading.find((one) => one !== "") ?? "MCP server",
    version,
    description: texts.find((one) => one !== "") ?? "The tools, resources and prompts of an MCP server, over HTTP.",
    // Servers do not tell; SPDX has a word for that.
    license: { name: "Not stated by the server", identifier: "NOASSERTION" },
    ...({ "x-mcp": serverExtension(spec) } satisfies object),
  };
}

function documentationOf({ server }: ServerSpec): Pick<Document, "externalDocs"> {
  const { websiteUrl } = server;
  if (typeof websiteUrl !== "string" || !/^https?:\/\/[!-~]+$/.test(websiteUrl) || !URL.canParse(websiteUrl)) return {};
  return { externalDocs: { url: websiteUrl, description: "Website of the server" } };
}

/** The components of the items, and those of ours that something refers to. */
function usedComponents(
  paths: OpenAPIV3_1.PathsObject,
  schemas: Readonly<Record<string, JsonObject>>,
): Pick<OpenAPIV3_1.ComponentsObject, "schemas" | "responses"> {
  const responses = { ...SUCCESS_RESPONSES, ...PROBLEM_RESPONSES };
  const used = referencesIn({ paths, schemas } as unknown as Json) as Set<string>;
  // The set grows while it is walked: what is referred to refers to more.
  for (const ref of used) {
    const [, kind, name = ""] = /^#\/components\/(schemas|responses)\/(.*)$/.exec(ref) ?? [];
    const target = kind === "schemas" ? FIXED_SCHEMAS[name] : kind === "responses" ? responses[name] : undefined;
    if (target !== undefined) for (const one of referencesIn(target as unknown as Json)) used.add(one);
  }
  const usedOf = <Part>(parts: Readonly<Record<string, Part>>, prefix: string): Record<string, Part> =>
    Object.fromEntries(Object.entries(parts).filter(([name]) => used.has(prefix + name)));
  return {
    schemas: { ...schemas, ...usedOf(FIXED_SCHEMAS, SCHEMAS) },
    responses: usedOf(responses, "#/components/responses/"),
  };
}
