import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { problemsIn } from "../../runtime/guard/schema/check.js";
import { readSpec } from "../ir/read.js";
import { normaliseSchema } from "../ir/schema.js";
import type { Json, JsonSchema, ServerSpec } from "../ir/spec.js";
import { packageRoot } from "../package-root.js";
import { loadValidators } from "../testing/validator-module.js";
import { checkPlan } from "./validator-table.js";
import { printValidators } from "./validators.js";

const specOf = (tools: Readonly<Record<string, unknown>>): ServerSpec =>
  readSpec({ tools: Object.entries(tools).map(([name, inputSchema]) => ({ name, inputSchema })) }, "test");

/** Whether a schema accepts a value, without printing. */
function accepts(schema: JsonSchema, value: unknown): boolean {
  const { table, roots } = checkPlan([{ name: "t", pointer: "", schema }]);
  return problemsIn(table, roots[0]?.[1] ?? -1, value).length === 0;
}

const { compile } = ((ajv) => ({ compile: (schema: JsonSchema) => ajv.compile(schema) }))(
  new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, ownProperties: true }),
);

/** What ajv says; undefined where the code that it made fails ("props0 is not defined"). */
function judged(isValid: ReturnType<typeof compile>, value: unknown): boolean | undefined {
  try {
    return isValid(value);
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

describe("says what ajv says", () => {
  const names = fc.constantFrom("a", "b", "isPrototypeOf", "__proto__", "é");
  const scalars = fc.constantFrom<Json>(0, 1, 1.5, -2, 3, "", "a", "ab", "é😀", true, false, null);
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthIdentifier: "value" },
      scalars,
      fc.array(tie("value"), { maxLength: 4, depthIdentifier: "value" }),
      fc.dictionary(names, tie("value"), { maxKeys: 3, depthIdentifier: "value", noNullPrototype: true }),
    ),
  }));
  const small = fc.integer({ min: 0, max: 3 });
  const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => {
    const one = tie("schema");
    const some = fc.array(one, { minLength: 1, maxLength: 3 });
    const map = fc.dictionary(names, one, { maxKeys: 3, noNullPrototype: true });
    const type = fc.constantFrom("object", "array", "string", "number", "integer", "boolean", "null");
    const listed = fc.array(names, { minLength: 1, maxLength: 2 });
    const keyword = fc.oneof(
      fc.record({ type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })) }),
      fc.record({ enum: fc.array(value, { minLength: 1, maxLength: 4 }) }),
      fc.record({ const: value }),
      fc.record({ minimum: small, exclusiveMaximum: small }, { requiredKeys: [] }),
      fc.record({ maximum: small, exclusiveMinimum: small, multipleOf: fc.constantFrom(0.5, 1, 2) }, { requiredKeys: [] }),
      fc.record({ minLength: small, maxLength: small }, { requiredKeys: [] }),
      fc.record({ pattern: fc.constantFrom("^a", "b$", "^(a|b)*$", "\\p{L}", ".") }),
      fc.record({ minItems: small, maxItems: small, uniqueItems: fc.boolean() }, { requiredKeys: [] }),
      fc.record({ items: one, prefixItems: some }, { requiredKeys: [] }),
      fc.record({ contains: one, minContains: small, maxContains: small }, { requiredKeys: ["contains"] }),
      fc.record({ unevaluatedItems: one }),
      fc.record({ minProperties: small, maxProperties: small }, { requiredKeys: [] }),
      fc.record({ required: listed, properties: map }, { requiredKeys: [] }),
      fc.record({ patternProperties: fc.dictionary(fc.constantFrom("^a", "b|é", "o"), one), additionalProperties: one }, { requiredKeys: [] }),
      fc.record({ propertyNames: one }),
      fc.record({ dependentRequired: fc.dictionary(names, listed), dependentSchemas: map }, { requiredKeys: [] }),
      fc.record({ unevaluatedProperties: one }),
      fc.record({ allOf: some, anyOf: some }, { requiredKeys: [] }),
      fc.record({ oneOf: some, not: one }, { requiredKeys: [] }),
      fc.record({ if: one, then: one, else: one }, { requiredKeys: ["if"] }),
      fc.record({ $ref: fc.constantFrom("#/$defs/x", "#/$defs/y", "#") }),
    ) as fc.Arbitrary<Record<string, Json>>;
    return {
      schema: fc.oneof(
        { maxDepth: 4, depthIdentifier: "schema" },
        fc.boolean(),
        fc.array(keyword, { minLength: 1, maxLength: 3, depthIdentifier: "schema" }).map((parts) => Object.assign({}, ...parts) as JsonSchema),
      ),
    };
  }); // prettier-ignore

  it("of schemas and values made at random", () => {
    let [valid, invalid] = [0, 0];
    fc.assert(
      fc.property(
        schema,
        fc.record({ x: schema, y: schema }),
        fc.array(value, { minLength: 8, maxLength: 8 }),
        (root, $defs, values) => {
          const raw: JsonSchema = typeof root === "boolean" ? { allOf: [root], $defs } : { ...root, $defs };
          const normal = normaliseSchema(raw, "").schema;
          const text = JSON.stringify([normal, values]);
          // Where ajv is wrong: it passes over properties called `__proto__`; beside `contains` it counts all items as judged
          // and finds something in an empty array where `prefixItems` has a boolean; what a failed `if`, or a second
          // `unevaluated…`, has judged it counts, or does not, against the specification (the official suite has those).
          fc.pre(!text.includes("__proto__"));
          fc.pre(!text.includes('"contains"') || !/"(?:unevaluated|prefix)Items"/.test(text));
          const unevaluated = text.split('"unevaluated').length - 1;
          fc.pre(unevaluated === 0 || (unevaluated === 1 && !text.includes('"if"')));
          const isValid = compile(normal);
          for (const one of values) {
            const want = judged(isValid, one);
            fc.pre(want !== undefined);
            if (want) valid++;
            else invalid++;
            expect([normal, one, accepts(raw, one)]).toEqual([normal, one, want]);
          }
        },
      ),
      { numRuns: 1500, seed: 11 },
    );
    expect(valid).toBeGreaterThan(1000);
    expect(invalid).toBeGreaterThan(1000);
  }, 60_000);
});

