import { describe, expect, it } from "vitest";
import { GeneratorError } from "../../errors.js";
import { parseOptions } from "./options.js";

describe("parseOptions", () => {
  const cases: readonly { name: string; given: Readonly<Record<string, unknown>>; want: unknown }[] = [
    { name: "defaults", given: {}, want: { frontends: ["http"] } },
    {
      name: "all",
      given: { name: "@me/x", frontend: "stdio, unix, tcp,websocket,sse,http, http", backend: "tcp" },
      want: { name: "@me/x", frontends: ["http", "sse", "websocket", "tcp", "unix", "stdio"], backend: "tcp" },
    },
    { name: "a list", given: { frontend: ["stdio"] }, want: { frontends: ["stdio"] } },
    {
      name: "unknown option",
      given: { frontends: "http" },
      want: '[option] option "frontends": there is no such option',
    },
    {
      name: "unknown frontend",
      given: { frontend: "http,udp" },
      want: '[option] option "frontend": "udp" is not one of http, sse, websocket, tcp, unix, stdio',
    },
    { name: "no frontend", given: { frontend: [] }, want: '[option] option "frontend": at least one is needed' },
    {
      name: "unknown backend",
      given: { backend: "spec" },
      want: '[option] option "backend": "spec" is not one of stdio, http, sse, websocket, tcp, unix',
    },
    {
      name: "no package name",
      given: { name: "../x" },
      want: '[option] option "name": it must be the name of an npm package, in lower case',
    },
  ];
  it.each(cases)("$name", ({ given, want }) => {
    let got: unknown;
    try {
      got = parseOptions(given);
    } catch (error) {
      got = GeneratorError.from(error).message;
    }
    expect(got).toEqual(want);
  });
});
