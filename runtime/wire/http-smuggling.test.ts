import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchangeRaw } from "../../generator/testing/http-peer.js";
import { readBody } from "./http-body.js";
import { listenHttp, type HttpServer } from "./http-server.js";

/** security.md, T31: what two parsers could read in two ways reaches nobody here, whether Node refuses it or we do. */
let server: HttpServer;
let handled = 0;

beforeAll(async () => {
  server = await listenHttp({
    host: "127.0.0.1",
    port: 0,
    async handler({ stream }, response) {
      handled++;
      const { chunks } = await readBody(stream, { maxBytes: 1000, budget: { maxBytes: 1000, usedBytes: 0 } });
      response.end(`body of ${Buffer.concat(chunks).length}`);
    },
  });
});
afterAll(() => server.close());

const post = (headers: string, body = ""): string => `POST / HTTP/1.1\r\n${headers}\r\n${body}`;

const cases: readonly { name: string; given: string; want: string }[] = [
  { name: "an ordinary request", given: post("Host: x\r\nContent-Length: 2\r\n", "{}"), want: "200" },
  {
    name: "a length and chunks",
    given: post("Host: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    want: "400",
  },
  { name: "an unknown transfer coding", given: post("Host: x\r\nTransfer-Encoding: xchunked\r\n"), want: "400" },
  {
    name: "chunks that are not last",
    given: post("Host: x\r\nTransfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
    want: "400",
  },
  { name: "two lengths", given: post("Host: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n", "{}"), want: "400" },
  { name: "a list of lengths", given: post("Host: x\r\nContent-Length: 2, 2\r\n", "{}"), want: "400" },
  { name: "a signed length", given: post("Host: x\r\nContent-Length: +2\r\n", "{}"), want: "400" },
  { name: "a negative length", given: post("Host: x\r\nContent-Length: -2\r\n", "{}"), want: "400" },
  { name: "a length in hexadecimal", given: post("Host: x\r\nContent-Length: 0x2\r\n", "{}"), want: "400" },
  { name: "a folded header", given: post("Host: x\r\nX-A: 1\r\n 2\r\n"), want: "400" },
  { name: "a header that ends in LF alone", given: "POST / HTTP/1.1\nHost: x\n\n", want: "400" },
  { name: "a CR inside of a value", given: post("Host: x\r\nX-A: 1\r2\r\n"), want: "400" },
  { name: "a space before the colon", given: post("Host : x\r\n"), want: "400" },
  { name: "NUL in a value", given: post("Host: x\r\nX-A: \0\r\n"), want: "400" },
  { name: "no version", given: "POST /\r\nHost: x\r\n\r\n", want: "505" },
  { name: "a version of tomorrow", given: "POST / HTTP/2.0\r\nHost: x\r\n\r\n", want: "505" },
  { name: "no Host in HTTP/1.1", given: "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", want: "400" },
  { name: "two Hosts", given: post("Host: x\r\nHost: x\r\nContent-Length: 0\r\n"), want: "400" },
  { name: "two Hosts that want a WebSocket", given: post("Host: x\r\nhost: y\r\nUpgrade: websocket\r\n"), want: "400" },
  {
    name: "extensions of a chunk without end",
    given: post("Host: x\r\nTransfer-Encoding: chunked\r\n", `2;${"a".repeat(100_000)}\r\n{}\r\n0\r\n\r\n`),
    want: "413",
  },
  { name: "17 KB of headers", given: post(`Host: x\r\nX-A: ${"a".repeat(17 * 1024)}\r\n`), want: "431" },
  { name: "101 headers", given: post(`Host: x\r\n${"X-A: 1\r\n".repeat(100)}`), want: "431" },
];

describe("requests that two parsers read in two ways", () => {
  it.each(cases)("$name: $want", async ({ given, want }) => {
    const before = handled;
    const { text } = await exchangeRaw(server.origin, given);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${want} `));
    // A part of it that is taken for the next request would be answered, too.
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    // The head of broken chunks is fine: the handler has it, and never gets the body.
    if (!given.includes("Transfer-Encoding")) expect(handled - before).toBe(want === "200" ? 1 : 0);
    if (want !== "200") expect(text).not.toContain("body of");
  });
});
