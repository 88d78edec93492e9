import type { Backend } from "../core/backend.js";
import { caller as callerOf, type CallOptions, type Caller, type CallerOptions } from "../core/caller.js";
import { RuntimeError } from "../core/errors.js";
import { printable, silent, type Log } from "../core/log.js";
import { deadline, orAborted, sleep } from "../core/signals.js";
import { isObject, stamp, type Members } from "./envelope.js";
import { isModernOnly, noMutualVersion, supportedBy, verdictOfError, verdictOfResult, wrongEra } from "./verdict.js";
import type { Discovered, Verdict } from "./verdict.js";
import { LEGACY, MODERN, newestMutual, type Era, type Revision } from "./versions.js";

export interface HandshakeOptions extends Pick<CallerOptions, "onNotification" | "onRequest"> {
  /** Default `auto`: `server/discover` is asked first, `initialize` when the answer is no modern server's. */
  readonly era?: "auto" | Era;
  readonly signal?: AbortSignal | undefined;
  /** From the start until the server can be asked: opening, probe and `initialize` together. */
  readonly connectTimeoutMs: number;
  /** Silence after which a process is asked to `initialize` as well. Default 3,000. */
  readonly probeTimeoutMs?: number;
  /** Each request afterwards, where it does not say otherwise. */
  readonly requestTimeoutMs: number;
  readonly clientCapabilities: Members;
  readonly clientInfo: { readonly name: string; readonly version: string };
  readonly log?: Log;
}

export interface RequestOptions {
  /** Names the step in a time-out's text. Default: the method. */
  readonly step?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A server that is ready to be asked. Whoever holds it closes `caller`. */
export interface Connection {
  readonly caller: Caller;
  readonly era: Era;
  readonly protocolVersion: Revision;
  /** As told by `server/discover`; absent in the legacy era. */
  readonly supportedVersions?: readonly string[];
  /** `Implementation` as sent, unchecked; modern servers may leave it out. */
  readonly server: unknown;
  readonly capabilities: Members;
  readonly instructions?: string;
  /** Adds the envelope of the modern era. Throws what Caller.request throws. */
  request(method: string, params?: Members, options?: RequestOptions): Promise<unknown>;
}

/**
 * Finds out which era a server speaks and makes it ready to be asked.
 * Throws RuntimeError `unreachable`, `closed`, `timeout` naming the step, `remote` (refused, or no revision in common),
 * `unauthenticated`, `forbidden`, `canceled`. Nothing stays open then.
 * Source: MCP 2025-11-25, basic/lifecycle; 2026-07-28, basic/versioning.
 */
export async function handshake(backend: Backend, options: HandshakeOptions): Promise<Connection> {
  const clock = deadline("connecting to the server", options.connectTimeoutMs, options.signal);
  const opening = new Opening(backend, options, clock.signal);
  try {
    return await opening.negotiate(options.era ?? "auto");
  } catch (error) {
    await opening.abandon(error);
    const failure = RuntimeError.from(error);
    if (failure !== clock.signal.reason || failure.code !== "timeout") throw failure;
    throw new RuntimeError("timeout", `${opening.step} did not answer within ${options.connectTimeoutMs} ms`, {
      cause: failure,
      why: "the server was started or reached, but said nothing that can be used in time",
      hint: "if it is slow to start, allow a longer connect timeout; if it is no MCP server, check the command or the URL",
    });
  } finally {
    clock.done();
  }
}

type Settled = { readonly result: unknown } | { readonly error: RuntimeError };

const settled = (answer: Promise<unknown>): Promise<Settled> =>
  answer.then(
    (result) => ({ result }),
    (error: unknown) => ({ error: RuntimeError.from(error) }),
  );

const isClosed = (answer: Settled): boolean => "error" in answer && answer.error.code === "closed";

const verdictOf = (answer: Settled): Verdict =>
  "error" in answer ? verdictOfError(answer.error) : verdictOfResult(answer.result);

/** One handshake on its way. Holds the one open channel, so that none is left behind. */
class Opening {
  /** What is waited for: the text of a time-out. */
  step = "connecting to the server";
  #caller: Caller | undefined;
  readonly #backend: Backend;
  readonly #options: HandshakeOptions;
  readonly #signal: AbortSignal;
  readonly #log: Log;

  constructor(backend: Backend, options: HandshakeOptions, signal: AbortSignal) {
    this.#backend = backend;
    this.#options = options;
    this.#signal = signal;
    this.#log = options.log ?? silent;
  }

  async abandon(reason: unknown): Promise<void> {
    await this.#caller?.close(reason);
    this.#caller = undefined;
  }

  async negotiate(era: "auto" | Era): Promise<Connection> {
    await this.#dial();
    if (era === "legacy") return this.#legacy(await this.#initialize(), era);
    if (era === "modern") return this.#modern(MODERN[0]);
    const giveUp = new AbortController();
    try {
      return await this.#auto(giveUp.signal);
    } finally {
      giveUp.abort(new RuntimeError("canceled", "the era is settled"));
    }
  }

