import { describe, expect, it } from "vitest";
import type { TransportKind } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import type { AccessSettings } from "./access-settings.js";
import { openAccess, type Access, type Listener } from "./access.js";

const KEY = "alice-0123456789abcdef";
const CLOSED: AccessSettings = { header: "x-api-key", keys: [], open: false };
const KEYED: AccessSettings = { ...CLOSED, keys: [{ name: "alice", key: KEY }] };
const REQUIRED: AccessSettings = { ...CLOSED, required: true };
const OPEN: AccessSettings = { ...CLOSED, open: true };

const web = (host: string, ca?: string): Listener => ({ kind: "web", host, tls: { cert: "c", key: "k", ca } });
const tcp = (host: string, ca?: string): Listener => ({ kind: "tcp", host, tls: { cert: "c", key: "k", ca } });
const LOCAL = "127.0.0.1";
const ANY = "0.0.0.0";

/** What becomes of clients: let in whoever they are, asked for a key, asked for a key made for this run; or the proxy does not start. */
type Outcome = "everybody" | "key" | "one-time key" | "refused";

interface Case {
  readonly name: string;
  readonly settings: AccessSettings;
  readonly listeners: readonly Listener[];
  readonly want: Outcome;
  /** Whether the operator is told that TCP clients need no key. */
  readonly tcpTold?: true;
}

const CASES: readonly Case[] = [
  { name: "loopback", settings: CLOSED, listeners: [web(LOCAL), tcp("::1")], want: "everybody" },
  { name: "no listener", settings: CLOSED, listeners: [], want: "everybody" },
  { name: "web for other machines", settings: CLOSED, listeners: [web(ANY)], want: "one-time key" },
  {
    name: "the same beside TCP on loopback",
    settings: CLOSED,
    listeners: [web(ANY), tcp(LOCAL)],
    want: "one-time key",
    tcpTold: true,
  },
  { name: "web with keys", settings: KEYED, listeners: [web(ANY)], want: "key" },
  { name: "keys on loopback too", settings: KEYED, listeners: [web(LOCAL)], want: "key" },
  {
    name: "keys beside TCP on loopback",
    settings: KEYED,
    listeners: [web(ANY), tcp(LOCAL)],
    want: "key",
    tcpTold: true,
  },
  {
    name: "keys beside TCP with client certificates",
    settings: KEYED,
    listeners: [web(ANY), tcp(LOCAL, "ca")],
    want: "key",
  },
  { name: "required on loopback", settings: REQUIRED, listeners: [web(LOCAL)], want: "one-time key" },
  { name: "required, and TCP on loopback", settings: REQUIRED, listeners: [web(LOCAL), tcp(LOCAL)], want: "refused" },
  {
    name: "required with keys, and TCP on loopback",
    settings: { ...KEYED, required: true },
    listeners: [web(LOCAL), tcp(LOCAL)],
    want: "refused",
  },
  {
    name: "required with keys, and TCP with client certificates",
    settings: { ...KEYED, required: true },
    listeners: [web(LOCAL), tcp(ANY, "ca")],
    want: "key",
  },
  { name: "web with client certificates", settings: CLOSED, listeners: [web(ANY, "ca")], want: "everybody" },
  { name: "both", settings: KEYED, listeners: [web(ANY, "ca")], want: "key" },
  { name: "TCP for other machines", settings: CLOSED, listeners: [tcp(ANY)], want: "refused" },
  { name: "keys do not help TCP", settings: KEYED, listeners: [web(LOCAL), tcp(ANY)], want: "refused" },
  { name: "TCP with client certificates", settings: CLOSED, listeners: [tcp(ANY, "ca")], want: "everybody" },
  { name: "open on purpose", settings: OPEN, listeners: [web(ANY), tcp(ANY)], want: "everybody" },
];

describe("openAccess", () => {
  it.each(CASES)("$name: $want", async ({ settings, listeners, want, tcpTold = false }) => {
    const said: string[] = [];
    const open = (): Access => openAccess(settings, { listeners, terminal: true, notice: (text) => said.push(text) });
    if (want === "refused") {
      expect(open).toThrow(/^\[config\] TCP on /);
      return;
    }
    const access = open();
    expect(said.some((text) => text.startsWith("key:"))).toBe(false);
    await access.tell();
    await access.end();
    expect(said.some((text) => text.startsWith(`TCP on ${LOCAL} needs no key`))).toBe(tcpTold);
    const { authenticate } = access;
    const shown = said.flatMap((text) => /^key: (.+)$/.exec(text)?.[1] ?? []);
    expect({ asked: authenticate !== undefined, shown: shown.length }).toEqual({
      asked: want !== "everybody",
      shown: want === "one-time key" ? 1 : 0,
    });
    if (!authenticate) return;
    const who = async (transport: TransportKind, key?: string): Promise<string> => {
      const credentials = { transport, headers: { "x-api-key": key } };
      const asked = authenticate(credentials, new AbortController().signal);
      return asked.then(({ id }) => id).catch((error: unknown) => RuntimeError.from(error).code);
    };
    const [key = KEY] = shown;
    for (const transport of ["http", "sse", "websocket"] as const) {
      expect(await who(transport)).toBe("unauthenticated");
      expect(await who(transport, `${key}x`)).toBe("unauthenticated");
      expect(await who(transport, key)).not.toBe("unauthenticated");
    }
    for (const transport of ["stdio", "tcp", "unix"] as const) expect(await who(transport)).toBe(transport);
  });
});
