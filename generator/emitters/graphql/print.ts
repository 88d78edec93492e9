import { isEnumType, isInputObjectType, isInterfaceType, isScalarType } from "graphql";
import { getNamedType, isUnionType } from "graphql";
import type { GraphQLArgument, GraphQLDirective, GraphQLField, GraphQLInputField, GraphQLInputType } from "graphql";
import type { GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema } from "graphql";
import { FIXED } from "./content.js";
import { literalOf } from "./default.js";
import { appliedTo } from "./directive.js";
import { literalText } from "./name.js";
import { partsOf, typesOf } from "./part.js";

/** Longest description that stands in one line, and longest list of arguments. */
const MAX_LINE = 110;

/**
 * SDL of a schema with the directives that are applied to it, which graphql's own printer leaves out. Roots first, then the types named in
 * `order`, then those that are the same for every server. Ends in a line feed.
 */
export function printSdl(schema: GraphQLSchema, order: readonly string[]): string {
  const types = schema.getTypeMap();
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const made = order.map((name) => types[name]);
  const fixed = FIXED.map(({ name }) => types[name]);
  const scalars = fixed.filter((type) => isScalarType(type));
  const others = fixed.filter((type) => !isScalarType(type));
  const body = [...scalars, ...roots, ...made, ...others].flatMap((type) => (type ? [printType(type)] : []));
  const applied = appliedIn(schema);
  const used = schema.getDirectives().filter(({ name }) => applied.has(name));
  return `${[...printSchemaBlock(schema), ...used.map(printDirective), ...body].join("\n\n")}\n`;
}

function appliedIn(schema: GraphQLSchema): ReadonlySet<string> {
  const all = typesOf(schema).flatMap((type) => [type, ...partsOf(type)].flatMap(appliedTo));
  return new Set(all.map((text) => /^@(\w+)/.exec(text)?.[1] ?? ""));
}

function printSchemaBlock(schema: GraphQLSchema): string[] {
  if (!schema.description) return [];
  const roots = [
    ["query", schema.getQueryType()],
    ["mutation", schema.getMutationType()],
    ["subscription", schema.getSubscriptionType()],
  ] as const;
  const lines = roots.flatMap(([word, type]) => (type ? [`  ${word}: ${type.name}`] : []));
  return [`${printDescription(schema.description, "")}schema {\n${lines.join("\n")}\n}`];
}

function printDirective({ name, description, args, locations }: GraphQLDirective): string {
  return `${printDescription(description, "")}directive @${name}${printArguments(args, "")} on ${locations.join(" | ")}`;
}

function printType(type: GraphQLNamedType): string {
  return printDescription(type.description, "") + printDefinition(type);
}

function printDefinition(type: GraphQLNamedType): string {
  const tail = appliedTo(type)
    .map((one) => ` ${one}`)
    .join("");
  if (isScalarType(type))
    return `scalar ${type.name}${type.specifiedByURL ? ` @specifiedBy(url: ${literalText(type.specifiedByURL)})` : ""}`;
  if (isUnionType(type)) return `union ${type.name}${tail} =${printMembers(type.getTypes())}`;
  if (isEnumType(type))
    return `enum ${type.name}${tail} ${block(type.getValues().map((value) => line(value, value.name)))}`;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map((field) => line(field, printInput(field)));
    return `input ${type.name}${type.isOneOf ? " @oneOf" : ""}${tail} ${block(fields)}`;
  }
  const fields = Object.values(type.getFields()).map(printField);
  return `${isInterfaceType(type) ? "interface" : "type"} ${type.name}${printInterfaces(type)}${tail} ${block(fields)}`;
}

/** An empty line above each member that is described, as graphql's own printer does. */
function block(lines: readonly string[]): string {
  const spaced = lines.map((text, i) => (i > 0 && text.startsWith('  """') ? `\n${text}` : text));
  return `{\n${spaced.join("\n")}\n}`;
}

function printInterfaces(type: GraphQLObjectType | GraphQLInterfaceType): string {
  const names = type.getInterfaces().map(({ name }) => name);
  return names.length === 0 ? "" : ` implements ${names.join(" & ")}`;
}

function printMembers(types: readonly GraphQLNamedType[]): string {
  const names = types.map(({ name }) => name);
  const short = ` ${names.join(" | ")}`;
  return short.length <= MAX_LINE ? short : names.map((name) => `\n  | ${name}`).join("");
}

interface Member {
  readonly description?: string | null | undefined;
  readonly deprecationReason?: string | null | undefined;
  readonly extensions: unknown;
}

/** What stands in a line of its own, between its description and its directives. */
function line(member: Member, text: string, indent = "  "): string {
  const reason = member.deprecationReason;
  const deprecated = reason ? ` @deprecated(reason: ${literalText(reason)})` : "";
  const directives = appliedTo(member).map((one) => ` ${one}`);
  return printDescription(member.description, indent) + indent + text + deprecated + directives.join("");
}

const printField = (field: GraphQLField<unknown, unknown>): string =>
  line(field, `${field.name}${printArguments(field.args, "  ")}: ${String(field.type)}`);

function printArguments(args: readonly GraphQLArgument[], indent: string): string {
  if (args.length === 0) return "";
  const isPlain = args.every((one) => !one.description && !one.deprecationReason && appliedTo(one).length === 0);
  const short = args.map(printInput).join(", ");
  if (isPlain && short.length <= MAX_LINE) return `(${short})`;
  return `(\n${args.map((one) => line(one, printInput(one), `${indent}  `)).join("\n")}\n${indent})`;
}

function printInput({ name, type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  const preset = defaultValue === undefined ? "" : ` = ${printDefault(defaultValue, type)}`;
  return `${name}: ${String(type)}${preset}`;
}

function printDefault(value: unknown, type: GraphQLInputType): string {
  const named = getNamedType(type);
  return literalOf(value, isEnumType(named) ? (text) => String(named.serialize(text)) : literalText);
}

/** A block string: nothing is escaped in it but three quotes. The line break keeps a quote or backslash away from its end. */
function printDescription(text: string | null | undefined, indent: string): string {
  if (!text) return "";
  const safe = text.replaceAll('"""', '\\"""');
  const isShort = !safe.includes("\n") && safe.length + indent.length <= MAX_LINE && !/["\\]$/.test(safe);
  if (isShort) return `${indent}"""${safe}"""\n`;
  const lines = safe.split("\n").map((one) => (one.trim() === "" ? "" : indent + one.trimEnd()));
  return `${indent}"""\n${lines.join("\n")}\n${indent}"""\n`;
}