  async #auto(giveUp: AbortSignal): Promise<Connection> {
    const probe = settled(this.#discover(MODERN[0], giveUp));
    const quick = await this.#orSilence(probe);
    if (quick) {
      if (!isClosed(quick)) return this.#follow(verdictOf(quick));
      // Some servers end on any request before `initialize`.
      this.#log("debug", "the server ended when asked server/discover; starting it again to initialize");
      await this.#dial();
      return this.#legacy(await this.#initialize(), "auto");
    }

    // Slow to start, or deaf to unknown methods: the first usable answer of the two counts.
    this.#log("debug", "no answer to server/discover yet; sending initialize as well");
    // Answers may arrive together: one more turn lets an earlier answer to the probe be seen first.
    const asked = this.#initialize().then(async (answer) => {
      await new Promise(setImmediate);
      return answer;
    });
    const modern = probe.then<Settled | Verdict>((answer) => {
      const verdict: Verdict = isClosed(answer) ? { era: "legacy" } : verdictOf(answer);
      return verdict.era === "modern" ? verdict : asked;
    });
    const first = await Promise.race<Settled | Verdict>([asked, modern]);
    if ("era" in first) {
      // `initialize` may pin the old channel to a legacy session, and the era must not depend on the server's speed.
      await this.#dial();
      return this.#follow(first);
    }
    if (!isClosed(first)) return this.#legacy(first, "auto");
    await this.#dial();
    return this.#legacy(await this.#initialize(), "auto");
  }

  #follow(verdict: Verdict): Promise<Connection> | Connection {
    if (verdict.era === "legacy") return this.#initialize().then((answer) => this.#legacy(answer, "auto"));
    return "version" in verdict ? this.#modern(verdict.version, true) : this.#connected(verdict.discovered);
  }

  /** Of a server that must be modern. Asked once more where it names another revision that both speak. */
  async #modern(version: Revision, last = false): Promise<Connection> {
    const verdict = verdictOf(await settled(this.#discover(version)));
    if (verdict.era === "legacy") throw wrongEra("modern");
    if ("discovered" in verdict) return this.#connected(verdict.discovered);
    if (last) throw new RuntimeError("remote", `the server refuses MCP ${version}, which it says it supports`);
    return this.#modern(verdict.version, true);
  }

  #connected(discovered: Discovered): Connection {
    const { protocolVersion, ...told } = discovered;
    const sender = { ...this.#options, protocolVersion };
    return this.#connection({ era: "modern", protocolVersion, ...told }, async (method, params, options) => {
      const result = await this.#require().request(method, stamp(params, sender), options);
      const type = isObject(result) ? result["resultType"] : undefined;
      if (type === undefined || type === "complete") return result;
      throw new RuntimeError(
        "remote",
        `${method}: the server wants more before it answers (${typeof type === "string" ? printable(type) : typeof type})`,
      );
    });
  }

  async #legacy(answer: Settled, era: "auto" | Era): Promise<Connection> {
    if ("error" in answer) {
      if (!isModernOnly(answer.error)) throw answer.error;
      if (era === "legacy") throw wrongEra("legacy");
      const version = newestMutual(supportedBy(answer.error), "modern");
      if (version === undefined) throw noMutualVersion(supportedBy(answer.error));
      return this.#modern(version);
    }
    const { result } = answer;
    if (!isObject(result)) throw new RuntimeError("bad_message", "the server's answer to initialize is no object");
    const { protocolVersion: version, capabilities, serverInfo, instructions } = result;
    const protocolVersion = typeof version === "string" ? LEGACY.find((one) => one === version) : undefined;
    if (protocolVersion === undefined) throw noMutualVersion(typeof version === "string" ? [version] : [], LEGACY);
    await orAborted(this.#require().notify("notifications/initialized"), this.#signal);
    const told = {
      era: "legacy" as const,
      protocolVersion,
      server: serverInfo,
      capabilities: isObject(capabilities) ? capabilities : {},
      ...(typeof instructions === "string" ? { instructions } : {}),
    };
    return this.#connection(told, (method, params, options) => this.#require().request(method, params, options));
  }

  #connection(
    told: Omit<Connection, "caller" | "request">,
    ask: (method: string, params: Members | undefined, options: CallOptions) => Promise<unknown>,
  ): Connection {
    const { requestTimeoutMs } = this.#options;
    return {
      ...told,
      caller: this.#require(),
      request: (method, params, { step = method, timeoutMs = requestTimeoutMs, signal } = {}) =>
        ask(method, params, { step, timeoutMs, signal }),
    };
  }

  /** Opens a channel in place of the one before. */
  async #dial(): Promise<void> {
    await this.abandon("opened again");
    this.step = "connecting to the server";
    const channel = await this.#backend.open(this.#signal);
    const { onNotification, onRequest } = this.#options;
    this.#caller = callerOf(channel, {
      ...(onNotification ? { onNotification } : {}),
      ...(onRequest ? { onRequest } : {}),
    });
  }

  #require(): Caller {
    if (!this.#caller) throw new RuntimeError("closed", "the connection is closed");
    return this.#caller;
  }

  async #discover(version: Revision, giveUp?: AbortSignal): Promise<unknown> {
    const params = stamp(undefined, { ...this.#options, protocolVersion: version });
    return this.#ask("server/discover", params, giveUp ? AbortSignal.any([this.#signal, giveUp]) : this.#signal);
  }

  #initialize(): Promise<Settled> {
    const { clientCapabilities: capabilities, clientInfo } = this.#options;
    const params = { protocolVersion: LEGACY[0], capabilities, clientInfo };
    return settled(this.#ask("initialize", params, this.#signal));
  }

  #ask(method: string, params: Members, signal: AbortSignal): Promise<unknown> {
    this.step = method;
    return this.#require().request(method, params, { timeoutMs: this.#options.connectTimeoutMs, signal });
  }

  /** `undefined` when a process says nothing for probeTimeoutMs. Over HTTP, silence says nothing of the era. */
  async #orSilence(probe: Promise<Settled>): Promise<Settled | undefined> {
    if (this.#backend.kind === "http") return probe;
    const answered = new AbortController();
    const quiet = sleep(this.#options.probeTimeoutMs ?? 3_000, answered.signal).then(() => undefined);
    try {
      return await Promise.race([probe, quiet]);
    } finally {
      answered.abort();
    }
  }
}
