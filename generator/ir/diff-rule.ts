import type { Json } from "./spec.js";

/**
 * What a change means to those who use the server. `breaking`: a call that worked may fail, or a result may not be what its schema promised.
 * `security`: the server asks for more trust than before, or talks to the model. `prose`: texts for people and models. The rest is `compatible`.
 */
export type ChangeClass = "breaking" | "security" | "compatible" | "prose";
export const CHANGE_CLASSES = ["breaking", "security", "compatible", "prose"] as const satisfies readonly ChangeClass[];

type Row = readonly [ChangeClass, string];

/** One rule for arguments, `INPUT_…`, and one for results, `OUTPUT_…`: what is safe for the one is seldom safe for the other. */
const SCHEMA_RULES = {
  PROPERTY_ADDED: ["compatible", "compatible", "an optional member was added"],
  PROPERTY_REMOVED: ["breaking", "breaking", "a member is no longer listed"],
  REQUIRED_ADDED: ["breaking", "compatible", "a member must now be there"],
  REQUIRED_REMOVED: ["compatible", "breaking", "a member may now be left out"],
  TYPE_NARROWED: ["breaking", "compatible", "fewer types are allowed"],
  TYPE_WIDENED: ["compatible", "breaking", "more types are allowed"],
  TYPE_CHANGED: ["breaking", "breaking", "other types are allowed"],
  ENUM_VALUE_ADDED: ["compatible", "breaking", "a value was added to a list of values"],
  ENUM_VALUE_REMOVED: ["breaking", "compatible", "a value was removed from a list of values"],
  VARIANT_ADDED: ["compatible", "breaking", "an alternative was added to anyOf or oneOf"],
  VARIANT_REMOVED: ["breaking", "compatible", "an alternative was removed from anyOf or oneOf"],
  CONSTRAINT_TIGHTENED: ["breaking", "compatible", "a bound, pattern, format or other keyword allows less"],
  CONSTRAINT_LOOSENED: ["compatible", "breaking", "a bound, pattern, format or other keyword allows more"],
  CONSTRAINT_CHANGED: ["breaking", "breaking", "a keyword allows something else, or cannot be shown to be compatible"],
  ADDITIONAL_FORBIDDEN: ["breaking", "compatible", "members that are not listed are now refused"],
  ADDITIONAL_ALLOWED: ["compatible", "breaking", "members that are not listed are no longer refused"],
  SCHEMA_NARROWED: ["breaking", "compatible", "the schema as a whole allows less"],
  SCHEMA_WIDENED: ["compatible", "breaking", "the schema as a whole allows more"],
  SCHEMA_CHANGED: ["breaking", "breaking", "the schema changed and cannot be shown to be compatible"],
  DEFAULT_ADDED: ["compatible", "compatible", "a default value was added"],
  DEFAULT_CHANGED: ["breaking", "compatible", "a default value changed: whoever leaves it out gets something else"],
  DEFAULT_REMOVED: ["breaking", "compatible", "a default value was removed"],
  DEPRECATION_CHANGED: ["compatible", "compatible", "a member became deprecated, or is so no longer"],
  KEYWORD_CHANGED: [
    "compatible",
    "compatible",
    "a keyword that JSON Schema does not know, or that validates nothing, changed",
  ],
} as const satisfies Readonly<Record<string, readonly [ChangeClass, ChangeClass, string]>>;

