import type { Emitter } from "../emit/emitter.js";
import { graphqlEmitter } from "../emitters/graphql/graphql.js";
import { openApiEmitter } from "../emitters/openapi/openapi.js";
import { protobufEmitter } from "../emitters/protobuf/protobuf.js";
import { generate } from "../generate.js";
import type { Lock } from "../ir/lock.js";
import type { ServerSpec } from "../ir/spec.js";

/** The emitters that make schemas of other languages. */
export const SCHEMA_EMITTERS = [openApiEmitter, graphqlEmitter, protobufEmitter] as const satisfies readonly Emitter[];

/** What they make of one spec. */
export interface SchemaOutput {
  /** The OpenAPI document. */
  readonly openapi: string;
  /** The GraphQL schema. */
  readonly graphql: string;
  /** Path below the root of all packages → text. */
  readonly proto: ReadonlyMap<string, string>;
}

/** All three schemas, through the door that users take. `package`: of the protobuf files, where the server's own will not do. */
export async function schemaOutput(
  spec: ServerSpec,
  { lock, package: name }: { readonly lock: Lock; readonly package?: string },
): Promise<SchemaOutput> {
  const emit = async (emitter: Emitter, options: Record<string, unknown> = {}): Promise<[string, string][]> => {
    const files = await generate({ spec, lock, emitters: [{ emitter, options }] });
    return files.map(({ path, contents }) => [path, contents]);
  };
  const [[, openapi] = ["", ""]] = await emit(openApiEmitter);
  const [[, graphql] = ["", ""]] = await emit(graphqlEmitter);
  const proto = await emit(protobufEmitter, name === undefined ? {} : { package: name });
  return { openapi, graphql, proto: new Map(proto.filter(([path]) => path.endsWith(".proto"))) };
}
