import { buildSchema } from "graphql";
import { expect, it } from "vitest";
import { GeneratorError } from "../../errors.js";
import { verifySdl } from "./verify.js";

const GOOD =
  "directive @d(n: Int) on FIELD_DEFINITION\nenum E { A }\ninput I { e: E = A }\ntype Query { f(i: I): Int @d(n: 1) }";

const cases: readonly { name: string; from: string; to: string; why: RegExp }[] = [
  { name: "a syntax error", from: "type Query {", to: "type Query", why: /Syntax Error/ },
  { name: "an unknown type", from: "(i: I)", to: "(i: J)", why: /Unknown type "J"/ },
  { name: "a type that is no input", from: "e: E = A", to: "e: E = A q: Query", why: /must be Input Type/ },
  { name: "a default of another type", from: "= A", to: "= B", why: /default of I\.e is not of its type/ },
  { name: "an argument of another type", from: "n: 1", to: 'n: "1"', why: /Query\.f: .*invalid value/ },
  { name: "a missing member", from: "{ A }", to: "{ A B }", why: /E\.B is surplus/ },
  { name: "a surplus type", from: "enum E", to: "scalar S\nenum E", why: /S is surplus/ },
];

it.each(cases)("refuses $name", ({ from, to, why }) => {
  expect(GOOD).toContain(from);
  const verify = (): void => {
    verifySdl(GOOD.replace(from, to), buildSchema(GOOD));
  };
  expect(verify).toThrow(GeneratorError);
  expect(verify).toThrow(
    expect.objectContaining({ code: "verify", why: expect.stringMatching(why) as string }) as Error,
  );
});

it("lets through what is right", () => {
  expect(() => {
    verifySdl(GOOD, buildSchema(GOOD));
  }).not.toThrow();
});
