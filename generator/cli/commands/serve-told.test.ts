import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { runCli } from "../../testing/cli.js";

const INITIALIZE = {
  ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};

describe("a client over stdio, of a remote server, is the only one who", () => {
  const told = async (
    url: string,
  ): Promise<{ readonly code: number | null; readonly stderr: string; readonly ids: unknown }> => {
    const stdin = [INITIALIZE, { jsonrpc: "2.0", id: 2, method: "tools/list" }].map(
      (one) => `${JSON.stringify(one)}\n`,
    );
    const args = ["serve", "--url", url, "--frontend", "stdio", "--backend-era", "legacy"];
    const { code, stdout, stderr } = await runCli(args, { cwd: tmpdir(), stdin: stdin.join("") });
    const lines = stdout.trimEnd().split("\n");
    return { code, stderr, ids: lines.map((line) => (JSON.parse(line) as { readonly id: unknown }).id) };
  };
  const RESULT = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } };

  test.each([
    {
      name: "cannot reach it",
      statuses: [],
      code: 3,
      text: /^error: cannot reach http:.*\n {2}why: .*\n {2}fix: .*\n$/,
    },
    { name: "is not let in", statuses: [401, 401], code: 4, text: /^error: .*401.*\n {2}why: .*\n {2}fix: .*\n$/ },
    { name: "knows what came after the handshake", statuses: [200, 401], code: 0, text: /^$/ },
  ])("$name: exit $code", async ({ statuses, code, text }) => {
    const answers = statuses.map((status) => ({ status }));
    const remote = createServer((request, response) => {
      const { status = 405 } = (request.method === "POST" ? answers.shift() : undefined) ?? {};
      request.resume();
      response.writeHead(status, { "content-type": "application/json" });
      response.end(status === 200 ? JSON.stringify({ jsonrpc: "2.0", id: 1, result: RESULT }) : "");
    }).listen(0, "127.0.0.1");
    await once(remote, "listening");
    const url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}/mcp`;
    if (statuses.length === 0) remote.close();
    const result = await told(url);
    remote.closeAllConnections();
    remote.close();
    expect(result).toEqual({ code, ids: [1, 2], stderr: expect.stringMatching(text) as string });
  });
});
