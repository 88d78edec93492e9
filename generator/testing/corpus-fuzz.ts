import * as fc from "fast-check";
import { readSpec } from "../ir/read.js";
import type { NamedSpec } from "./corpus-spec.js";

/** Names and texts that break printers: code, comments, tags, prototypes, reserved words, nothing visible, nothing ASCII. */
const NASTY = [
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "then", "toJSON", "length", "read", "call", "tools"],
  ...["class", "default", "type", "properties", "items", "$ref", "$defs", "$id", "title", "tsType", "enum", "required"],
  ...[
    "a",
    "A",
    "a-b",
    "a_b",
    "aB",
    "a.b",
    "a/b",
    "a b",
    "a2",
    "a-2",
    "2a",
    "1.0",
    "0",
    "-1",
    "",
    " ",
    "_",
    "$",
    "@",
    "*",
    "[k: string]",
  ],
  ...[
    "get-sum",
    "get_sum",
    "getSum",
    "GetSum",
    "getSum2",
    "getSumInput",
    "get-sum-output",
    "HTTPGet",
    "Zca",
    "Zda",
    "Zroot",
  ],
  ...[
    "水产",
    "données",
    "ß",
    "🦀",
    "\u202Eevil",
    "a\u200Bb",
    "\u{E0041}",
    "\uD800",
    "\u2028",
    "\u0000",
    "\r\n",
    "\uFFFE",
  ],
  ...[
    "*/ process.exit() /*",
    "${process.exit()}",
    "`",
    '"; process.exit(); "',
    "'",
    "\\",
    "\\u0041",
    "</script>",
    "//",
    "/**",
    "#!",
  ],
  ...[
    "@deprecated",
    "{@link x}",
    "\n@ts-ignore\n",
    '/// <reference path="x" />',
    "@jsx x",
    "undefined",
    "never",
    "any",
    "string",
  ],
  "x".repeat(300),
];

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  fc.string({ unit: "binary", maxLength: 12 }),
);
const count = fc.integer({ min: 0, max: 5 });
const json = fc.oneof(
  ...[
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e21, 5e-324, [], {}, [1, "a"], { a: { "*/": null } }),
    name,
  ],
);
const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];
const garbage = fc.constantFrom<unknown>(null, 5, "x", [], {}, [null], true, { $ref: 5 }, { type: "any" });

/** `ref` names a definition of the same document, or none. */
const ref = fc.oneof(
  fc.constantFrom(
    "#",
    "#/$defs/a",
    "#/$defs/b",
    "#/definitions/c",
    "#/properties/a",
    "#/$defs/a/properties/a",
    "#anchor",
  ),
  fc.constantFrom("#/$defs/none", "file:///etc/passwd", "http://127.0.0.1:9/x", "other.json#/a", "#/$defs/__proto__"),
);

