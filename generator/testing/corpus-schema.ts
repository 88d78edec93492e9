import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { planGraphql } from "../emitters/graphql/plan.js";
import { graphqlEmitter } from "../emitters/graphql/graphql.js";
import { planProto } from "../emitters/protobuf/proto.js";
import { protobufEmitter } from "../emitters/protobuf/protobuf.js";
import { GeneratorError } from "../errors.js";
import { openLock } from "../ir/lock.js";
import { inOrder } from "../ir/order.js";
import { packageRoot } from "../package-root.js";
import { compileForeign } from "./corpus-compile.js";
import type { NamedSpec } from "./corpus-spec.js";
import { graphqlFaults, graphqlTypes } from "./gate-graphql.js";
import { openapiClient, openapiFaults, openapiTypes } from "./gate-openapi.js";
import { protobufTypes, protoBuildFaults, protocFaults, type ProtoFault, protoLintFaults } from "./gate-protobuf.js";
import { schemaOutput } from "./schema-output.js";
import { type FallbackShare, graphqlShare, protoShare } from "./schema-share.js";
import { checkValues, sampledSchemas, type ValueShare } from "./value-check.js";
import { graphqlTrip } from "./value-graphql-trip.js";
import { protoTrip } from "./value-proto-trip.js";

/** What the three schemas of one server are worth. */
export interface ServerSchemas {
  readonly name: string;
  readonly errors: readonly string[];
  /** By language; absent where no schema could be made. */
  readonly fallback: Readonly<Partial<Record<Language, FallbackShare>>>;
  readonly values: Readonly<Partial<Record<Language, ValueShare>>>;
}
export type Language = "graphql" | "proto";

export interface SchemaReport {
  readonly servers: readonly ServerSchemas[];
  /** What belongs to no server. */
  readonly errors: readonly string[];
}

/** Servers of whose schemas whole clients are made, which takes long: the largest, one of pointers, one of all features. */
const CLIENTS = ["ms365", "ebay", "everything"];

export interface SchemaGateOptions {
  /** Whether protoc is asked as well. */
  readonly protoc: boolean;
  /** Whether consumers' types and clients are made and compiled, which takes minutes. */
  readonly consumers: boolean;
}

/** Emits OpenAPI, GraphQL and protobuf for each spec below `folder` and holds all of it against what their users use. */
export async function schemaGate(
  specs: readonly NamedSpec[],
  folder: string,
  { protoc, consumers }: SchemaGateOptions,
): Promise<SchemaReport> {
  const [protoRoot, foreign] = [join(folder, "proto"), join(folder, "foreign")];
  mkdirSync(protoRoot, { recursive: true });
  mkdirSync(foreign, { recursive: true });
  symlinkSync(join(packageRoot(), "node_modules"), join(foreign, "node_modules"), "junction");
  writeFileSync(join(foreign, "package.json"), JSON.stringify({ type: "module" }));
  const servers: Server[] = [];
  const ownerOf = new Map<string, Server>();
  for (const given of specs) {
    const server: Server = { name: given.name, errors: [], fallback: {}, values: {}, proto: [] };
    servers.push(server);
    await attempt(server, "schemas", () => emitOne(given, { server, protoRoot, foreign, ownerOf, consumers }));
  }

  const errors: string[] = [];
  const tell = (what: string, faults: readonly ProtoFault[]): void => {
    for (const { file, text } of faults) (ownerOf.get(file)?.errors ?? errors).push(`${what}: ${text}`);
  };
  const files = [...ownerOf.keys()];
  if (files.length > 0) {
    tell("buf lint", await protoLintFaults(protoRoot));
    tell("buf build", await protoBuildFaults(protoRoot, join(folder, "image.binpb")));
    if (protoc) tell("protoc", await protocFaults(protoRoot, files));
  }
  if (consumers) {
    const chosen = servers.filter(({ name }) => CLIENTS.includes(name)).flatMap(({ proto }) => proto);
    if (chosen.length > 0)
      tell("protoc-gen-es", await protobufTypes(protoRoot, { out: join(foreign, "proto"), files: chosen }));
    for (const { file, text } of await compileForeign(foreign)) {
      const server = servers.find(({ name }) => file.startsWith(`${name}/`)) ?? ownerOf.get(protoOf(file));
      (server?.errors ?? errors).push(text);
    }
  }
  return { servers, errors };
}

interface Server extends ServerSchemas {
  readonly errors: string[];
  readonly fallback: Partial<Record<Language, FallbackShare>>;
  readonly values: Partial<Record<Language, ValueShare>>;
  /** Paths below the root of all packages. */
  proto: readonly string[];
}

interface Place {
  readonly server: Server;
  readonly protoRoot: string;
  readonly foreign: string;
  readonly ownerOf: Map<string, Server>;
  readonly consumers: boolean;
}

/** `proto/mcpgen/a/v1/tools_pb.ts` → `mcpgen/a/v1/tools.proto` */
const protoOf = (file: string): string => file.replace(/^proto\//, "").replace(/_pb\.ts$/, ".proto");

async function emitOne({ name, spec }: NamedSpec, place: Place): Promise<void> {
  const { server, protoRoot, foreign, ownerOf, consumers } = place;
  const given = inOrder(spec);
  let output = await schemaOutput(spec, { lock: openLock() });
  // Two servers may call themselves the same, which is for their user to settle.
  const isTaken = [...output.proto.keys()].some((path) => ownerOf.has(path));
  const own = isTaken ? { package: `mcpgen.own${ownerOf.size}.v1` } : {};
  if (isTaken) output = await schemaOutput(spec, { lock: openLock(), ...own });
  server.proto = [...output.proto.keys()];
  for (const [path, text] of output.proto) {
    ownerOf.set(path, server);
    write(join(protoRoot, path), text);
  }
  server.errors.push(...(await openapiFaults(output.openapi)).map((fault) => `Redocly: ${fault}`));
  server.errors.push(...graphqlFaults(output.graphql).map((fault) => `GraphQL: ${fault}`));

  const schemas = sampledSchemas(given);
  await attempt(server, "GraphQL values", () => {
    const plan = planGraphql(given, graphqlEmitter.parseOptions({}), openLock());
    server.fallback.graphql = graphqlShare(plan);
    server.values.graphql = checkValues(schemas, graphqlTrip(plan, output.graphql));
    server.errors.push(...server.values.graphql.errors.map((fault) => `GraphQL value: ${fault}`));
  });
  await attempt(server, "proto values", () => {
    const plan = planProto(given, protobufEmitter.parseOptions(own), openLock());
    server.fallback.proto = protoShare(given, plan);
    server.values.proto = checkValues(schemas, protoTrip(plan));
    server.errors.push(...server.values.proto.errors.map((fault) => `proto value: ${fault}`));
  });

  if (!consumers) return;
  const into = join(foreign, name);
  await attempt(server, "openapi-typescript", async () =>
    write(join(into, "openapi.ts"), await openapiTypes(output.openapi)),
  );
  if (!CLIENTS.includes(name)) return;
  await attempt(server, "hey-api", () => openapiClient(output.openapi, join(into, "client")));
  await attempt(server, "graphql-codegen", async () =>
    write(join(into, "graphql.ts"), await graphqlTypes(output.graphql)),
  );
}

async function attempt(server: Server, what: string, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    server.errors.push(`${what}: ${GeneratorError.from(error).message}`);
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
