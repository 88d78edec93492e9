import type { Lock } from "../../ir/lock.js";
import { byCodeUnit } from "../../ir/order.js";
import { planRoutes, type AdapterRoute } from "../../ir/route.js";
import type { ServerSpec } from "../../ir/spec.js";
import { pascal } from "../../ir/words.js";
import { messageBlock, type Block } from "./block.js";
import { CONTENT, FIXED_NAMES, PROMPT_LIST, RESOURCE_LIST, TEMPLATE_LIST, TOOL_LIST } from "./content.js";
import { printUnit, toolFiles, type Unit } from "./file.js";
import { packageSegment } from "./name.js";
import type { ProtobufOptions } from "./options.js";
import type { ProtoFile, ProtoPlan, RpcPlan } from "./plan.js";
import { promptBlocks, resourceBlocks } from "./prompt.js";
import { printService, serviceNames, servicesOf, type Service } from "./service.js";
import { enumerations, planTool, type Package, type ToolBlocks } from "./tool.js";
import { modelTool, nameTypes, requestName, responseName, WRAPPER_NAMES } from "./type-name.js";

/** A server as one package. `spec` is in order (see `inOrder`). Source: schemas.md §5. */
export function planProto(spec: ServerSpec, options: ProtobufOptions, lock: Lock): ProtoPlan {
  const [segment = ""] = lock.names({ target: "protobuf", owner: "package" }, [
    { key: "package", base: packageSegment(spec.server.name) },
  ]);
  const name = options.package ?? `mcpgen.${segment}.v1`;
  const base = pascal(segment, "Server");
  const routes = planRoutes(spec, lock);
  const models = routes.flatMap((route) => (route.kind === "tool" ? [modelTool(route)] : []));
  const names = nameTypes(models, lock, [
    ...[...FIXED_NAMES, ...WRAPPER_NAMES, ...Object.values(serviceNames(base))],
    ...routes.flatMap((route) => [requestName(route), responseName(route)]),
  ]);
  const into: Package = {
    ...{ lock, names, marksEmpty: options.explicitNull === "names" },
    ...{ enumerations: enumerations(models, names, lock), messages: new Map(), enums: new Map(), shared: new Map() },
  };
  const tools = models.map((one) => planTool(one, into));
  const services = servicesOf(routes, base);
  const isSingle = options.layout === "single";
  const units = unitsOf(services, { name, tools, into, files: isSingle ? undefined : toolFiles(tools, lock) });
  const folder = isSingle ? "" : `${name.replaceAll(".", "/")}/`;
  const setting = { spec, package: name, folder };
  const single: Unit = { name: segment, blocks: units.flatMap(({ blocks }) => blocks) };
  const files = (isSingle ? [single] : units)
    .map((unit): ProtoFile => ({ path: `${folder}${unit.name}.proto`, contents: printUnit(unit, setting) }))
    .sort((a, b) => byCodeUnit(a.path, b.path));
  const fileOf = new Map(units.flatMap((unit) => (unit.routes ?? []).map((key) => [key, unit.name])));
  const rpcs = Object.values(services).flatMap((service) =>
    service.routes.map((route): RpcPlan => {
      const tool = tools.find((one) => one.models.route === route);
      return {
        ...{ key: route.key, service: service.name, name: route.typeBase },
        ...{ request: requestName(route), response: responseName(route) },
        file: `${folder}${isSingle ? segment : (fileOf.get(route.key) ?? "")}.proto`,
        ...(tool && { structuredContent: tool.structuredContent }),
      };
    }),
  );
  return { package: name, files, rpcs, messages: into.messages, enums: into.enums };
}

interface Parts {
  /** Of the package. */
  readonly name: string;
  readonly tools: readonly ToolBlocks[];
  readonly into: Package;
  /** Of each tool; undefined where all is one file. */
  readonly files: readonly string[] | undefined;
}

interface RoutedUnit extends Unit {
  /** Keys of the routes whose messages stand in it. */
  readonly routes?: readonly string[];
}

function unitsOf(services: ReturnType<typeof servicesOf>, { name, tools, into, files }: Parts): readonly RoutedUnit[] {
  const fileOf = tools.map((_, i) => files?.[i] ?? "tools");
  const others = [...new Set(fileOf)].filter((file) => file !== "tools").sort(byCodeUnit);
  const inFile = (file: string): readonly ToolBlocks[] => tools.filter((_, i) => fileOf[i] === file);
  const { tools: toolService, resources, prompts } = services;
  const has = (key: string): boolean =>
    Object.values(services).some(({ routes }) => routes.some((route) => route.key === key));
  const hasNone = Object.values(services).every(({ routes }) => routes.length === 0);
  const isAnswered = routesIn(resources).length + routesIn(prompts).length + tools.length > 0;
  const lists = (key: string, text: string): readonly Block[] =>
    has(key) ? [{ text, needs: ["struct", "content"] }] : [];
  const units: RoutedUnit[] = [];
  if (isAnswered) units.push({ name: "content", blocks: [{ text: CONTENT, needs: ["struct"] }] });
  if (toolService.routes.length > 0 || hasNone)
    units.push({
      name: "tools",
      blocks: [
        { text: printService(toolService, TOOLS_TEXT, name), needs: [] },
        ...lists("listTools", TOOL_LIST),
        ...inFile("tools").flatMap(({ blocks }) => blocks),
      ],
      imports: others,
      routes: ["listTools", ...keysOf(inFile("tools"))],
    });
  for (const file of others)
    units.push({ name: file, blocks: inFile(file).flatMap(({ blocks }) => blocks), routes: keysOf(inFile(file)) });
  if (resources.routes.length > 0)
    units.push({
      name: "resources",
      blocks: [
        { text: printService(resources, "Resources of the MCP server.", name), needs: [] },
        ...lists("listResources", RESOURCE_LIST),
        ...lists("listResourceTemplates", TEMPLATE_LIST),
        ...resources.routes.flatMap((route) =>
          route.kind === "resource" || route.kind === "template" ? resourceBlocks(route, into) : [],
        ),
      ],
      routes: resources.routes.map(({ key }) => key),
    });
  if (prompts.routes.length > 0)
    units.push({
      name: "prompts",
      blocks: [
        { text: printService(prompts, "Prompts of the MCP server.", name), needs: [] },
        ...lists("listPrompts", PROMPT_LIST),
        ...prompts.routes.flatMap((route) => (route.kind === "prompt" ? promptBlocks(route, into) : [])),
      ],
      routes: prompts.routes.map(({ key }) => key),
    });
  const wrappers = [...into.shared.values()].sort((a, b) => byCodeUnit(a.plan.name, b.plan.name));
  if (wrappers.length > 0) units.push({ name: "wrappers", blocks: wrappers.map(messageBlock) });
  return units;
}

const TOOLS_TEXT =
  "Tools of the MCP server. JSON that has no field here is lost: members of objects that a tool's schema does not name.";

const routesIn = ({ routes }: Service): readonly AdapterRoute[] => routes;
const keysOf = (tools: readonly ToolBlocks[]): readonly string[] => tools.map(({ models }) => models.route.key);
