import { UriTemplate } from "@modelcontextprotocol/sdk/shared/uriTemplate.js";
import { expect, it } from "vitest";
import { sdkTemplate, templateVariables } from "./uri-template.js";

/** RFC 6570, section 3.2, as far as the SDK can be brought to it. */
it.each([
  { template: "a://b", variables: "", given: {}, want: "a://b" },
  { template: "a://{b}", variables: "b", given: { b: "x/y z" }, want: "a://x%2Fy%20z" },
  { template: "a://{b,c}", variables: "b c", given: { b: "1,2", c: "ü" }, want: "a://1%2C2,%C3%BC" },
  { template: "a:{/b,c*}", variables: "b c*", given: { b: "1", c: ["2", "3"] }, want: "a:/1/2/3" },
  { template: "a{.b,c}", variables: "b c", given: { b: "1", c: "2" }, want: "a.1.2" },
  { template: "a{+b,c}", variables: "b c", given: { b: "x/y", c: "é" }, want: "ax/y,%C3%A9" },
  { template: "a{#b,c}", variables: "b c", given: { b: "x/y", c: "z" }, want: "a#x/y,z" },
  { template: "a{;b,c}", variables: "b c", given: { b: "1", c: "&" }, want: "a;b=1;c=%26" },
  { template: "a{?b,c}", variables: "b? c?", given: { c: "&" }, want: "a?c=%26" },
  { template: "a{?b}{&c}", variables: "b? c?", given: { b: "1", c: "2" }, want: "a?b=1&c=2" },
  { template: "a{b:3}{}", variables: "b", given: { b: "1" }, want: "a1" },
  { template: "{b}{?b}", variables: "b", given: { b: "1" }, want: "1?b=1" },
])("$template", ({ template, variables, given, want }) => {
  const got = templateVariables(template).map(
    ({ name, optional, list }) => name + (list ? "*" : "") + (optional ? "?" : ""),
  );
  expect(got.join(" ")).toBe(variables);
  expect(new UriTemplate(sdkTemplate(template)).expand(given)).toBe(want);
});

it("leaves a template without its end as it is", () => {
  expect(sdkTemplate("a{b}{c")).toBe("a{b}{c");
  expect(templateVariables("a{b}{c").map(({ name }) => name)).toEqual(["b"]);
});
