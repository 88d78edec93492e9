import { describe, expect, it } from "vitest";
import { verifySyntax } from "./verify.js";

describe("verifySyntax", () => {
  it("takes what parses, and looks at nothing else", async () => {
    const files = [
      { path: "a.ts", contents: "type A = { readonly a?: 1 };\n", verbatim: true },
      { path: "formatted.ts", contents: "}" },
      { path: "a.json", contents: "}", verbatim: true },
    ];
    await expect(verifySyntax(files)).resolves.toBeUndefined();
  });
  it("names the file and the line", async () => {
    const files = [{ path: "src/types.gen.ts", contents: "type A = 1;\n/** */ */\n", verbatim: true }];
    await expect(verifySyntax(files)).rejects.toThrow(
      "[verify] generated src/types.gen.ts has a syntax error in line 2",
    );
  });
});
