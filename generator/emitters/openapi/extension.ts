import { contractHash } from "../../ir/contract.js";
import { byCodeUnit } from "../../ir/order.js";
import type { AdapterRoute } from "../../ir/route.js";
import type { JsonObject, ServerSpec } from "../../ir/spec.js";
import { looksLikeReference } from "./data.js";

/** What a server's document says of where it comes from, as `x-mcp`: lists of tools depend on revision and client. */
export function serverExtension(spec: ServerSpec): JsonObject {
  const { name, version, icons } = spec.server;
  return {
    server: { name, version },
    protocolVersion: spec.protocolVersion,
    ...(spec.supportedVersions && { supportedVersions: spec.supportedVersions }),
    capabilities: ordered(spec.capabilities),
    clientCapabilities: ordered(spec.clientCapabilities),
    ...(icons !== undefined && !looksLikeReference(icons) && { icons }),
    contract: `sha256:${contractHash(spec)}`,
  };
}

/** Said elsewhere in the operation. */
const SAID = new Set([
  "name",
  "title",
  "description",
  "inputSchema",
  "outputSchema",
  "arguments",
  "uri",
  "uriTemplate",
]);

/** What an operation does, in the words of the protocol, and all that the server says of it beyond, as `x-mcp`. */
export function routeExtension(route: AdapterRoute): JsonObject {
  if (!("item" in route)) return { kind: route.kind, method: route.method };
  const { kind, method, item } = route;
  const rest = Object.entries(item).filter(
    ([member, value]) => !SAID.has(member) && !OWN.has(member) && !looksLikeReference({ [member]: value }),
  );
  return {
    kind,
    method,
    name: item.name,
    ...(route.kind === "resource" && { uri: route.target }),
    ...(route.kind === "template" && { uriTemplate: route.target }),
    ...Object.fromEntries(rest.sort(([a], [b]) => byCodeUnit(a, b))),
  };
}

const OWN = new Set(["kind", "method"]);

/** Members of the first level by name: they are a server's choice, and mean the same in any order. */
const ordered = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !looksLikeReference({ [name]: one }))
      .sort(([a], [b]) => byCodeUnit(a, b)),
  );