const schemas = fc.letrec<{ schema: unknown; many: unknown[]; map: Record<string, unknown> }>((tie) => ({
  many: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
  map: fc.dictionary(fc.oneof(fc.constantFrom("a", "b", "c"), name), tie("schema"), { maxKeys: 3 }),
  schema: fc.oneof(
    { maxDepth: 4, depthSize: "small", depthIdentifier: "schema" },
    fc.oneof(fc.boolean(), fc.constant({}), fc.record({ type: fc.constantFrom(...TYPES), description: name })),
    { weight: 2, arbitrary: fc.record({ $ref: ref, description: name }, { requiredKeys: ["$ref"] }) },
    {
      weight: 6,
      arbitrary: fc.record(
        {
          type: fc.oneof(fc.constantFrom(...TYPES), fc.subarray(TYPES, { minLength: 1, maxLength: 3 })),
          properties: tie("map"),
          required: fc.array(fc.oneof(fc.constantFrom("a", "b"), name), { maxLength: 3 }),
          additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
          description: name,
          title: name,
          default: json,
        },
        { requiredKeys: ["type", "properties"] },
      ),
    },
    {
      weight: 3,
      arbitrary: fc.record(
        {
          type: fc.constantFrom("array", ["array", "null"]),
          items: fc.oneof(tie("schema"), tie("many")),
          prefixItems: tie("many"),
          additionalItems: tie("schema"),
          minItems: count,
          maxItems: count,
        },
        { requiredKeys: [] },
      ),
    },
    {
      weight: 4,
      arbitrary: fc.record(
        {
          type: fc.constantFrom(...TYPES),
          anyOf: tie("many"),
          oneOf: tie("many"),
          allOf: tie("many"),
          required: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
          properties: fc.record({ a: tie("schema") }),
        },
        { requiredKeys: [] },
      ),
    },
    {
      weight: 2,
      arbitrary: fc.record(
        {
          type: fc.constantFrom(...TYPES),
          enum: fc.array(json, { maxLength: 4 }),
          const: json,
          nullable: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    },
    {
      weight: 2,
      arbitrary: fc.record(
        {
          not: tie("schema"),
          if: tie("schema"),
          then: tie("schema"),
          dependencies: fc.record({ a: tie("schema"), b: fc.constant(["a"]) }),
          patternProperties: fc.dictionary(fc.constantFrom("^x", "[", "a"), tie("schema"), { maxKeys: 2 }),
          unevaluatedProperties: tie("schema"),
          exclusiveMinimum: fc.oneof(fc.boolean(), count),
          format: name,
          deprecated: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    },
    {
      weight: 2,
      arbitrary: fc.record(
        {
          ...{ tsType: name, tsEnumNames: fc.array(name, { maxLength: 2 }), extends: tie("schema"), $id: name },
          ...{ $anchor: fc.constant("anchor"), x: garbage, description: garbage, enum: garbage, type: garbage },
          properties: tie("map"),
        },
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: garbage },
  ),
}));

/** A document: a schema with definitions, of some dialect. */
export const anySchema: fc.Arbitrary<unknown> = fc
  .record(
    {
      root: schemas.schema,
      $defs: fc.record({ a: schemas.schema, b: schemas.schema }),
      definitions: fc.record({ c: schemas.schema }),
      $schema: fc.constantFrom(
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2020-12/schema",
        "x",
      ),
    },
    { requiredKeys: ["root"] },
  )
  .map(({ root, ...rest }) => (typeof root === "object" && root !== null ? { ...rest, ...root } : root));

/** Not `then`: the sample check passes a record of tools out of an async function, which would call it. */
const toolName = name.filter((one) => one !== "then");

/** What is needed for a tool to be a tool at all. */
const inputSchema = anySchema.map((schema) =>
  typeof schema === "object" && schema !== null && !Array.isArray(schema) ? schema : {},
);

const server = fc.record({
  serverInfo: fc.record({ name, version: name }),
  instructions: name,
  capabilities: fc.constant({ tools: {}, prompts: {}, resources: {} }),
  tools: fc.array(
    fc.record(
      {
        name: toolName,
        inputSchema,
        title: name,
        description: name,
        outputSchema: inputSchema,
        annotations: fc.record({ title: name, readOnlyHint: fc.boolean() }),
      },
      { requiredKeys: ["name", "inputSchema"] },
    ),
    { maxLength: 6 },
  ),
  prompts: fc.array(
    fc.record(
      {
        name,
        description: name,
        arguments: fc.array(
          fc.record({ name, description: name, required: fc.boolean() }, { requiredKeys: ["name"] }),
          { maxLength: 3 },
        ),
      },
      { requiredKeys: ["name"] },
    ),
    { maxLength: 3 },
  ),
  resources: fc.array(fc.record({ uri: name, name }), { maxLength: 3 }),
  resourceTemplates: fc.array(
    fc.record({
      uriTemplate: fc
        .tuple(name, fc.constantFrom("", "{a}", "{+a,b}", "{?a,b*}", "{", "{}", "{a"), name)
        .map((parts) => parts.join("")),
      name,
      description: name,
    }),
    { maxLength: 3 },
  ),
});

/** Specs that nobody would write, the same for the same seed. */
export function nastySpecs(count: number, seed: number): NamedSpec[] {
  return fc.sample(server, { numRuns: count, seed }).map((raw, i) => {
    // Through text, as from a file: what JSON cannot carry is gone.
    const json = JSON.parse(JSON.stringify(raw)) as unknown;
    return { name: `nasty-${i}`, spec: readSpec(json, `nasty-${i}`) };
  });
}
