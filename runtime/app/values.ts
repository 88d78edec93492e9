import { RuntimeError } from "../core/errors.js";

/** A host and a port as they are bound. `host` is without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const bad = (what: string, text: string, wanted: string): RuntimeError =>
  new RuntimeError("config", `${what} cannot be ${JSON.stringify(text)}`, { why: `it must be ${wanted}` });

const MAX_PORT = 65_535;

/** `127.0.0.1:3000`, `localhost:0`, `[::1]:3000`. Port 0 takes a free one. */
export function parseAddress(what: string, text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > MAX_PORT)
    throw bad(what, text, `HOST:PORT, such as 127.0.0.1:3000 or [::1]:3000, with a port from 0 to ${MAX_PORT}`);
  return { host, port };
}

export function parsePort(what: string, text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= MAX_PORT)) throw bad(what, text, `a port from 0 to ${MAX_PORT}`);
  return port;
}

/** `500ms`, `30s`, `5m`, `1h`; a bare number is milliseconds. Returns milliseconds. */
export function parseDuration(what: string, text: string): number {
  const match = /^([0-9]{1,12})(ms|s|m|h)?$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? "ms"];
  const ms = Number(match?.[1]) * (unit ?? NaN);
  // Timers of Node hold 31 bits: a longer one would fire at once.
  if (!(ms > 0) || ms > 2 ** 31 - 1) throw bad(what, text, "a duration such as 500ms, 30s, 5m, up to 24 days");
  return ms;
}

export function parsePositive(what: string, text: string): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw bad(what, text, "a whole number above 0");
  return value;
}

export function parseCount(what: string, text: string): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value >= 0)) throw bad(what, text, "a whole number, 0 or above");
  return value;
}

export function parseChoice<T extends string>(what: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found === undefined) throw bad(what, text, `one of ${choices.join(", ")}`);
  return found;
}

/** Whether only this machine can reach what is bound there. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.[0-9]{1,3}){3}$/.test(host);