it("takes enum and const together", () => {
  const both = (only: Json): boolean => accepts({ enum: [1, [2]], const: only }, only);
  expect([1, [2], 2].map(both)).toEqual([true, true, false]);
});

describe("where a keyword cannot be enforced, more is accepted and never less", () => {
  const unsafe = { pattern: "^(?=b)" };
  const cases: readonly { name: string; schema: JsonSchema; refused?: unknown }[] = [
    { name: "itself", schema: unsafe },
    { name: "beside what can", schema: { ...unsafe, maxLength: 1 }, refused: "ab" },
    { name: "under not", schema: { not: unsafe } },
    { name: "under not not", schema: { not: { not: unsafe } } },
    { name: "under not, beside what surely does not fit", schema: { not: { ...unsafe, type: "number" } } },
    { name: "a second branch of oneOf", schema: { oneOf: [unsafe, { type: "string" }] } },
    { name: "two branches of oneOf that surely fit", schema: { oneOf: [unsafe, { type: "number" }, { maximum: 5 }] }, refused: 1 },
    { name: "the condition of then", schema: { if: unsafe, then: false } },
    { name: "the condition of else", schema: { if: unsafe, then: false, else: false }, refused: "ignored" },
    { name: "an upper bound of contains", schema: { contains: unsafe, maxContains: 0, type: ["string", "array"] } },
    { name: "names that may have a schema of their own", schema: { patternProperties: { "(?=a)": true }, additionalProperties: false } },
    { name: "names that may have been judged", schema: { patternProperties: { "(?=a)": true }, unevaluatedProperties: false } },
    { name: "a condition that judges members", schema: { if: { properties: { a: unsafe } }, then: { properties: { b: true } }, unevaluatedProperties: false } },
    { name: "a name that has a pattern", schema: { propertyNames: { not: unsafe } } },
  ]; // prettier-ignore
  const VALUES: readonly Json[] = ["a", ["a"], { a: "a" }, { a: "a", b: 1 }, "b", { a: "b", b: 1 }];

  it.each(cases)("$name", ({ schema, refused }) => {
    const plan = checkPlan([{ name: "t", pointer: "/tools/0/inputSchema", schema }]);
    expect(plan.diagnostics.map(({ code }) => code)).toEqual(["pattern-not-enforced"]);
    // What the whole schema accepts by ajv, which knows all patterns, we accept.
    const isValid = compile(schema);
    for (const value of VALUES) if (isValid(value)) expect([value, accepts(schema, value)]).toEqual([value, true]);
    if (refused !== undefined && refused !== "ignored") expect(accepts(schema, refused)).toBe(false);
  });

  it("accepts where the pattern alone would have decided", () => {
    for (const schema of [
      unsafe,
      { not: unsafe },
      { oneOf: [unsafe, { type: "string" }] },
      { if: unsafe, then: false },
    ])
      expect([schema, accepts(schema, "a"), accepts(schema, "b")]).toEqual([schema, true, true]);
  });

  it("says which pattern, where and why, in the diagnostics and in the text", async () => {
    const properties = { a: { type: "string", pattern: "(a)\\1" }, b: { type: "string", pattern: "^a$" } };
    const { text, diagnostics } = await printValidators(specOf({ t: { type: "object", properties } }));
    expect(diagnostics).toEqual([
      {
        severity: "warning",
        code: "pattern-not-enforced",
        pointer: "/tools/0/inputSchema/properties/a/pattern",
        message: 'a pattern of "t" is not enforced on arguments: it refers back to a group',
      },
    ]);
    expect(text).toContain('// a pattern of "t" is not enforced on arguments: it refers back to a group\n');
  });
});

