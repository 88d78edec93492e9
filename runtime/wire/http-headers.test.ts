import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHeaderValue, encodeHeaderValue, mediaType } from "./http-headers.js";

describe("header values", () => {
  it.each([
    { given: "get-sum", want: "get-sum" },
    { given: "a b\tc", want: "a b\tc" },
    { given: " a", want: "=?base64?IGE=?=" },
    { given: "", want: "=?base64??=" },
    { given: "grüße", want: "=?base64?Z3LDvMOfZQ==?=" },
    { given: "a\r\nX: y", want: "=?base64?YQ0KWDogeQ==?=" },
    { given: "=?base64?YQ==?=", want: "=?base64?PT9iYXNlNjQ/WVE9PT89?=" },
  ])("encodes $given", ({ given, want }) => expect(encodeHeaderValue(given)).toBe(want));

  it("gives every text back, and nothing that breaks a header", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
        const encoded = encodeHeaderValue(text);
        expect(encoded).toMatch(/^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/);
        expect(decodeHeaderValue(encoded)).toBe(text);
      }),
    );
  });

  it.each(["=?base64?a?=", "=?base64?!!!!?=", "=?base64?/w==?="])("does not decode %s", (given) =>
    expect(decodeHeaderValue(given)).toBeUndefined(),
  );
});

describe("mediaType", () => {
  it.each([
    [undefined, ""],
    ["application/json", "application/json"],
    [" Text/Event-Stream ; charset=utf-8", "text/event-stream"],
  ])("%j", (given, want) => expect(mediaType(given)).toBe(want));
});