const PLAIN_RULES = {
  SERVER_ADDED: ["compatible", "a lock holds one more server"],
  SERVER_REMOVED: ["breaking", "a lock no longer holds a server"],
  TOOL_ADDED: ["compatible", "a tool was added"],
  TOOL_REMOVED: ["breaking", "a tool is gone"],
  RESOURCE_ADDED: ["compatible", "a resource was added"],
  RESOURCE_REMOVED: ["breaking", "a resource is gone"],
  TEMPLATE_ADDED: ["compatible", "a resource template was added"],
  TEMPLATE_REMOVED: ["breaking", "a resource template is gone"],
  PROMPT_ADDED: ["compatible", "a prompt was added"],
  PROMPT_REMOVED: ["breaking", "a prompt is gone"],
  PROMPT_ARGUMENT_ADDED: ["compatible", "a prompt takes one more argument, which may be left out"],
  PROMPT_ARGUMENT_REMOVED: ["breaking", "a prompt no longer takes an argument"],
  PROMPT_ARGUMENT_REQUIRED_ADDED: ["breaking", "an argument of a prompt must now be given"],
  PROMPT_ARGUMENT_REQUIRED_REMOVED: ["compatible", "an argument of a prompt may now be left out"],
  OUTPUT_SCHEMA_ADDED: ["compatible", "a tool now promises the form of its results"],
  OUTPUT_SCHEMA_REMOVED: ["breaking", "a tool no longer promises the form of its results"],
  OUTPUT_CLOSED_PROPERTY_ADDED: [
    "breaking",
    "a member was added to results whose schema refused members it did not list",
  ],
  TASK_SUPPORT_REQUIRED: ["breaking", "a tool can now only be called as a task"],
  TASK_SUPPORT_LOST: ["breaking", "a tool can no longer be called as a task"],
  TASK_SUPPORT_GAINED: ["compatible", "a tool can now be called as a task"],
  MIME_TYPE_CHANGED: ["breaking", "a resource or template has another MIME type"],
  MIME_TYPE_ADDED: ["compatible", "a resource or template now says its MIME type"],
  CAPABILITY_LOST: ["breaking", "the server no longer has a capability"],
  CAPABILITY_GAINED: ["compatible", "the server has a new capability"],
  CAPABILITY_CHANGED: ["compatible", "a detail of a capability changed"],
  PROTOCOL_VERSION_CHANGED: ["compatible", "another revision of the protocol was negotiated"],
  PROTOCOL_VERSION_DROPPED: ["breaking", "the server no longer speaks a revision of the protocol"],
  PROTOCOL_VERSION_SUPPORTED: ["compatible", "the server speaks one more revision of the protocol"],
  SERVER_NAME_CHANGED: ["security", "the server calls itself something else: is it the one you meant?"],
  SERVER_VERSION_CHANGED: ["compatible", "the server has another version"],
  SERVER_INFO_CHANGED: ["prose", "something else changed that the server says about itself"],
  ANNOTATION_READONLY_LOST: ["security", "a tool no longer says that it only reads"],
  ANNOTATION_READONLY_GAINED: ["compatible", "a tool now says that it only reads"],
  ANNOTATION_DESTRUCTIVE_GAINED: ["security", "a tool may now destroy something"],
  ANNOTATION_DESTRUCTIVE_LOST: ["compatible", "a tool now says that it destroys nothing"],
  ANNOTATION_IDEMPOTENT_LOST: ["security", "a tool no longer says that calling it twice is harmless"],
  ANNOTATION_IDEMPOTENT_GAINED: ["compatible", "a tool now says that calling it twice is harmless"],
  ANNOTATION_OPEN_WORLD_GAINED: ["security", "a tool may now reach out to the world"],
  ANNOTATION_OPEN_WORLD_LOST: ["compatible", "a tool now says that it stays within its own world"],
  ANNOTATION_CHANGED: ["compatible", "another annotation changed"],
  TEXT_HIDDEN_CHARACTERS: ["security", "a text has gained characters that people do not see and models read"],
  TEXT_ORDERS: ["security", "a text has gained orders to the model instead of a description"],
  TEXT_LINK_ADDED: ["security", "a text names a web address that it did not name before"],
  INSTRUCTIONS_CHANGED: ["prose", "the server's instructions to the model changed"],
  DESCRIPTION_CHANGED: ["prose", "a description changed"],
  TITLE_CHANGED: ["prose", "a title or display name changed"],
  EXAMPLES_CHANGED: ["prose", "examples in a schema changed"],
  ICONS_CHANGED: ["prose", "icons changed"],
  META_CHANGED: ["compatible", "_meta changed"],
  MEMBER_CHANGED: ["compatible", "a member changed that the MCP schema gives no meaning to"],
} as const satisfies Readonly<Record<string, Row>>;

export type SchemaRule = keyof typeof SCHEMA_RULES;
export type Direction = "INPUT" | "OUTPUT";
export type RuleId = keyof typeof PLAIN_RULES | `${Direction}_${SchemaRule}`;

export interface Rule {
  readonly id: RuleId;
  /** Unless the config says otherwise. */
  readonly class: ChangeClass;
  /** Completes "reported when". */
  readonly summary: string;
}

/** Every rule there is, in the order of the documentation. Ids are stable: they stand in people's configs. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  [...plainRules(), ...schemaRules("INPUT", 0, "arguments"), ...schemaRules("OUTPUT", 1, "results")].map((rule) => [
    rule.id,
    rule,
  ]),
);

function plainRules(): Rule[] {
  return Object.entries(PLAIN_RULES).map(([id, [kind, summary]]) => ({ id: id as RuleId, class: kind, summary }));
}

function schemaRules(direction: Direction, column: 0 | 1, of: string): Rule[] {
  return Object.entries(SCHEMA_RULES).map(([id, row]) => ({
    id: `${direction}_${id as SchemaRule}`,
    class: row[column],
    summary: `of ${of}: ${row[2]}`,
  }));
}

/** One difference between two contracts. */
export interface Change {
  readonly rule: RuleId;
  readonly class: ChangeClass;
  /** RFC 6901 pointer into the contract after, or, where something is gone, into the one before. */
  readonly pointer: string;
  readonly in: "before" | "after";
  /** The same with the item's name or address for its number, which stays when others come and go: `/tools/get-user/inputSchema`. */
  readonly place: string;
  /** `tool get-user`, `resource file:///a`, `server`; printable. */
  readonly item: string;
  /** One sentence, printable. */
  readonly message: string;
  /** Printable. */
  readonly hint?: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** A change of which the item is not known yet. */
export type Finding = Omit<Change, "class" | "item" | "place">;
