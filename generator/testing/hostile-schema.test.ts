import { isTypeDefinitionNode, Kind, parse, print, visit } from "graphql";
import protobuf from "protobufjs";
import { beforeAll, describe, expect, it } from "vitest";
import { openLock } from "../ir/lock.js";
import { readSpec } from "../ir/read.js";
import type { Json, ServerSpec } from "../ir/spec.js";
import { schemaOutput, type SchemaOutput } from "./schema-output.js";
import { keptSpec } from "./snapshot.js";

/** The hostile fixture, and the same server with a harmless word for each hostile text, whatever the text was for. */
let hostile: SchemaOutput;
let harmless: SchemaOutput;
beforeAll(async () => {
  const spec = await keptSpec("hostile");
  hostile = await schemaOutput(spec, { lock: openLock() });
  harmless = await schemaOutput(harmlessTwin(spec), { lock: openLock() });
}, 60_000);

const MARKER = /CANARY_/;

/** Texts and names that hold the marker become words, the same for the same text; addresses and references stay. */
function harmlessTwin(spec: ServerSpec): ServerSpec {
  const words = new Map<string, string>();
  const wordOf = (text: string): string => {
    if (!MARKER.test(text)) return text;
    const word = words.get(text) ?? `harmless word ${words.size + 1}`;
    words.set(text, word);
    return word;
  };
  const visitValue = (value: Json, key = ""): Json => {
    if (typeof value === "string")
      return ["$ref", "uri", "uriTemplate", "pattern"].includes(key) ? value : wordOf(value);
    if (Array.isArray(value)) return (value as readonly Json[]).map((one) => visitValue(one, key));
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value);
    // Names of definitions are spoken of in references, percent-encoded.
    return Object.fromEntries(
      members.map(([name, one]) => [key === "$defs" ? name : wordOf(name), visitValue(one, name)]),
    );
  };
  return readSpec(visitValue(spec as unknown as Json), "harmless");
}

/** How many of each. */
function counted(all: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

it("has a twin that is harmless", () => {
  const canaries = ({ openapi, graphql, proto }: SchemaOutput): number =>
    [openapi, graphql, ...proto.values()].join("\n").match(/CANARY_/g)?.length ?? 0;
  expect(canaries(hostile)).toBeGreaterThan(1000);
  // In addresses and patterns.
  expect(canaries(harmless)).toBeLessThan(canaries(hostile) / 4);
});

describe("a GraphQL schema of hostile text", () => {
  const kinds = (sdl: string): string[] => {
    const found: string[] = [];
    visit(parse(sdl), {
      enter({ kind }) {
        if (kind !== Kind.STRING) found.push(kind);
      },
    });
    return found;
  };

  it("has the definitions, fields, arguments and directives of harmless text", () => {
    expect(counted(kinds(hostile.graphql))).toEqual(counted(kinds(harmless.graphql)));
  });

  it("applies the same directives", () => {
    const directives = (sdl: string): string[] => {
      const found: string[] = [];
      visit(parse(sdl), {
        Directive({ name }) {
          found.push(name.value);
        },
      });
      return found;
    };
    expect(counted(directives(hostile.graphql))).toEqual(counted(directives(harmless.graphql)));
  });

  it("keeps every text a text", () => {
    const bare = visit(parse(hostile.graphql), { StringValue: (node) => ({ ...node, value: "" }) });
    const names = bare.definitions.flatMap((node) => (isTypeDefinitionNode(node) ? [node.name.value] : []));
    expect(names.every((name) => /^[A-Za-z]\w*$/.test(name))).toBe(true);
    expect(print(bare).match(/[^\w\s{}()[\]:!|&@=",-]/g) ?? []).toEqual([]);
  });
});

describe("protobuf of hostile text", () => {
  const made = (output: SchemaOutput): string[] => {
    const root = new protobuf.Root();
    root.addJSON(protobuf.common.get("google/protobuf/struct.proto")?.nested ?? {});
    for (const text of output.proto.values()) protobuf.parse(text, root, { keepCase: true });
    const found: string[] = [];
    const options = (of: object): string[] => Object.keys((of as { options?: object }).options ?? {});
    const walk = (one: protobuf.ReflectionObject): void => {
      found.push(one.constructor.name, ...options(one).map((name) => `option ${name.replace(/json_name/, "")}`));
      if (one instanceof protobuf.Type) found.push(...one.fieldsArray.map(() => "field"));
      if (one instanceof protobuf.Enum) found.push(...Object.keys(one.values).map(() => "value"));
      if (one instanceof protobuf.Service) found.push(...one.methodsArray.map(() => "rpc"));
      if (one instanceof protobuf.Namespace) for (const inner of one.nestedArray) walk(inner);
    };
    walk(root);
    return found.filter((kind) => kind !== "option ");
  };

  it("has the messages, fields, enums, values, services, rpcs and options of harmless text", () => {
    expect(counted(made(hostile))).toEqual(counted(made(harmless)));
  });

  it("holds foreign text in comments and JSON names only, and in paths not at all", () => {
    for (const path of hostile.proto.keys()) expect(path).toMatch(/^mcpgen(?:\/[a-z][a-z0-9_]*)+\.proto$/);
    for (const text of hostile.proto.values()) {
      const code = text
        .split("\n")
        .map((line) => line.replace(/^\s*\/\/.*|\s\/\/ .*$/, "").replace(/"(?:[^"\\]|\\.)*"/g, '""'));
      expect(code.join("\n").match(/[^\w\s{}()[\];=,.<>"]/g) ?? []).toEqual([]);
    }
  });
});

describe("an OpenAPI document of hostile text", () => {
  it("has the paths, operations, parameters, components and tags of harmless text", () => {
    const shape = ({ openapi }: SchemaOutput): object => {
      const { paths, components, tags, ...rest } = JSON.parse(openapi) as Readonly<Record<string, object>>;
      const operations = Object.values(paths ?? {}).flatMap((path: object) => Object.entries(path));
      const { schemas, ...others } = components as Readonly<Record<string, object>>;
      return {
        members: Object.keys(rest),
        verbs: counted(operations.map(([verb]) => verb)),
        parts: counted(operations.flatMap(([, operation]) => Object.keys(operation as object))),
        tags: (tags as readonly object[]).length,
        schemas: Object.keys(schemas ?? {}).length,
        others: Object.fromEntries(Object.entries(others).map(([key, one]) => [key, Object.keys(one)])),
      };
    };
    expect(shape(hostile)).toEqual(shape(harmless));
  });

  it("names components and operations by identifiers and encodes what stands in paths", () => {
    const { paths, components } = JSON.parse(hostile.openapi) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
      readonly components: { readonly schemas: object };
    };
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(ids.filter((id) => !/^[A-Za-z_]\w*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(components.schemas).filter((name) => !/^[\w.-]+$/.test(name))).toEqual([]);
    expect(
      Object.keys(paths).filter((path) => !/^\/[\w%.~!*'()/{}-]*$/.test(path) || /\/\.\.?(?:\/|$)/.test(path)),
    ).toEqual([]);
  });

  it("refers to nothing but its own components", () => {
    const targets = [...hostile.openapi.matchAll(/"\$ref": "([^"]*)"/g)].map(([, target]) => target ?? "");
    expect(targets.length).toBeGreaterThan(100);
    expect(targets.filter((target) => !/^#\/components\/[a-zA-Z]+\/[\w.-]+$/.test(target))).toEqual([]);
  });
});
