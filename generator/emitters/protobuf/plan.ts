import type { Use } from "../../ir/shape.js";
import type { JsonSchema } from "../../ir/spec.js";

/**
 * A server as one protobuf package: what the printer prints, and by which JSON values become messages and messages JSON.
 *
 * JSON → message, for a message of `messages`:
 * - `object`: each member of the JSON object goes into the field whose `member` it is. A member without a field goes into `additional`,
 *   where there is one, else it is lost. A member that is null, or an empty list or map of a field that has `isMarked`, leaves its field
 *   unset and puts its `jsonName` into `explicitEmpty`.
 * - `union`: the value goes into the one branch that it fits (see `BranchPlan`); the other way the member of `oneof kind` that is set says which.
 * - `wrapper`: the value goes into the one field, as it is: `[1, 2]` → `{items: [1, 2]}`, null of a nullable one → `{}`.
 */
export interface ProtoPlan {
  /** `mcpgen.my_server.v1` */
  readonly package: string;
  /** In code-unit order of their paths. */
  readonly files: readonly ProtoFile[];
  readonly rpcs: readonly RpcPlan[];
  /** By simple name. Without those of content.proto, whose fields are those of the MCP schema. */
  readonly messages: ReadonlyMap<string, MessagePlan>;
  /** By simple name. */
  readonly enums: ReadonlyMap<string, EnumPlan>;
}

export interface ProtoFile {
  /** `mcpgen/my_server/v1/tools.proto` */
  readonly path: string;
  readonly contents: string;
}

export interface RpcPlan {
  /** Of its route (ir/route.ts): `/tools/get-user`, `listTools`. */
  readonly key: string;
  /** Simple name: `DemoToolsService`. */
  readonly service: string;
  readonly name: string;
  /** Message of `messages` for a tool, a prompt and a template; the JSON value is `arguments`, or the template's variables. */
  readonly request: string;
  readonly response: string;
  /** Where a tool's response holds `structuredContent`. Nullable as a list's element is: never by way of `explicitEmpty`. */
  readonly structuredContent?: FieldPlan;
  /** Without foreign text but names. Path of the file that holds request and response. */
  readonly file: string;
}

export type ScalarName = "bool" | "bytes" | "double" | "int32" | "int64" | "string";
export type AnyName = "Struct" | "Value" | "ListValue";

/**
 * One value. `scalar`: as proto JSON has it (bytes: base64 text; int64: digits in a string, a number in JSON). `enum` and `message`: simple
 * name. `any`: a message of google.protobuf, JSON as it is; `reason` says why no type could be made.
 */
export type ProtoType =
  | { readonly kind: "scalar"; readonly name: ScalarName }
  | { readonly kind: "enum" | "message"; readonly name: string }
  | { readonly kind: "any"; readonly name: AnyName; readonly reason: string };

export interface FieldPlan {
  /** Its name in the tool's JSON. Empty in wrappers, for branches and for fields of our own. */
  readonly member: string;
  /** In the .proto file: `max_results`. */
  readonly name: string;
  /** In proto JSON: the member's own name wherever a .proto file can say it, else what protobuf makes of `name`. */
  readonly jsonName: string;
  readonly number: number;
  /** `list`: `repeated T`; `map`: `map<string, T>`. */
  readonly label: "one" | "list" | "map";
  /** Of the value, a list's item, a map's value. */
  readonly type: ProtoType;
  /** Printed `optional`: a scalar or enum of which unset and zero are told apart. */
  readonly isOptional: boolean;
  /** An unset field of a required member stands for its empty value: null if nullable, else "", 0, false, [] or {}. */
  readonly isRequired: boolean;
  readonly isNullable: boolean;
  /** Its null, or its empty list or map, is noted in `explicitEmpty`. */
  readonly isMarked: boolean;
  /** Absent in fields of our own. */
  readonly use?: Use;
}

export type MessagePlan = ObjectPlan | UnionPlan | WrapperPlan;

interface MessageBase {
  readonly name: string;
  /** Ascending by number. */
  readonly fields: readonly FieldPlan[];
}

export interface ObjectPlan extends MessageBase {
  readonly kind: "object";
  /** Also in `fields`: `map<string, T>` of members without a field. */
  readonly additional?: FieldPlan;
  /** Also in `fields`: `repeated string` of JSON names of members that are null or empty rather than left out. */
  readonly explicitEmpty?: FieldPlan;
}

export interface UnionPlan extends MessageBase {
  readonly kind: "union";
  /** In the order of the schema: of several that a value fits, one that keeps all of it, else the first. */
  readonly branches: readonly BranchPlan[];
  /** JSON name of the property that tells the branches apart. */
  readonly discriminator?: string;
}

export interface BranchPlan extends FieldPlan {
  /** What a value of this branch is valid against, with `defs` of the schema that it stands in. */
  readonly schema: JsonSchema;
  /** The discriminator's value. */
  readonly tag?: string;
}

/** A list (`items`), a map (`entries`) or a nullable value (`value`, unset for null) where protobuf has no word for it; a whole request (`arguments`). */
export interface WrapperPlan extends MessageBase {
  readonly kind: "wrapper";
}

export interface EnumPlan {
  readonly name: string;
  /** Number 0, no value of JSON: `SORT_UNSPECIFIED`. */
  readonly zero: string;
  /** Ascending by number. */
  readonly values: readonly { readonly value: string; readonly name: string; readonly number: number }[];
}
