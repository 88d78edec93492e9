import { describe, expect, it } from "vitest";
import { messageOf } from "./json.js";
import { paramsMembers } from "./json-pick.js";

const pad = `"pad":${JSON.stringify("x".repeat(5000))}`;

describe("paramsMembers", () => {
  const cases = [
    { name: "small", given: `{"id":1,"method":"m","params":{"a":1}}`, want: { a: 1 } },
    { name: "small, without params", given: `{"id":1,"method":"m"}`, want: {} },
    {
      name: "large",
      given: `{"id":1,"method":"m","params":{${pad},"a":{"b":[1,"}"]},"c":2}}`,
      want: { a: { b: [1, "}"] }, c: 2 },
    },
    { name: "large, params before method", given: `{"params":{"a":[],${pad}},"id":1,"method":"m"}`, want: { a: [] } },
    {
      name: "large, white space everywhere",
      given: ` { "params" : { ${pad} , "a" : 1 } , "id" : 1 , "method" : "m" } `,
      want: { a: 1 },
    },
    {
      name: "large, a name twice: the last counts",
      given: `{"id":1,"method":"m","params":{"a":1,${pad},"a":2}}`,
      want: { a: 2 },
    },
    { name: "large, an escaped name", given: `{"id":1,"method":"m","params":{${pad},"\\u0061":3}}`, want: { a: 3 } },
    {
      name: "large, an array of params",
      given: `{"id":1,"method":"m","params":[${JSON.stringify("x".repeat(5000))}]}`,
      want: {},
    },
    { name: "large, without params", given: `{"id":1,"method":"m",${pad}}`, want: {} },
    { name: "large, empty params", given: `{"id":1,"method":"m","params":{},${pad}}`, want: {} },
    {
      name: "large, what stands deeper",
      given: `{"id":1,"method":"m",${pad},"x":{"params":{"a":1}},"params":{"b":{"a":2}}}`,
      want: {},
    },
  ] as const;
  it.each(cases)("$name", ({ given, want }) => {
    const members = paramsMembers(messageOf([Buffer.from(given)]), ["a", "c"]);
    expect({ ...("a" in members && { a: members["a"] }), ...("c" in members && { c: members["c"] }) }).toEqual(want);
  });

  it("leaves it to the parser to say what is wrong", () => {
    const given = `{"id":1,"method":"m","params":{${pad},"a":nope}}`;
    expect(() => paramsMembers(messageOf([Buffer.from(given)]), ["a"])).toThrow("not valid JSON");
  });
});
