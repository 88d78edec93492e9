import { describe, expect, test } from "vitest";
import { checkUrl, kindOfUrl, parseTcp, parseUnix, type UrlKind } from "./address.js";

describe("parseTcp", () => {
  test.each([
    { given: "localhost:5000", want: { host: "localhost", port: 5000, tls: false } },
    { given: "127.0.0.1:1", want: { host: "127.0.0.1", port: 1, tls: false } },
    { given: "[::1]:65535", want: { host: "::1", port: 65535, tls: false } },
    { given: "tcp://a.example:5", want: { host: "a.example", port: 5, tls: false } },
    { given: "tls://a.example:5/", want: { host: "a.example", port: 5, tls: true } },
    { given: "TLS://[::1]:5", want: { host: "::1", port: 5, tls: true } },
  ])("$given", ({ given, want }) => {
    expect(parseTcp(given, "--tcp")).toEqual(want);
  });

  test.each(["localhost", "localhost:0", "localhost:65536", "::1:5000", "http://a:1", "tcp://a:1/x", ":5000", "a b:1"])(
    "refuses %s",
    (given) => {
      expect(() => parseTcp(given, "--tcp")).toThrow("--tcp is no address of a TCP server");
    },
  );
});

test.each([
  { given: "/tmp/a.sock", want: "/tmp/a.sock" },
  { given: "a.sock", want: "a.sock" },
  { given: "unix:/tmp/a.sock", want: "/tmp/a.sock" },
  { given: "unix:///tmp/a.sock", want: "/tmp/a.sock" },
  { given: "unix:a.sock", want: "a.sock" },
])("parseUnix: $given", ({ given, want }) => {
  expect(parseUnix(given)).toBe(want);
});

describe("URLs", () => {
  test.each([
    { given: "https://a/mcp", want: "http" },
    { given: "ws://a/mcp", want: "websocket" },
    { given: "WSS://a/mcp", want: "websocket" },
  ])("without a word about the transport, $given is $want", ({ given, want }) => {
    expect(kindOfUrl(given)).toBe(want);
  });

  test.each<{ kind: UrlKind; given: string; want: string }>([
    { kind: "websocket", given: "http://a/mcp", want: "--url is no URL of a WebSocket server" },
    { kind: "sse", given: "ws://a/sse", want: "--url is no URL of an HTTP+SSE server" },
    { kind: "http", given: "localhost:3000/mcp", want: "--url is no URL of an HTTP server" },
    { kind: "websocket", given: "ws://me:secret@a/", want: "--url holds a user name or password" },
  ])("$kind: $given is refused", ({ kind, given, want }) => {
    expect(() => checkUrl(given, "--url", kind)).toThrow(want);
  });
});
