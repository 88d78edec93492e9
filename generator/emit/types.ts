import { compile } from "json-schema-to-typescript";
import { GeneratorError } from "../errors.js";
import type { Names } from "../ir/names.js";
import { normaliseSchema } from "../ir/schema.js";
import { isObject } from "../ir/schema-keyword.js";
import type { Json, JsonSchema, PromptSpec, ServerSpec } from "../ir/spec.js";
import { pascal } from "../ir/words.js";
import { docCode } from "./escape.js";
import { fileHeader } from "./header.js";
import { type Holes, newHoles } from "./type-hole.js";
import { withToldTypes } from "./type-told.js";
import { declarationsOf } from "./type-layout.js";
import { factsOf } from "./type-union.js";
import { docOf, type View, viewOf } from "./type-view.js";
import { templateVariables } from "./uri-template.js";

/** A type to be declared. */
interface Declared {
  readonly name: string;
  readonly view: View;
  /** A doc comment as `jsDoc` writes it. */
  readonly doc: string;
}

/**
 * The text of types.gen.ts, laid out: for each tool its input, its output and the definitions of both, for each prompt its arguments, for
 * each template its variables. json-schema-to-typescript prints one document that holds them all; it sees no foreign text.
 */
export async function printTypes(spec: ServerSpec, names: Names): Promise<string> {
  const holes = newHoles();
  const declared = [
    ...toolTypes(spec, names, holes),
    ...promptTypes(spec, names, holes),
    ...templateTypes(spec, names, holes),
  ];
  const printed = await print(declared, holes);
  const texts = declared.map(({ name, doc }) => {
    const text = printed.get(name);
    if (text === undefined) throw new GeneratorError("internal", `type ${name} was planned and not printed`);
    return doc + text;
  });
  // Without a type the file would be a script, not a module.
  return fileHeader(spec) + (texts.length > 0 ? texts.join("\n") : "export {};\n");
}

const ROOT = "Zroot";

async function print(declared: readonly Declared[], holes: Holes): Promise<ReadonlyMap<string, string>> {
  const $defs = Object.fromEntries(declared.map(({ name, view }) => [holes.code(name), view.node]));
  const document = { type: "object", additionalProperties: false, $defs };
  const text = await compile(document as Parameters<typeof compile>[0], ROOT, {
    $refOptions: { resolve: { file: false, http: false, external: false } },
    bannerComment: "",
    format: false,
    ignoreMinAndMaxItems: true,
    unknownAny: true,
    unreachableDefinitions: true,
  });
  return declarationsOf(text, holes);
}

function* toolTypes(spec: ServerSpec, names: Names, holes: Holes): Generator<Declared> {
  for (const [i, tool] of spec.tools.entries()) {
    const own = names.tools[i];
    if (!own) continue;
    const taken = new Set<string>();
    const called = docCode(tool.name);
    const { typeBase, input, output } = own;
    const of = { typeBase, taken, holes };
    yield* schemaTypes(tool.inputSchema, {
      ...of,
      name: input,
      lead: `Arguments of the tool ${called}.`,
      isInput: true,
    });
    if (output === undefined) continue;
    const lead = `\`structuredContent\` of the tool ${called}.`;
    yield* schemaTypes(tool["outputSchema"] as JsonSchema, { ...of, name: output, lead, isInput: false });
  }
}

interface Root {
  readonly name: string;
  readonly typeBase: string;
  /** Names of the tool's definitions so far. */
  readonly taken: Set<string>;
  readonly holes: Holes;
  readonly lead: string;
  readonly isInput: boolean;
}

/** The schema's own type and those of its definitions. */
function* schemaTypes(schema: JsonSchema, root: Root): Generator<Declared> {
  const { name, typeBase, taken, holes, lead, isInput } = root;
  const normal = withToldTypes(normaliseSchema(schema, ""), isInput);
  const nameOf = new Map<string, string>();
  for (const key of Object.keys(normal.defs)) {
    const base = `${typeBase}_${pascal(key, "Def")}`;
    let free = base;
    for (let n = 2; taken.has(free); n++) free = `${base}_${n}`;
    taken.add(free);
    nameOf.set(key, key === normal.rootKey ? name : free);
  }
  const facts = factsOf(normal.defs);
  const context = { holes, facts, defaultsAreOptional: isInput, typeNameOf: (key: string) => nameOf.get(key) ?? name };
  yield { name, view: viewOf(normal.schema, context), doc: docOf(normal.schema, lead) };
  for (const [key, definition] of Object.entries(normal.defs))
    if (key !== normal.rootKey)
      yield { name: nameOf.get(key) ?? "", view: viewOf(definition, context), doc: docOf(definition) };
}

function* promptTypes(spec: ServerSpec, names: Names, holes: Holes): Generator<Declared> {
  for (const [i, prompt] of spec.prompts.entries()) {
    const own = names.prompts[i];
    if (!own) continue;
    const members = promptArguments(prompt).map(({ name, description, required }) => {
      return [name, { type: "string", ...(description === undefined ? {} : { description }) }, required] as const;
    });
    const lead = `Arguments of the prompt ${docCode(prompt.name)}.`;
    yield objectType(own.arguments, members, { holes, lead });
  }
}

function* templateTypes(spec: ServerSpec, names: Names, holes: Holes): Generator<Declared> {
  for (const [i, template] of spec.resourceTemplates.entries()) {
    const own = names.resourceTemplates[i];
    if (!own) continue;
    const members = templateVariables(template.uriTemplate).map(({ name, list, optional }) => {
      const schema = list
        ? { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] }
        : { type: "string" };
      return [name, schema, !optional] as const;
    });
    const lead = `Variables of the resource template ${docCode(template.uriTemplate)}.`;
    yield objectType(own.variables, members, { holes, lead });
  }
}

type Member = readonly [name: string, schema: JsonSchema, required: boolean];

function objectType(name: string, members: readonly Member[], of: { holes: Holes; lead: string }): Declared {
  const schema = {
    type: "object",
    properties: Object.fromEntries(members.map(([member, one]) => [member, one])),
    required: members.filter(([, , required]) => required).map(([member]) => member),
    additionalProperties: false,
  };
  const context = { holes: of.holes, facts: factsOf({}), defaultsAreOptional: false, typeNameOf: () => name };
  return { name, view: viewOf(schema, context), doc: docOf(true, of.lead) };
}

/** A prompt's arguments, as far as they are what the specification says they are. */
function promptArguments(prompt: PromptSpec): readonly { name: string; description?: string; required: boolean }[] {
  const given = prompt["arguments"];
  if (!Array.isArray(given)) return [];
  return (given as readonly Json[]).filter(isObject).flatMap(({ name, description, required }) => {
    if (typeof name !== "string") return [];
    return [{ name, ...(typeof description === "string" ? { description } : {}), required: required === true }];
  });
}
