import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anySchema } from "../testing/corpus-fuzz.js";
import { mutantsOf } from "../testing/sample-mutant.js";
import { samplesOf } from "../testing/sample-valid.js";
import { ADDED_NAME, dice, openEverywhere, schemaMutant } from "../testing/schema-mutant.js";
import { RULES, type Direction } from "./diff-rule.js";
import { compareSchemas } from "./diff-schema.js";
import { normaliseSchema } from "./schema.js";
import { isObject } from "./schema-keyword.js";
import type { Json, JsonObject, ServerSpec } from "./spec.js";

const MUTANTS = Number(process.env.MUTANTS ?? 4);

const schemasOf = (fixture: string): { name: string; schema: JsonObject }[] => {
  const url = new URL(`../../snapshots/${fixture}/spec.json`, import.meta.url);
  const { tools } = JSON.parse(readFileSync(url, "utf8")) as ServerSpec;
  return tools.map(({ name, inputSchema }) => ({ name: `${fixture} ${name}`, schema: inputSchema }));
};

const classesOf = (direction: Direction, before: JsonObject, after: JsonObject): string[] =>
  compareSchemas(direction, { schema: before, pointer: "" }, { schema: after, pointer: "" }).map(
    ({ rule }) => RULES.get(rule)?.class ?? "none",
  );

/** Values that may tell two schemas apart, and what ajv says of them. */
function trials(first: JsonObject, second: JsonObject) {
  const [one, other] = [first, second].map((schema) => samplesOf(normaliseSchema(schema, "")));
  const valid = [...(one?.valid ?? []), ...(other?.valid ?? [])];
  const values = [...valid, ...valid.slice(0, 6).flatMap(mutantsOf)].slice(0, 400);
  return { values, isValid: (value: Json) => [one?.isValid(value), other?.isValid(value)] as const };
}

const hasAdded = (value: Json): boolean => JSON.stringify(value).includes(`"${ADDED_NAME}"`);

interface Tally {
  compatible: number;
  breaking: number;
  tried: number;
  /** Breaking, and a value shows it. */
  shown: number;
}

/** Counterexamples to what the comparison calls compatible. */
function refuted(before: JsonObject, after: JsonObject, tally: Tally): string[] {
  const { values, isValid } = trials(before, after);
  return (["INPUT", "OUTPUT"] as const).flatMap((direction) => {
    const isBreaking = classesOf(direction, before, after).includes("breaking");
    tally[isBreaking ? "breaking" : "compatible"]++;
    const found = values.filter((value) => {
      // What nobody sends who goes by the schema: a member that it does not list, and that the other one does.
      if (hasAdded(value)) return false;
      const [was, is] = isValid(value);
      const [promised, kept] = direction === "INPUT" ? [was, is] : [is, was];
      if (promised === true) tally.tried++;
      return promised === true && kept === false;
    });
    if (isBreaking && found.length > 0) tally.shown++;
    return isBreaking ? [] : found.slice(0, 1).map((value) => JSON.stringify({ direction, value, before, after }));
  });
}

describe("what is called compatible is so, by ajv", () => {
  test.each([...schemasOf("schemas"), ...schemasOf("names")])("$name", ({ schema }) => {
    const tally = { compatible: 0, breaking: 0, tried: 0, shown: 0 };
    for (let seed = 1; seed <= MUTANTS; seed++)
      expect(refuted(schema, schemaMutant(schema, dice(seed)), tally)).toEqual([]);
  });

  test("schemas that nobody would write", () => {
    const tally = { compatible: 0, breaking: 0, tried: 0, shown: 0 };
    const schemas = fc.sample(anySchema, { numRuns: MUTANTS * 25, seed: 7 });
    for (const [seed, any] of schemas.entries()) {
      if (!isObject(any)) continue;
      const before = openEverywhere(JSON.parse(JSON.stringify(any)) as JsonObject);
      expect(refuted(before, openEverywhere(schemaMutant(before, dice(seed))), tally)).toEqual([]);
    }
    // Neither is nothing called breaking, nor everything; and values show some of it.
    expect(Math.min(tally.compatible, tally.breaking, tally.tried, tally.shown)).toBeGreaterThan(0);
  });
});
