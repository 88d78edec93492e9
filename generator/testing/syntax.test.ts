import { describe, expect, it } from "vitest";
import { syntaxOf } from "./syntax.js";

describe("syntaxOf", () => {
  const escapes = [
    { name: "a string", given: 'const a = "CANARY_A";', want: [] },
    { name: "a comment", given: "/* CANARY_A */ const a = 1; // CANARY_B", want: [] },
    { name: "a property name", given: "type A = { CANARY_A: 1 }; const b = { CANARY_B: 2 };", want: [] },
    { name: "a template without holes", given: "const a = `CANARY_A`;", want: [] },
    { name: "a call", given: "CANARY_A();", want: ["CANARY_A"] },
    { name: "a call after a broken comment", given: "/** */ CANARY_A(); /* */", want: ["CANARY_A"] },
    { name: "a template's hole", given: "const a = `x${CANARY_A}`;", want: ["CANARY_A"] },
    { name: "a template with holes", given: "const a = `CANARY_A ${1}`;", want: ["`CANARY_A ${"] },
    { name: "a type", given: "type A = CANARY_A;", want: ["CANARY_A"] },
    { name: "a regular expression", given: "const a = /CANARY_A/;", want: ["/CANARY_A/"] },
    { name: "a variable", given: "const CANARY_A = 1;", want: ["CANARY_A"] },
  ];
  it.each(escapes)("tells a marker in $name", ({ given, want }) => {
    expect(syntaxOf("a.ts", given, "CANARY_").escaped).toEqual(want);
  });

  it("tells what is called, imported and stated", () => {
    const text = 'import { a } from "b";\nif (a) new C12(); else { d.e1(f`x`); }\nlet g: import("h").I;';
    const { errors, calls, imports, statements } = syntaxOf("a.ts", text, "CANARY_");
    expect(errors).toEqual([]);
    expect([...calls]).toEqual(["new C#", "d.e#", "tag f"]);
    expect([...imports]).toEqual(['"b"', 'import("h").I']);
    expect([...statements]).toContain("IfStatement");
  });

  it("tells text that does not parse", () => {
    expect(syntaxOf("a.ts", 'const a = "\n";', "CANARY_").errors).toContain("Unterminated string literal.");
  });
});
