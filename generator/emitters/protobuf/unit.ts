import { byCodeUnit } from "../../ir/order.js";
import type { AdapterRoute } from "../../ir/route.js";
import { messageBlock, type Block } from "./block.js";
import { CONTENT, PROMPT_LIST, RESOURCE_LIST, TEMPLATE_LIST, TOOL_LIST } from "./content.js";
import { promptBlocks, resourceBlocks } from "./prompt.js";
import { printService, type Services } from "./service.js";
import type { Package, ToolBlocks } from "./tool.js";

/** One .proto file before it is text. */
export interface Unit {
  /** File name without its folder and ending. */
  readonly name: string;
  readonly blocks: readonly Block[];
  /** More files of the package that it needs. */
  readonly imports?: readonly string[];
  /** Keys of the routes whose messages stand in it. */
  readonly routes?: readonly string[];
}

export interface UnitInput {
  /** Name of the package. */
  readonly name: string;
  readonly services: Services;
  readonly tools: readonly ToolBlocks[];
  /** File of each tool. */
  readonly files: readonly string[];
}

/** All files of a package. One without anything else has a service without rpcs, so that there is something to build. */
export function unitsOf(input: UnitInput, into: Package): readonly Unit[] {
  const { name, services, tools } = input;
  const all = Object.values(services).flatMap(({ routes }) => routes);
  const hasAnswers = all.some(({ kind }) => kind !== "list");
  const units: Unit[] = [];
  if (hasAnswers) units.push({ name: "content", blocks: [{ text: CONTENT, needs: ["struct"] }] });
  if (services.tools.routes.length > 0 || all.length === 0) units.push(...toolUnits(input));
  for (const [group, text] of [
    ["resources", "Resources of the MCP server."],
    ["prompts", "Prompts of the MCP server."],
  ] as const) {
    const service = services[group];
    if (service.routes.length === 0) continue;
    const printed: Block = { text: printService(service, text, name), needs: [] };
    const blocks = [printed, ...service.routes.flatMap((route) => routeBlocks(route, into))];
    units.push({ name: group, blocks, routes: service.routes.map(({ key }) => key) });
  }
  if (tools.length > 0 && into.shared.size > 0) {
    const wrappers = [...into.shared.values()].sort((a, b) => byCodeUnit(a.plan.name, b.plan.name));
    units.push({ name: "wrappers", blocks: wrappers.map(messageBlock) });
  }
  return units;
}

/** The service, and the tools that stand in its file; then the other tools. */
function toolUnits({ name, services, tools, files }: UnitInput): readonly Unit[] {
  const others = [...new Set(files)].filter((file) => file !== "tools").sort(byCodeUnit);
  const unit = (file: string): Required<Pick<Unit, "name" | "blocks" | "routes">> => {
    const own = tools.filter((_, i) => files[i] === file);
    const routes = own.map(({ models }) => models.route.key);
    return { name: file, blocks: own.flatMap(({ blocks }) => blocks), routes };
  };
  const { blocks, routes } = unit("tools");
  const service = services.tools;
  const lists = service.routes.flatMap((route) => (route.kind === "list" ? [route.key] : []));
  return [
    {
      ...{ name: "tools", imports: others, routes: [...lists, ...routes] },
      blocks: [
        { text: printService(service, TOOLS_TEXT, name), needs: [] },
        ...(lists.length > 0 ? [listBlock(TOOL_LIST)] : []),
        ...blocks,
      ],
    },
    ...others.map(unit),
  ];
}

function routeBlocks(route: AdapterRoute, into: Package): readonly Block[] {
  switch (route.kind) {
    case "prompt":
      return promptBlocks(route, into);
    case "resource":
    case "template":
      return resourceBlocks(route, into);
    case "list":
      return [listBlock(LISTS[route.method] ?? "")];
    default:
      return [];
  }
}

/** Reading a resource stands beside the list of resources: whoever has the one has the other. */
const LISTS: Readonly<Record<string, string>> = {
  "resources/list": RESOURCE_LIST,
  "resources/templates/list": TEMPLATE_LIST,
  "prompts/list": PROMPT_LIST,
};

const listBlock = (text: string): Block => ({ text, needs: ["struct", "content"] });

const TOOLS_TEXT =
  "Tools of the MCP server. JSON that has no field here is lost: members of objects that a tool's schema does not name.";
