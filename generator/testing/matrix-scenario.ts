import { expect } from "vitest";
import { ANSWERS, type RawClient } from "./matrix-client.js";

/** One pair of transports, with a proxy between. */
export interface Pair {
  /** Another client, connected, not initialized. */
  readonly connect: () => Promise<RawClient>;
  /** The same server without a proxy, initialized. */
  readonly direct: RawClient;
  /** What the server answered there to `initialize`. */
  readonly hello: string;
  /** Several clients can be had of one proxy. */
  readonly many: boolean;
}

export interface Scenario {
  readonly name: string;
  run(client: RawClient, pair: Pair): Promise<void>;
}

type Params = Record<string, unknown>;

/** Numbers, members, white space and characters that a parser and a printer would change. */
const ODD =
  '{"jsonrpc": "2.0","x-top":1.0, "method":"x/echo","params":{"n":12345678901234567890.50,"u":"\\u00e9\\ud800","__proto__":{"a":1E2}},"id":7}';
const FIVE_MB = 5 * 1024 * 1024;

const call = (client: RawClient, name: string, given: Params = {}, more: Params = {}): Promise<string> =>
  client.request("tools/call", { name, arguments: given, ...more });
const said = (answer: string): string =>
  (JSON.parse(answer) as { result: { content: [{ text: string }] } }).result.content[0].text;
const without = (answer: string): unknown => ({ ...(JSON.parse(answer) as object), id: undefined });

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "lists of three pages, as from the server itself",
    async run(client, { direct }) {
      for (const method of ["tools/list", "resources/list", "resources/templates/list", "prompts/list"]) {
        let cursor: string | undefined;
        for (let page = 0; page < 3; page++) {
          const params = cursor === undefined ? {} : { cursor };
          const answer = await client.request(method, params, { id: `${method} ${page}` });
          expect(answer).toBe(await direct.request(method, params, { id: `${method} ${page}` }));
          cursor = (JSON.parse(answer) as { result: { nextCursor?: string } }).result.nextCursor;
        }
        expect(cursor).toBeUndefined();
      }
    },
  },
  {
    name: "unknown methods and members, byte for byte both ways",
    async run(client, { direct }) {
      const odd = { id: 7, text: ODD };
      const echoed = await client.request("x/echo", undefined, odd);
      expect(echoed).toBe(await direct.request("x/echo", undefined, odd));
      expect((JSON.parse(echoed) as { result: { text: string } }).result.text).toBe(ODD);
      const refused = await client.request("x/nothing", {}, { id: "r" });
      expect(refused).toBe(await direct.request("x/nothing", {}, { id: "r" }));
    },
  },
  {
    name: "ping, completion, log level",
    async run(client) {
      expect(without(await client.request("ping"))).toMatchObject({ result: {} });
      const argument = { name: "a", value: "v\u2028" };
      const completed = await client.request("completion/complete", {
        ref: { type: "ref/prompt", name: "p" },
        argument,
      });
      expect(without(completed)).toMatchObject({ result: { completion: { values: ["v\u2028"] } } });
      expect(without(await client.request("logging/setLevel", { level: "info" }))).toMatchObject({ result: {} });
    },
  },
  {
    name: "progress under the client's token, before the answer",
    async run(client) {
      const answer = call(client, "progress", {}, { _meta: { progressToken: "mine" } });
      for (const step of [1, 2, 3])
        await client.heard("notifications/progress", (p) => p["progressToken"] === "mine" && p["progress"] === step);
      expect(said(await answer)).toBe("done");
    },
  },
  {
    name: "cancellation reaches the server",
    async run(client) {
      const before = Number(said(await call(client, "canceled")));
      const given = { name: "wait", arguments: {} };
      client.request("tools/call", given, { id: "w" }).catch(() => undefined);
      // Over HTTP two requests may overtake each other: the server must have the first.
      await call(client, "nonce", { nonce: 0 });
      await client.notify("notifications/cancelled", { requestId: "w", reason: "enough" });
      expect(Number(said(await call(client, "canceled")))).toBe(before + 1);
    },
  },
  {
    name: "log messages",
    async run(client) {
      const nonce = Math.random();
      await call(client, "log", { said: nonce });
      await client.heard("notifications/message", ({ data }) => (data as Params)["said"] === nonce);
    },
  },
  {
    name: "sampling, elicitation and roots, asked and answered",
    async run(client) {
      for (const [method, answer] of Object.entries(ANSWERS)) {
        const back = said(await call(client, "ask", { method, params: { message: "?" } }));
        expect(back).toContain(`"result":${answer}`);
      }
    },
  },
  {
    name: "subscription and list_changed",
    async run(client) {
      const uri = "peer://resources-1";
      await client.request("resources/subscribe", { uri });
      await call(client, "touch", { uri });
      await client.heard("notifications/resources/updated", (params) => params["uri"] === uri);
      await client.heard("notifications/tools/list_changed");
      await client.request("resources/unsubscribe", { uri });
    },
  },
  {
    name: "5 MB each way",
    async run(client) {
      expect(said(await call(client, "size", { text: "y".repeat(FIVE_MB) }))).toBe(String(FIVE_MB));
      expect(said(await call(client, "big", { bytes: FIVE_MB })).length).toBe(FIVE_MB);
    },
  },
  {
    name: "fifty clients at once, all with id 1",
    async run(_, { connect, many }) {
      if (!many) return;
      const clients = await Promise.all(Array.from({ length: 50 }, () => connect()));
      await Promise.all(clients.map((one) => one.initialize()));
      const answers = await Promise.all(
        clients.map((one, nonce) => one.request("tools/call", { name: "nonce", arguments: { nonce } }, { id: 1 })),
      );
      expect(answers.map(said)).toEqual(clients.map((_one, nonce) => String(nonce)));
      await Promise.all(clients.map((one) => one.wire.close()));
    },
  },
  {
    name: "a client that dies in the middle takes nobody along",
    async run(client, { connect, many }) {
      if (!many) return;
      const doomed = await connect();
      await doomed.initialize();
      call(doomed, "wait").catch(() => undefined);
      call(doomed, "big", { bytes: FIVE_MB }).catch(() => undefined);
      doomed.wire.kill();
      expect(said(await call(client, "nonce", { nonce: "alive" }))).toBe("alive");
    },
  },
  {
    name: "a server that dies: the request fails, the next one is served",
    async run(client) {
      expect(without(await call(client, "die"))).toMatchObject({ error: { code: -32603 } });
      expect(said(await call(client, "nonce", { nonce: "again" }))).toBe("again");
    },
  },
];
