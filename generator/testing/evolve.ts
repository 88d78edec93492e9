import { readSpec } from "../ir/read.js";
import type { Json, JsonObject, ServerSpec } from "../ir/spec.js";

/** What may happen to a server between two runs. */
export interface Step {
  readonly name: string;
  readonly change: (before: ServerSpec, random: Random) => ServerSpec;
}
/** 0 ≤ n < 1, the same sequence for the same seed. */
export type Random = () => number;

/** mulberry32, public domain. */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A year of a server: each step goes on from the one before; the last is the server as it was. */
export const stepsOf = (first: ServerSpec): readonly Step[] => [
  { name: "shuffled", change: (before, random) => rebuilt(before, shuffledSpec(before, random)) },
  { name: "tools added in the middle", change: withMoreTools },
  { name: "a third of the tools removed", change: withFewerTools },
  { name: "members removed, added and changed", change: withOtherMembers },
  { name: "everything back", change: () => first },
];

const rebuilt = (spec: ServerSpec, changed: object): ServerSpec => readSpec({ ...spec, ...changed }, spec.server.name);

function shuffledSpec({ tools, resources, resourceTemplates, prompts }: ServerSpec, random: Random): object {
  const shuffledTools = tools.map((tool) => ({
    ...(shuffledMembers(tool, random) as object),
    ...changedSchemas(tool, (schema) => shuffledSchema(schema, random)),
  }));
  return {
    tools: shuffled(shuffledTools, random),
    resources: shuffled(resources, random),
    resourceTemplates: shuffled(resourceTemplates, random),
    prompts: shuffled(prompts, random),
  };
}

/** Copies under names that are near to those there are, each with one more member. */
function withMoreTools(spec: ServerSpec, random: Random): ServerSpec {
  const names = new Set(spec.tools.map(({ name }) => name));
  const added = spec.tools.flatMap((tool) => {
    const name = pick([`${tool.name}_output`, `${tool.name}-input`, `a-${tool.name}`, tool.name.toUpperCase()], random);
    if (names.has(name) || random() < 0.5) return [];
    names.add(name);
    return [{ ...tool, ...changedSchemas(tool, (schema) => withMembers(schema, { added: true, random })), name }];
  });
  return rebuilt(spec, { tools: shuffled([...spec.tools, ...added], random) });
}

const withFewerTools = (spec: ServerSpec, random: Random): ServerSpec =>
  rebuilt(spec, { tools: shuffled(spec.tools, random).slice(Math.ceil(spec.tools.length / 3)) });

const withOtherMembers = (spec: ServerSpec, random: Random): ServerSpec =>
  rebuilt(spec, {
    tools: spec.tools.map((tool) => ({
      ...tool,
      ...changedSchemas(tool, (schema) => withMembers(schema, { added: false, random })),
    })),
  });

function changedSchemas(tool: JsonObject, change: (schema: Json) => Json): JsonObject {
  const schemas = Object.entries(tool).filter(([key]) => key === "inputSchema" || key === "outputSchema");
  return Object.fromEntries(schemas.map(([key, schema]) => [key, change(schema)]));
}

const WORDS = ["added", "extra_thing", "moreOfIt", "Added"];

/** At each object: a new property among the others; unless only `added`, a fifth of the others gone and a tenth of another type. */
function withMembers(value: Json, how: { readonly added: boolean; readonly random: Random }): Json {
  const { added, random } = how;
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => withMembers(one, how));
  if (!isMembers(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]): [string, Json] => {
      if (key === "properties" && isMembers(one)) {
        const kept = Object.entries(one).filter(() => added || random() > 0.2);
        const changed = kept.map(([name, schema]): [string, Json] => [
          name,
          !added && random() < 0.1
            ? { type: pick(["string", "integer", "boolean"], random) }
            : withMembers(schema, how),
        ]);
        const fresh = pick(WORDS, random);
        const more: [string, Json][] = Object.hasOwn(one, fresh) ? [] : [[fresh, { type: "string" }]];
        return [key, Object.fromEntries(shuffled([...changed, ...more], random))];
      }
      if (key === "enum" && isTexts(one)) {
        const kept = one.filter((_, i) => i === 0 || added || random() > 0.2);
        return [key, shuffled([...new Set([...kept, pick(WORDS, random)])], random)];
      }
      // What is required must be there.
      if (key === "required") return [key, []];
      const isData = ["const", "default", "examples", "description"].includes(key);
      return [key, isData ? one : withMembers(one, how)];
    }),
  );
}

/** Members of all objects, and lists whose order means nothing. */
function shuffledSchema(value: Json, random: Random): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => shuffledSchema(one, random));
  if (!isMembers(value)) return value;
  const members = Object.entries(value).map(([key, one]): [string, Json] => {
    const isSet = (key === "required" || key === "type" || key === "enum") && isTexts(one);
    // All alike: definitions that were equal stay equal.
    return [key, isSet ? [...one].reverse() : shuffledSchema(one, random)];
  });
  return Object.fromEntries(shuffled(members, random));
}

const shuffledMembers = (value: JsonObject, random: Random): Json =>
  Object.fromEntries(shuffled(Object.entries(value), random));

/** Fisher and Yates. */
function shuffled<T>(list: readonly T[], random: Random): T[] {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [one, other] = [all[i] as T, all[j] as T];
    all[i] = other;
    all[j] = one;
  }
  return all;
}

const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;
const isMembers = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: Json): value is readonly string[] =>
  Array.isArray(value) && (value as readonly Json[]).every((one) => typeof one === "string");
