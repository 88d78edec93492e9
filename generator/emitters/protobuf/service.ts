import { isReadOnly, type AdapterRoute, type FixedRoute } from "../../ir/route.js";
import type { JsonObject } from "../../ir/spec.js";
import { comment, literal } from "./comment.js";
import { requestName, responseName } from "./type-name.js";

export interface Service {
  readonly name: string;
  readonly routes: readonly AdapterRoute[];
}

export type Group = "tools" | "resources" | "prompts";
export type Services = Readonly<Record<Group, Service>>;

/** Each route in the service of its kind. A service may be without routes. */
export function servicesOf(routes: readonly AdapterRoute[], base: string): Services {
  const service = (group: Group, name: string): Service => ({
    name,
    routes: routes.filter((route) => groupOf(route) === group),
  });
  const [tools, resources, prompts] = serviceNames(base);
  return {
    tools: service("tools", tools),
    resources: service("resources", resources),
    prompts: service("prompts", prompts),
  };
}

export const serviceNames = (base: string): readonly [string, string, string] => [
  `${base}ToolsService`,
  `${base}ResourcesService`,
  `${base}PromptsService`,
];

const FIXED_GROUPS: Readonly<Record<FixedRoute["method"], Group>> = {
  "tools/list": "tools",
  "resources/list": "resources",
  "resources/templates/list": "resources",
  "resources/read": "resources",
  "prompts/list": "prompts",
};

function groupOf(route: AdapterRoute): Group {
  if (isFixed(route)) return FIXED_GROUPS[route.method];
  return route.kind === "tool" ? "tools" : route.kind === "prompt" ? "prompts" : "resources";
}

export const isFixed = (route: AdapterRoute): route is FixedRoute => route.kind === "list" || route.kind === "read";

/** A message of `pkg` that is called like one of the service's rpcs has to be named in full: the rpc is nearer. */
export function printService({ name, routes }: Service, text: string, pkg: string): string {
  const rpcNames = new Set(routes.map(({ typeBase }) => typeBase));
  const typeName = (type: string): string => (rpcNames.has(type) ? `.${pkg}.${type}` : type);
  const rpcs = routes.map((route) => printRpc(route, typeName));
  return `${comment(text, [], "")}service ${name} {${rpcs.length === 0 ? "" : `\n${rpcs.join("\n")}`}}\n`;
}

function printRpc(route: AdapterRoute, typeName: (type: string) => string): string {
  const level = idempotency(route);
  const end = level === undefined ? ";" : ` {\n    option idempotency_level = ${level};\n  }`;
  const line = `  rpc ${route.typeBase}(${typeName(requestName(route))}) returns (${typeName(responseName(route))})${end}\n`;
  if (isFixed(route)) return comment(FIXED_TEXTS[route.method], [], "  ") + line;
  return comment(textOf(route.item), [`MCP ${ITEM_NOUNS[route.kind]}: ${literal(route.target)}`], "  ") + line;
}

const ITEM_NOUNS = { tool: "tool", prompt: "prompt", resource: "resource", template: "resource template" } as const;

const FIXED_TEXTS: Readonly<Record<FixedRoute["method"], string>> = {
  "tools/list": "What tools there are now.",
  "resources/list": "What resources there are now.",
  "resources/templates/list": "What resource templates there are now.",
  "resources/read": "Reads a resource by its URI.",
  "prompts/list": "What prompts there are now.",
};

/** What a server says of its tool is shape, not a promise. Source: descriptor.proto, `MethodOptions.IdempotencyLevel`. */
function idempotency(route: AdapterRoute): "NO_SIDE_EFFECTS" | "IDEMPOTENT" | undefined {
  if (route.kind !== "tool" || isReadOnly(route.item)) return "NO_SIDE_EFFECTS";
  const { annotations } = route.item;
  const isIdempotent =
    typeof annotations === "object" && annotations !== null && (annotations as JsonObject)["idempotentHint"] === true;
  return isIdempotent ? "IDEMPOTENT" : undefined;
}

export function textOf({ description, title }: JsonObject): string {
  return [description, title].find((one) => typeof one === "string") ?? "";
}
