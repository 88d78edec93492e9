import { type InterfaceDeclarationStructure, type PropertySignatureStructure, StructureKind } from "ts-morph";
import type { Names } from "../ir/names.js";
import { isObject } from "../ir/schema-keyword.js";
import type { JsonObject, ServerSpec } from "../ir/spec.js";
import { CLIENT_RUNTIME } from "./client-runtime.js";
import { docCode, jsDoc, jsString, memberName } from "./escape.js";
import { printStatements } from "./source.js";
import { sdkTemplate } from "./uri-template.js";

export interface ClientOptions {
  /** How client.gen.ts imports the types: `./types.gen.js`. */
  readonly typesModule: string;
  /** First lines of the file, as `fileHeader` writes them. */
  readonly header: string;
}

/**
 * The text of client.gen.ts, laid out: a typed client whose only imports are the SDK (v1) and the types. What varies with the server are
 * interfaces and three tables; the code below them is the same for all.
 */
export function printClient(spec: ServerSpec, names: Names, options: ClientOptions): string {
  const hasTypes = names.tools.length + names.prompts.length + names.resourceTemplates.length > 0;
  const typesImport = hasTypes ? `import type * as types from ${jsString(options.typesModule)};\n` : "";
  return [
    options.header + IMPORTS + typesImport,
    printStatements([...toolInterfaces(spec, names), ...promptInterfaces(spec, names), resourceInterface(spec, names)]),
    knownUris(spec),
    table("TOOLS", toolRows(names)),
    table("PROMPTS", promptRows(names)),
    table("TEMPLATES", templateRows(names)),
    CLIENT_RUNTIME,
  ].join("\n");
}

const IMPORTS = `import { Client, type ClientOptions } from "@modelcontextprotocol/sdk/client/index.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { UriTemplate } from "@modelcontextprotocol/sdk/shared/uriTemplate.js";
import {
  type CallToolResult,
  CallToolResultSchema,
  type GetPromptResult,
  GetPromptResultSchema,
  type Implementation,
  type Progress,
  type ReadResourceResult,
  ReadResourceResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
`;

/** A row of a table: a name or template, and the members by which it is reached. */
type Row = readonly [key: string, ...members: string[]];

/**
 * A method's own name, then the server's. Not `then`: whoever awaits an object that has such a member calls it.
 */
function membersOf({ method, name }: { readonly method: string; readonly name: string }): string[] {
  return name === method || name === "then" ? [method] : [method, name];
}

const toolRows = (names: Names): Row[] => rowsOf(names.tools);
const promptRows = (names: Names): Row[] => rowsOf(names.prompts);

/** A method that was given long ago may be what a new item is called: the method stays whose it was. */
function rowsOf(items: readonly { readonly method: string; readonly name: string }[]): Row[] {
  const methods = new Set(items.map(({ method }) => method));
  return items.map((item) => {
    const members = membersOf(item).filter((member) => member === item.method || !methods.has(member));
    return [item.name, ...members];
  });
}

/** Names of templates need not be unique: the first has it, the others are reached by their methods. */
function templateRows(names: Names): Row[] {
  const taken = new Set(["read", ...names.resourceTemplates.map(({ method }) => method)]);
  return names.resourceTemplates.map((template) => {
    const members = membersOf(template).filter((member) => member === template.method || !taken.has(member));
    for (const member of members) taken.add(member);
    return [sdkTemplate(template.uriTemplate), ...members];
  });
}

function* toolInterfaces(spec: ServerSpec, names: Names): Generator<InterfaceDeclarationStructure> {
  const rows = toolRows(names);
  yield interfaceOf("ToolTypes", {
    doc: "Arguments and output of each tool, by the server's own name.",
    properties: names.tools.map(({ name, input, output }) => {
      const given = output === undefined ? "UntypedOutput" : `types.${output}`;
      return property(name, `{ readonly input: types.${input}; readonly output: ${given} }`);
    }),
  });
  yield interfaceOf("Tools", {
    doc: "The server's tools.",
    properties: spec.tools.flatMap((tool, i) =>
      members(
        rows[i],
        `ToolMethod<${jsString(tool.name)}>`,
        docOf(tool, `Tool ${docCode(tool.name)}.${hintsOf(tool)}`),
      ),
    ),
  });
}

