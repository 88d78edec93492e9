import { EventEmitter, once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import type { TransportKind } from "../../runtime/core/backend.js";
import {
  INITIALIZED,
  scripted,
  type Peer,
  type Reply,
  type Script,
  type ScriptedBackend,
} from "../testing/scripted.js";
import { watchServer } from "./watch.js";

const controllers: AbortController[] = [];
afterEach(() => {
  for (const one of controllers.splice(0)) one.abort();
});

interface Watched {
  /** Tools that were told, `a,b`, and failures, `! text`, in order. */
  readonly told: readonly string[];
  /** Resolves when as many have been told. */
  until(count: number): Promise<void>;
  readonly backend: ScriptedBackend;
  restart(): void;
  /** Ends the watch; nothing is left open then. */
  end(): Promise<void>;
}

function watched(script: Script | readonly Script[], kind: TransportKind = "stdio", pollMs = 2 ** 30): Watched {
  const events = new EventEmitter();
  const told: string[] = [];
  const tell = (text: string): void => {
    told.push(text);
    events.emit("told");
  };
  const backend = scripted(script, kind);
  const controller = new AbortController();
  controllers.push(controller);
  const server = watchServer(() => backend, {
    signal: controller.signal,
    pollMs,
    onSpec: ({ tools }) => tell(tools.map(({ name }) => name).join(",")),
    onRecovery: () => tell("back"),
    onFailure: (error) => tell(`! ${error.text}`),
  });
  return {
    told,
    backend,
    restart: () => server.restart(),
    async until(count) {
      while (told.length < count) await once(events, "told");
    },
    async end() {
      controller.abort();
      await server.done;
      expect(backend.stillOpen()).toBe(0);
    },
  };
}

const tools = (...names: string[]): Reply => ({
  result: { tools: names.map((name) => ({ name, inputSchema: { type: "object" } })) },
});
const says = { tools: { listChanged: true } };
const initialized = (capabilities: object): Reply => ({
  result: { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "scripted", version: "1" } },
});
const discovered = (capabilities: object): Reply => ({
  result: { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities },
});
const CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" } as const;
const acknowledge = (peer: Peer, notifications: object): void =>
  peer.send({ jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params: { notifications } });

/** Lists `before` until `change()`, then `after`; says so over whatever connection is there. */
function changing(
  before: Reply,
  after: Reply,
): {
  readonly list: Script[string];
  readonly change: (times?: number) => void;
} {
  let now = before;
  let last: Peer | undefined;
  return {
    list: (_, peer) => {
      last = peer;
      return now;
    },
    change(times = 1) {
      now = after;
      for (let i = 0; i < times; i++) last?.send(CHANGED);
    },
  };
}

