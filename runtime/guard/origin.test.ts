import { describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import { originGuard, type Approach, type OriginOptions } from "./origin.js";

const LOCAL: OriginOptions = { host: "127.0.0.1" };
const OPEN: OriginOptions = { host: "0.0.0.0" };
const PUBLIC: OriginOptions = {
  host: "127.0.0.1",
  allowedHosts: ["mcp.example", "other.example:8443"],
  allowedOrigins: ["https://app.example", "http://localhost:6274/", "vscode-webview://abc"],
};

const approach = (
  host: string | readonly string[],
  origin: string | readonly string[] = [],
  target = "/mcp",
): Approach => ({
  port: 3000,
  hosts: [host].flat(),
  origins: [origin].flat(),
  target,
});

function outcome(options: OriginOptions, request: Approach): string {
  try {
    return originGuard(options).check(request) ?? "ok";
  } catch (error) {
    return error instanceof RuntimeError ? error.code : "unknown";
  }
}

describe("originGuard", () => {
  const cases: readonly { name: string; options: OriginOptions; given: Approach; want: string }[] = [
    { name: "loopback name", options: LOCAL, given: approach("localhost:3000"), want: "ok" },
    { name: "loopback name in upper case", options: LOCAL, given: approach("LOCALHOST:3000"), want: "ok" },
    { name: "IPv4 loopback", options: LOCAL, given: approach("127.0.0.1:3000"), want: "ok" },
    { name: "IPv6 loopback", options: LOCAL, given: approach("[::1]:3000"), want: "ok" },
    { name: "bound name", options: { host: "box.lan" }, given: approach("box.lan:3000"), want: "ok" },
    { name: "bound IPv6", options: { host: "fe80::1" }, given: approach("[fe80::1]:3000"), want: "ok" },
    { name: "no port on port 80", options: LOCAL, given: { ...approach("localhost"), port: 80 }, want: "ok" },
    { name: "rebound name", options: LOCAL, given: approach("evil.example:3000"), want: "forbidden" },
    { name: "other port", options: LOCAL, given: approach("localhost:3001"), want: "forbidden" },
    { name: "no port on port 3000", options: LOCAL, given: approach("localhost"), want: "forbidden" },
    { name: "trailing dot", options: LOCAL, given: approach("localhost.:3000"), want: "forbidden" },
    { name: "suffix", options: LOCAL, given: approach("localhost.evil.example:3000"), want: "forbidden" },
    { name: "user part", options: LOCAL, given: approach("localhost:3000@evil.example"), want: "forbidden" },
    { name: "absent", options: LOCAL, given: approach([]), want: "forbidden" },
    { name: "empty", options: LOCAL, given: approach(""), want: "forbidden" },
    { name: "foreign IP on one address", options: LOCAL, given: approach("10.0.0.1:3000"), want: "forbidden" },
    { name: "two of them", options: LOCAL, given: approach(["localhost:3000", "localhost:3000"]), want: "bad_message" },
    { name: "all addresses: IP literal", options: OPEN, given: approach("192.168.1.5:3000"), want: "ok" },
    { name: "all addresses: IPv6 literal", options: OPEN, given: approach("[fe80::1]:3000"), want: "ok" },
    { name: "all addresses: mapped port", options: OPEN, given: approach("localhost:8080"), want: "ok" },
    { name: "all addresses: a name", options: OPEN, given: approach("evil.example:3000"), want: "forbidden" },
    { name: "configured, any port", options: PUBLIC, given: approach("mcp.example"), want: "ok" },
    { name: "configured, its port", options: PUBLIC, given: approach("other.example:8443"), want: "ok" },
    { name: "configured, other port", options: PUBLIC, given: approach("other.example"), want: "forbidden" },
    {
      name: "absolute form",
      options: LOCAL,
      given: approach("localhost:3000", [], "http://localhost:3000/mcp"),
      want: "ok",
    },
    {
      name: "absolute form, other host",
      options: LOCAL,
      given: approach("localhost:3000", [], "http://evil/mcp"),
      want: "bad_message",
    },
    { name: "asterisk form", options: LOCAL, given: approach("localhost:3000", [], "*"), want: "bad_message" },
    {
      name: "own origin",
      options: LOCAL,
      given: approach("localhost:3000", "http://localhost:3000"),
      want: "http://localhost:3000",
    },
    {
      name: "own origin by address",
      options: LOCAL,
      given: approach("localhost:3000", "http://127.0.0.1:3000"),
      want: "http://127.0.0.1:3000",
    },
    {
      name: "configured origin",
      options: PUBLIC,
      given: approach("mcp.example", "https://app.example"),
      want: "https://app.example",
    },
    {
      name: "configured with a slash",
      options: PUBLIC,
      given: approach("mcp.example", "http://localhost:6274"),
      want: "http://localhost:6274",
    },
    {
      name: "editor's scheme",
      options: PUBLIC,
      given: approach("mcp.example", "vscode-webview://abc"),
      want: "vscode-webview://abc",
    },
    {
      name: "foreign origin",
      options: LOCAL,
      given: approach("localhost:3000", "https://evil.example"),
      want: "forbidden",
    },
    { name: "null origin", options: LOCAL, given: approach("localhost:3000", "null"), want: "forbidden" },
    {
      name: "other local port",
      options: LOCAL,
      given: approach("localhost:3000", "http://localhost:8080"),
      want: "forbidden",
    },
    {
      name: "other scheme",
      options: LOCAL,
      given: approach("localhost:3000", "https://localhost:3000"),
      want: "forbidden",
    },
    {
      name: "bracket suffix",
      options: LOCAL,
      given: approach("localhost:3000", "http://[::1].evil.example"),
      want: "forbidden",
    },
    {
      name: "origin with a path",
      options: LOCAL,
      given: approach("localhost:3000", "http://localhost:3000/path"),
      want: "forbidden",
    },
    {
      name: "two origins",
      options: LOCAL,
      given: approach("localhost:3000", ["http://localhost:3000", "http://localhost:3000"]),
      want: "forbidden",
    },
  ];
  it.each(cases)("$name → $want", ({ options, given, want }) => {
    expect(outcome(options, given)).toBe(want);
  });

  const bad: readonly { name: string; given: Partial<OriginOptions> }[] = [
    { name: "origin null", given: { allowedOrigins: ["null"] } },
    { name: "origin star", given: { allowedOrigins: ["*"] } },
    { name: "origin without a scheme", given: { allowedOrigins: ["app.example"] } },
    { name: "origin with a path", given: { allowedOrigins: ["https://app.example/x"] } },
    { name: "host with a scheme", given: { allowedHosts: ["https://mcp.example"] } },
    { name: "host star", given: { allowedHosts: ["*"] } },
  ];
  it.each(bad)("refuses to be configured with $name", ({ given }) => {
    expect(() => originGuard({ ...LOCAL, ...given })).toThrow(/^\[config\]/);
  });
});