function* promptInterfaces(spec: ServerSpec, names: Names): Generator<InterfaceDeclarationStructure> {
  const rows = promptRows(names);
  yield interfaceOf("PromptTypes", {
    doc: "Arguments of each prompt, by the server's own name.",
    properties: names.prompts.map((prompt) => property(prompt.name, `types.${prompt.arguments}`)),
  });
  yield interfaceOf("Prompts", {
    doc: "The server's prompts.",
    properties: spec.prompts.flatMap((prompt, i) =>
      members(rows[i], `PromptMethod<${jsString(prompt.name)}>`, docOf(prompt, `Prompt ${docCode(prompt.name)}.`)),
    ),
  });
}

function resourceInterface(spec: ServerSpec, names: Names): InterfaceDeclarationStructure {
  const rows = templateRows(names);
  return interfaceOf("Resources", {
    doc: "The server's resources and resource templates.",
    properties: [
      property("read", "(uri: KnownUri | (string & {}), options?: CallOptions) => Promise<ReadResourceResult>", {
        doc: jsDoc("Reads a resource, one that the server lists or any other."),
      }),
      ...spec.resourceTemplates.flatMap((template, i) => {
        const variables = names.resourceTemplates[i]?.variables ?? "";
        const doc = docOf(template, `Resource template ${docCode(template.uriTemplate)}.`);
        return members(rows[i], `TemplateMethod<types.${variables}>`, doc);
      }),
    ],
  });
}

function interfaceOf(
  name: string,
  { doc, properties }: { doc: string; properties: PropertySignatureStructure[] },
): InterfaceDeclarationStructure {
  return { kind: StructureKind.Interface, name, isExported: true, properties, leadingTrivia: jsDoc(doc) };
}

function members(row: Row | undefined, type: string, doc: string): PropertySignatureStructure[] {
  const [, method = "", original] = row ?? [];
  const own = property(method, type, { doc });
  return original === undefined ? [own] : [own, property(original, type, { doc: jsDoc(`As \`${method}\`.`) })];
}

function property(name: string, type: string, { doc = "" } = {}): PropertySignatureStructure {
  return { kind: StructureKind.PropertySignature, name: memberName(name), type, isReadonly: true, leadingTrivia: doc };
}

/** Title, description and `lead` as a doc comment. */
function docOf(item: JsonObject, lead: string): string {
  const { annotations, description } = item;
  const title = item["title"] ?? (isObject(annotations) ? annotations["title"] : undefined);
  const texts = [title, description].filter((text): text is string => typeof text === "string" && text.trim() !== "");
  return jsDoc([...new Set([...texts, lead])].join("\n\n"));
}

const HINTS = [
  ["readOnlyHint", "read-only", "not read-only"],
  ["destructiveHint", "destructive", "not destructive"],
  ["idempotentHint", "idempotent", "not idempotent"],
  ["openWorldHint", "open world", "closed world"],
] as const;

function hintsOf(tool: JsonObject): string {
  const annotations = isObject(tool["annotations"]) ? tool["annotations"] : {};
  const said = HINTS.flatMap(([key, yes, no]) =>
    annotations[key] === true ? [yes] : annotations[key] === false ? [no] : [],
  );
  return said.length === 0 ? "" : ` The server says of it: ${said.join(", ")}.`;
}

function knownUris(spec: ServerSpec): string {
  const uris = spec.resources.map(({ uri }) => `\n  | ${jsString(uri)}`);
  return `${jsDoc("The resources that the server lists.")}export type KnownUri =${uris.length > 0 ? uris.join("") : " never"};\n`;
}

function table(name: string, rows: readonly Row[]): string {
  const lines = rows.map((row) => `  [${row.map(jsString).join(", ")}],\n`).join("");
  return `const ${name}: readonly Row[] = [${lines === "" ? "" : `\n${lines}`}];\n`;
}