describe("watchServer", () => {
  it("tells what the server offers, and again when it says that this has changed", async () => {
    const { list, change } = changing(tools("a"), tools("a", "b"));
    const watch = watched({ initialize: initialized(says), "tools/list": list });
    await watch.until(1);
    change();
    await watch.until(2);
    expect(watch.told).toEqual(["a", "a,b"]);
    await watch.end();
  });

  it("reads once for a burst, and tells nothing when all is as it was", async () => {
    const { list, change } = changing(tools("a"), tools("a"));
    const watch = watched({ initialize: initialized(says), "tools/list": list, ping: { result: {} } });
    await watch.until(1);
    change(50);
    await watch.backend.untilHeard("1 ping", 2);
    await watch.end();
    expect(watch.backend.heard.filter((one) => one === "1 tools/list")).toHaveLength(2);
    expect(watch.told).toEqual(["a"]);
  });

  it.each([
    { name: "a process is started anew", kind: "stdio", want: "2 tools/list" },
    { name: "over HTTP it is asked on its session", kind: "http", want: "1 tools/list" },
  ] as const)("polls a server that does not say: $name", async ({ kind, want }) => {
    const { list, change } = changing(tools("a"), tools("b"));
    const watch = watched({ initialize: INITIALIZED, "tools/list": list }, kind, 5);
    await watch.until(1);
    change(0);
    await watch.until(2);
    expect(watch.told).toEqual(["a", "b"]);
    expect(watch.backend.heard.at(-1)?.slice(2)).toBe("tools/list");
    expect(watch.backend.heard).toContain(want);
    await watch.end();
  });

  it("connects anew to a server that has died, and tells only what is new", async () => {
    const turns = [tools("a"), "hang up", tools("a"), tools("a", "b")] as const;
    let calls = 0;
    const watch = watched(
      { initialize: INITIALIZED, "tools/list": () => turns[calls++] ?? tools("a", "b") },
      "http",
      5,
    );
    await watch.until(4);
    expect(watch.told).toEqual(["a", "! the server closed the connection", "back", "a,b"]);
    expect(watch.backend.heard).toContain("2 initialize");
    await watch.end();
  });

  it("does not take half an answer for what the server offers now", async () => {
    let calls = 0;
    const watch = watched(
      {
        initialize: INITIALIZED,
        "tools/list": () => {
          calls++;
          return calls === 2 ? { error: { code: -32603, message: "database gone" } } : tools("a");
        },
      },
      "http",
      5,
    );
    await watch.until(2);
    expect(watch.told).toEqual(["a", "! tools/list: page 1 failed: database gone"]);
    await watch.backend.untilHeard("2 tools/list");
    await watch.end();
  });

  it("connects anew at once when it is told to, even in a pause", async () => {
    const broken: Script = { initialize: { error: { code: -32000, message: "not now" } } };
    const fine: Script = { initialize: initialized(says), "tools/list": tools("a") };
    const watch = watched([broken, fine, { ...fine, "tools/list": tools("b") }]);
    await watch.until(1);
    watch.restart();
    await watch.until(3);
    watch.restart();
    await watch.until(4);
    expect(watch.told).toEqual(["! not now", "back", "a", "b"]);
    await watch.end();
  });

  describe("modern", () => {
    it("subscribes before it reads, and hears of changes", async () => {
      const { list, change } = changing(tools("a"), tools("a", "b"));
      const watch = watched({
        "server/discover": discovered({ tools: { listChanged: true }, prompts: {} }),
        "subscriptions/listen": (_, peer) => {
          acknowledge(peer, { toolsListChanged: true });
          return "silence";
        },
        "tools/list": list,
        "prompts/list": { result: { prompts: [] } },
      });
      await watch.until(1);
      change();
      await watch.until(2);
      expect(watch.backend.messages[1]?.params).toMatchObject({ notifications: { toolsListChanged: true } });
      expect(watch.backend.heard.slice(0, 3)).toEqual(["1 server/discover", "1 subscriptions/listen", "1 tools/list"]);
      await watch.end();
    });

    it.each<{ readonly name: string; readonly listen: Script[string] }>([
      { name: "refuses", listen: { error: { code: -32601, message: "no such method" } } },
      {
        name: "grants nothing",
        listen: (_, peer) => {
          acknowledge(peer, {});
          return "silence";
        },
      },
    ])("polls a server that $name", async ({ listen }) => {
      const { list, change } = changing(tools("a"), tools("b"));
      const script: Script = { "server/discover": discovered(says), "tools/list": list };
      const watch = watched({ ...script, "subscriptions/listen": listen }, "http", 5);
      await watch.until(1);
      change(0);
      await watch.until(2);
      expect(watch.told).toEqual(["a", "b"]);
      await watch.end();
    });

    it("subscribes again when the subscription ends", async () => {
      const watch = watched({
        "server/discover": discovered(says),
        "subscriptions/listen": ({ id = null }, peer) => {
          acknowledge(peer, { toolsListChanged: true });
          queueMicrotask(() => peer.send({ jsonrpc: "2.0", id, result: { resultType: "complete" } }));
          return "silence";
        },
        "tools/list": tools("a"),
      });
      await watch.backend.untilHeard("2 subscriptions/listen");
      expect(watch.told).toContain("! the server ended the subscription to its changes");
      await watch.end();
    });
  });

  describe("ends cleanly", () => {
    const fine: Script = { initialize: initialized(says), "tools/list": tools("a") };
    it.each<{ readonly name: string; readonly script: Script; readonly heard: string }>([
      { name: "while it connects", script: { initialize: "silence" }, heard: "1 initialize" },
      { name: "while it reads", script: { ...fine, "tools/list": "silence" }, heard: "1 tools/list" },
      { name: "while it waits", script: fine, heard: "1 ping" },
      { name: "in a pause", script: { initialize: { error: { code: 1, message: "no" } } }, heard: "1 initialize" },
    ])("$name", async ({ script, heard }) => {
      const watch = watched(script);
      await watch.backend.untilHeard(heard);
      await watch.end();
    });
  });
});
