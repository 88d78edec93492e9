import { beforeAll, describe, expect, test } from "vitest";
import { keptSpec } from "../testing/snapshot.js";
import { openLock, type Settled } from "./lock.js";
import { inOrder } from "./order.js";
import { readSpec } from "./read.js";
import { itemKeys, planRoutes, TYPE_SUFFIXES, type AdapterRoute } from "./route.js";
import type { ServerSpec } from "./spec.js";

const toolsNamed = (...names: readonly string[]): ServerSpec =>
  inOrder(readSpec({ tools: names.map((name) => ({ name, inputSchema: { type: "object" } })) }, "test"));
const tools = (routes: readonly AdapterRoute[]): Record<string, string> =>
  Object.fromEntries(routes.flatMap((route) => (route.kind === "tool" ? [[route.target, route.name]] : [])));

describe.each(["names", "hostile", "everything"])("routes of %s", (fixture) => {
  let spec: ServerSpec;
  let routes: readonly AdapterRoute[];
  beforeAll(async () => {
    spec = inOrder(await keptSpec(fixture));
    routes = planRoutes(spec);
  });

  test("one for each item, and unique in each respect", () => {
    const { tools: all, resources, resourceTemplates, prompts } = spec;
    const items = routes.filter(({ kind }) => kind !== "list" && kind !== "read");
    expect(items).toHaveLength(all.length + resources.length + resourceTemplates.length + prompts.length);
    const types = routes.flatMap(({ typeBase }) => TYPE_SUFFIXES.map((suffix) => typeBase + suffix));
    for (const list of [
      routes.map(({ name }) => name),
      routes.map(({ key }) => key),
      routes.map(({ http: { verb, path } }) => `${verb} ${path}`),
      types,
    ])
      expect(new Set(list).size).toBe(list.length);
  });

  test("names are identifiers; paths hold nothing that a URL parser changes, and no variable but {uri}", () => {
    for (const { name, typeBase, http } of routes) {
      expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
      expect(typeBase).toMatch(/^[A-Z][A-Za-z0-9]*$/);
      const path = http.path.replace("/{uri}", "/uri");
      expect(path).toMatch(/^(?:\/[A-Za-z0-9_.!~*'()%-]+)+$/);
      expect(new URL(path, "http://x").pathname).toBe(path);
    }
  });

  test("the lock keeps them when half of the server is new", () => {
    const half = { ...spec, tools: spec.tools.filter((_, i) => i % 2 === 1), prompts: spec.prompts.slice(1) };
    const lock = openLock();
    const before = new Map(planRoutes(half, lock).map(({ key, name, http }) => [key, { name, http }]));
    const settled = JSON.parse(JSON.stringify(lock.settled(itemKeys(half)))) as Settled;
    const after = new Map(planRoutes(spec, openLock(settled)).map(({ key, name, http }) => [key, { name, http }]));
    expect(before.size).toBeGreaterThan(0);
    for (const [key, route] of before) expect(after.get(key)).toEqual(route);
  });

  test("pointers lead to the items", () => {
    for (const route of routes) {
      if (!("item" in route)) continue;
      const [, list = "", index = ""] = route.pointer.split("/");
      expect((spec[list as "tools"] as readonly unknown[])[Number(index)]).toBe(route.item);
    }
  });
});

test.each([
  { name: "a clean name wins", given: ["get_user", "getUser"], want: { get_user: "getUser2", getUser: "getUser" } },
  { name: "a tool called like a list", given: ["listTools"], want: { listTools: "listTools2" } },
  {
    name: "a name and its suffix, which types of the first do not have alone",
    given: ["act", "act-result"],
    want: { act: "act", "act-result": "actResult" },
  },
  { name: "no letter at all", given: ["水", "火"], want: { 水: "tool", 火: "tool2" } },
])("$name", ({ given, want }) => {
  expect(tools(planRoutes(toolsNamed(...given)))).toEqual(want);
});

test.each([
  { tool: ".", path: /^\/tools\/tool\d*$/ },
  { tool: "..", path: /^\/tools\/tool\d*$/ },
  { tool: "a/../b", path: /^\/tools\/a%2F\.\.%2Fb$/ },
  { tool: "", path: /^\/tools\/tool$/ },
  { tool: "a b?c#d", path: /^\/tools\/a%20b%3Fc%23d$/ },
  { tool: "\ud83e", path: /^\/tools\/tool$/ },
])("the path of a tool called $tool", ({ tool, path }) => {
  const [, route] = planRoutes(toolsNamed(tool));
  expect(route?.http.path).toMatch(path);
});

test.each([
  { name: "nothing said", annotations: undefined, want: "Mutation" },
  { name: "it only reads", annotations: { readOnlyHint: true }, want: "Query" },
  { name: "it reads and destroys", annotations: { readOnlyHint: true, destructiveHint: true }, want: "Mutation" },
  { name: "a text", annotations: { readOnlyHint: "true" }, want: "Mutation" },
  { name: "a list", annotations: [true], want: "Mutation" },
])("Query or Mutation: $name", ({ annotations, want }) => {
  const spec = readSpec({ tools: [{ name: "t", inputSchema: { type: "object" }, annotations }] }, "test");
  const [, route] = planRoutes(spec);
  expect(route?.graphql.root).toBe(want);
  expect(planRoutes(spec, openLock(), { allMutations: true })[1]?.graphql.root).toBe("Mutation");
});
