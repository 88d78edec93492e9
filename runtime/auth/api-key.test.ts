import { describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import type { Credentials } from "../core/frontend.js";
import { apiKeyAuthenticator, oneTimeKey } from "./api-key.js";

const ALICE = "alice-0123456789abcdef";
const BOB = "bob-0123456789abcdef-xyz";
const keys = [
  { name: "alice", key: ALICE },
  { name: "bob", key: BOB },
];

async function who(headers: Credentials["headers"], header?: string): Promise<string> {
  const authenticate = apiKeyAuthenticator(header === undefined ? { keys } : { keys, header });
  try {
    return (await authenticate({ transport: "http", headers }, new AbortController().signal)).id;
  } catch (error) {
    return RuntimeError.from(error).message;
  }
}

describe("apiKeyAuthenticator", () => {
  const refused = "[unauthenticated] a valid API key is required";
  const cases: readonly { name: string; given: Credentials["headers"]; header?: string; want: string }[] = [
    { name: "own header", given: { "x-api-key": ALICE }, want: "api-key:alice" },
    { name: "last key", given: { "x-api-key": BOB }, want: "api-key:bob" },
    { name: "bearer", given: { authorization: `Bearer ${BOB}` }, want: "api-key:bob" },
    { name: "bearer in lower case", given: { authorization: `bearer ${BOB}` }, want: "api-key:bob" },
    { name: "configured header", given: { "x-my-key": ALICE }, header: "X-My-Key", want: "api-key:alice" },
    {
      name: "authorization as the header",
      given: { authorization: `Bearer ${BOB}` },
      header: "Authorization",
      want: "api-key:bob",
    },
    {
      name: "default header when another is configured",
      given: { "x-api-key": ALICE },
      header: "x-my-key",
      want: refused,
    },
    { name: "nothing", given: {}, want: refused },
    { name: "wrong", given: { "x-api-key": `${ALICE}x` }, want: refused },
    { name: "prefix", given: { "x-api-key": ALICE.slice(0, -1) }, want: refused },
    { name: "empty", given: { "x-api-key": "" }, want: refused },
    { name: "a digest of a key", given: { "x-api-key": "0".repeat(64) }, want: refused },
    { name: "twice", given: { "x-api-key": [ALICE, ALICE] }, want: refused },
    {
      name: "wrong header value beside a right bearer",
      given: { "x-api-key": "x", authorization: `Bearer ${BOB}` },
      want: refused,
    },
    { name: "basic", given: { authorization: `Basic ${BOB}` }, want: refused },
    { name: "bearer without a key", given: { authorization: "Bearer " }, want: refused },
  ];
  it.each(cases)("$name", async ({ given, header, want }) => {
    expect(await who(given, header)).toBe(want);
  });

  const bad = [
    { name: "no keys", given: { keys: [] } },
    { name: "19 characters", given: { keys: [{ name: "short", key: "x".repeat(19) }] } },
    { name: "a space", given: { keys: [{ name: "space", key: "0123456789 0123456789" }] } },
    { name: "one name twice", given: { keys: [keys[0] ?? { name: "", key: "" }, { name: "alice", key: BOB }] } },
    { name: "an impossible header", given: { keys, header: "x api key" } },
  ];
  it.each(bad)("refuses to be configured with $name, without telling the key", ({ given }) => {
    expect(() => apiKeyAuthenticator(given)).toThrow(/^\[config\](?!.*0123456789)/);
  });

  it("makes one-time keys that it accepts, each another", () => {
    const [one, two] = [oneTimeKey(), oneTimeKey()];
    expect(one).toMatch(/^mcpg_[\w-]{43}$/);
    expect(two).not.toBe(one);
    expect(() => apiKeyAuthenticator({ keys: [{ name: "once", key: one }] })).not.toThrow();
  });
});