describe("the printed module", () => {
  const CANARY = "globalThis.pwned=1";
  const hostile = [
    `"];${CANARY};["`,
    `*/${CANARY}/*`,
    `\`\${${CANARY}}\``,
    `\u2028${CANARY}\u2029`,
    `\\"];${CANARY}//`,
    `</script>${CANARY}`,
    `\n${CANARY}\n`,
    "__proto__",
    "constructor",
    "\u202e\u200b",
  ];
  const hostileSchema = (text: string): unknown => ({
    type: "object",
    title: text,
    required: [text],
    properties: Object.fromEntries([
      [text, { enum: [text, { [text]: text }, [text]] }],
      ["pattern", { pattern: text.replace(/[^\p{L}\p{N}]/gu, "\\$&") }],
      ["const", { enum: [text, "\ud800"] }],
    ]),
    patternProperties: { [`x${text}`]: { const: text } },
    dependentRequired: { [text]: [text] },
  });
  const spec = specOf(
    Object.fromEntries(hostile.map((text, i) => [`${text}${i === 7 ? "" : i}`, hostileSchema(text)])),
  );

  it("is nothing but data, whatever the schemas hold", async () => {
    const { text } = await printValidators(spec);
    const file = ts.createSourceFile("v.ts", text, ts.ScriptTarget.ES2022, true);
    const [first, ...others] = file.statements.map((one) => ts.SyntaxKind[one.kind]);
    expect([first, ...new Set(others)]).toEqual(["ImportDeclaration", "FirstStatement"]);
    const calls: string[] = [];
    const kinds = new Set<string>();
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) calls.push(node.expression.getText());
      if (ts.isExpression(node)) kinds.add(ts.SyntaxKind[node.kind]);
      ts.forEachChild(node, visit);
    };
    file.statements.forEach(visit);
    expect(calls).toEqual(["argumentValidators"]);
    expect([...kinds].sort()).toEqual(
      ["ArrayLiteralExpression", "CallExpression", "FirstLiteralToken", "Identifier", "ObjectLiteralExpression", "StringLiteral"],
    ); // prettier-ignore
    expect(text).not.toMatch(/[\u2028\u2029\u202e\ud800-\udfff]|<\//u);
  });

  it("keeps every such name and value", async () => {
    const { validators } = await loadValidators((await printValidators(spec)).text);
    expect(Object.keys(validators)).toHaveLength(hostile.length);
    for (const [i, tool] of spec.tools.entries()) {
      const text = hostile[i] ?? "";
      const args = Object.fromEntries([
        [text, text],
        ["const", "\ud800"],
      ]);
      expect([text, validators[tool.name]?.(args)]).toEqual([text, []]);
      expect(validators[tool.name]?.({})).toEqual([
        { pointer: "", message: `must have property ${JSON.stringify(text)}` },
      ]);
      expect(validators[tool.name]?.(Object.fromEntries([[text, "other"]]))).not.toEqual([]);
    }
    expect(globalThis).not.toHaveProperty("pwned");
  });

  it("compiles as strictly as can be asked", async () => {
    const folder = packageRoot();
    const name = join(folder, "validate.gen.ts");
    const { text } = await printValidators(spec);
    const options: ts.CompilerOptions = {
      ...{
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        noUnusedLocals: true,
        noEmit: true,
      },
      ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, skipLibCheck: true, isolatedModules: true },
      ...{ verbatimModuleSyntax: true, types: ["node"], lib: ["lib.es2023.d.ts"] },
    };
    const host = ts.createCompilerHost(options);
    const read = host.readFile.bind(host);
    host.readFile = (path) => (path === name ? text : read(path));
    host.fileExists = (
      (exists) => (path: string) =>
        path === name || exists(path)
    )(host.fileExists.bind(host));
    const program = ts.createProgram([name], options, host);
    const texts = ts.getPreEmitDiagnostics(program).map((one) => ts.flattenDiagnosticMessageText(one.messageText, " "));
    expect(texts).toEqual([]);
    expect(program.getSourceFile(name)?.statements.length).toBeGreaterThan(3);
  });

  it("does not depend on the order of tools, properties and definitions", async () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" }, value: { type: "string" } } };
    const list = {
      type: "object",
      properties: { list: { $ref: "#/$defs/node" } },
      required: ["list"],
      $defs: { node },
    };
    const turned = { $defs: { node: { properties: { value: { type: "string" }, next: { $ref: "#/$defs/node" } }, type: "object" } }, required: ["list"], properties: { list: { $ref: "#/$defs/node" } }, type: "object" }; // prettier-ignore
    const body = async (tools: Readonly<Record<string, unknown>>): Promise<string> => {
      const { text } = await printValidators(specOf(tools));
      return text.slice(text.indexOf("import"));
    };
    const other = { type: "object", properties: { a: { type: "string" } } };
    expect(await body({ b: turned, a: list, c: other })).toBe(await body({ a: list, c: other, b: list }));
  });

  it("holds equal schemas once, recursive ones of different tools too, under whatever key", () => {
    const recursive = (key: string): JsonSchema => ({
      type: "object",
      properties: { tree: { $ref: `#/$defs/${key}` } },
      $defs: { [key]: { type: "array", items: { $ref: `#/$defs/${key}` } } },
    });
    const plan = checkPlan(["a", "b", "c"].map((name) => ({ name, pointer: "", schema: recursive(name) })));
    expect(plan.table).toEqual([
      { type: ["object"], properties: [["tree", 1]] },
      { type: ["array"], items: 1 },
    ]);
    expect(plan.roots).toEqual([["a", 0], ["b", 0], ["c", 0]]); // prettier-ignore
  });

  it("takes a chain of 15,000 definitions, and none at all", async () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 15_000 }, (_, i) => [`d${i}`, { properties: { a: { $ref: `#/$defs/d${i + 1}` } } }]),
    );
    const chain = { type: "object", properties: { a: { $ref: "#/$defs/d0" } }, $defs: { ...$defs, d15000: false } };
    expect(accepts(chain, { a: { a: {} } })).toBe(true);
    expect(Object.keys((await loadValidators((await printValidators(specOf({}))).text)).validators)).toEqual([]);
  });

  it("grows no more than so far by patterns that ask for thousands of steps each", async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`p${i}`, { pattern: `^[a-z]{1990}${i}` }]),
    );
    const { text, diagnostics } = await printValidators(specOf({ many: { type: "object", properties } }));
    expect(text.length).toBeLessThan(2_000_000);
    expect(diagnostics).toHaveLength(20);
    expect(diagnostics[0]?.message).toContain("it is one too many: all take more than 100000 steps");
  });

  it("accepts anything where the server gave no type", async () => {
    const { validators } = await loadValidators((await printValidators(specOf({ free: {} }))).text);
    expect(validators["free"]?.({ anything: [1] })).toEqual([]);
  });
});
