import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TransportKind } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import type { Frontend, Host } from "../core/frontend.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { printable, silent, type Log } from "../core/log.js";
import { originGuard, type OriginGuard } from "../guard/origin.js";
import { answerInstead, listenHttp, type HttpRequest, type HttpServer } from "../wire/http-server.js";
import type { TlsServer } from "../wire/tls.js";
import { HttpRefusal, refusal, refuse } from "./http-refusal.js";

/** What a mount works with. */
export interface Site {
  readonly host: Host;
  readonly limits: Limits;
  readonly log: Log;
}

/** One way to speak MCP on a web server: Streamable HTTP, HTTP+SSE, WebSocket. Several share one address. */
export interface Mount {
  readonly kind: TransportKind;
  /** The path that clients are told. */
  readonly path: string;
  /** Begins to serve; called once for each listen(). */
  start(site: Site): Mounted;
}

export interface Mounted {
  /** Paths as they are compared: without a trailing slash, which is the same address. Two mounts may have one path if their methods differ. */
  readonly paths: readonly string[];
  /** Of `handle`. Without OPTIONS, which the site answers. Empty for a mount that only upgrades. */
  readonly methods: readonly string[];
  /** A request to one of its paths, behind the checks of Host and Origin, not authenticated. Throws HttpRefusal and RuntimeError before anything is answered. */
  readonly handle?: (request: HttpRequest, response: ServerResponse) => Promise<void>;
  /** The same for a connection that wants to be a WebSocket. What it throws is answered as HTTP, and the socket closed. */
  readonly upgrade?: (request: HttpRequest, socket: Socket, head: Buffer) => Promise<void>;
  /** See Listening.drain. */
  readonly drain: () => Promise<void>;
  /** Ends everything. Idempotent, never throws. */
  readonly close: () => Promise<void>;
}

export interface WebFrontendOptions {
  /** A name or an address of this machine. Whether a public one is safe is for the composition root to decide. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly mounts: readonly Mount[];
  /** Names besides our own that the Host header may have: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** Web origins that may call: `https://app.example`. */
  readonly allowedOrigins?: readonly string[];
  /** With it all is served over TLS: https and wss. */
  readonly tls?: TlsServer;
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

/**
 * One web server for any number of ways to speak MCP, with `/healthz` and `/readyz` beside them.
 * Throws RuntimeError `config` on options that no request could match; listen() where the address cannot be bound.
 */
export function webFrontend(options: WebFrontendOptions): Frontend {
  const limits = limitsOf(options.limits);
  const log = options.log ?? silent;
  const { tls } = options;
  const guard = originGuard({ ...options, secure: tls !== undefined });
  for (const { path } of options.mounts) checkPath(path);
  return {
    kind: "http",
    async listen(host) {
      const mounted = options.mounts.map((mount) => mount.start({ host, limits, log }));
      const close = (): Promise<unknown> => Promise.all(mounted.map((one) => one.close()));
      const refusalOf = (error: unknown): HttpRefusal => atHome(HttpRefusal.from(error), log);
      const answer = async (request: HttpRequest, response: ServerResponse): Promise<void> => {
        if (health(request, response, host)) return;
        const here = admit(request, response, { guard, mounted });
        if (here) await here.handle?.(request, response);
      };
      const upgrade = async (request: HttpRequest, socket: Socket, head: Buffer): Promise<void> => {
        checkOrigin(request, guard);
        const here = at(request, mounted).find((one) => one.upgrade);
        if (!here?.upgrade) throw nothingHere(mounted);
        await here.upgrade(request, socket, head);
      };
      let server: HttpServer;
      try {
        checkDistinct(mounted);
        server = await listenHttp({
          host: options.host,
          port: options.port,
          tls,
          maxConnections: limits.maxConnections,
          maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
          log,
          handler: (request, response) =>
            answer(request, response).catch((error: unknown) => refuse(request, response, refusalOf(error))),
          upgrade: mounted.some((one) => one.upgrade)
            ? (request, socket, head) =>
                upgrade(request, socket, head).catch((error: unknown) => {
                  if (!socket.destroyed) refuse(request, answerInstead(request.stream, socket), refusalOf(error));
                })
            : undefined,
        });
      } catch (error) {
        await close();
        throw error;
      }
      let drained: Promise<void> | undefined;
      let closed: Promise<void> | undefined;
      return {
        addresses: options.mounts.map(
          ({ kind, path }) => (kind === "websocket" ? server.origin.replace(/^http/, "ws") : server.origin) + path,
        ),
        done: new Promise<never>(() => undefined),
        drain() {
          server.drain();
          drained ??= Promise.all(mounted.map((one) => one.drain())).then(() => undefined);
          return drained;
        },
        close() {
          closed ??= Promise.all([server.close(), close()]).then(() => undefined);
          return closed;
        },
      };
    },
  };
}

/** A bug's text may hold anything: it goes to the log. */
function atHome(refused: HttpRefusal, log: Log): HttpRefusal {
  if (refused.failure.code !== "internal") return refused;
  log("error", `a request failed: ${printable(refused.failure.text)}`, { error: refused.failure });
  return HttpRefusal.from(new RuntimeError("internal", "internal error"), refused.options);
}

/** Liveness and readiness. Open to everybody under any name, as probes of orchestrators come: they tell nothing else. */
function health(request: HttpRequest, response: ServerResponse, host: Host): boolean {
  if (request.path !== "/healthz" && request.path !== "/readyz") return false;
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const { ready, why } = request.path === "/healthz" ? { ready: true, why: undefined } : host.ready();
  const body = Buffer.from(JSON.stringify({ status: ready ? "ok" : "unavailable", ...(why !== undefined && { why }) }));
  response.writeHead(ready ? 200 : 503, {
    "Content-Type": "application/json",
    "Content-Length": body.byteLength,
    "Cache-Control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : body);
  return true;
}

interface AdmitOptions {
  readonly guard: OriginGuard;
  readonly mounted: readonly Mounted[];
}

/** What comes before authentication: Host and Origin, the address, and a browser's preflight, which carries no credentials. */
function admit(request: HttpRequest, response: ServerResponse, { guard, mounted }: AdmitOptions): Mounted | undefined {
  const { headers } = request;
  const origin = checkOrigin(request, guard);
  if (origin !== undefined) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate");
    response.setHeader("Vary", "Origin");
  }
  const all = at(request, mounted);
  const here = all.filter((one) => one.handle);
  const methods = [...new Set(here.flatMap((one) => one.methods)), "OPTIONS"];
  const [first] = here;
  if (!first && all.length > 0)
    throw refusal(426, "this is a WebSocket", { Upgrade: "websocket", Connection: "Upgrade, close" });
  if (!first) throw nothingHere(mounted);
  if (request.method !== "OPTIONS") return here.find((one) => one.methods.includes(request.method)) ?? first;
  const wanted = headers["access-control-request-headers"];
  response.writeHead(204, {
    Allow: methods.join(", "),
    "Access-Control-Allow-Methods": methods.join(", "),
    "Access-Control-Max-Age": "600",
    // Which headers an allowed page sends is its own business: the credentials' name is configurable.
    ...(typeof wanted === "string" && /^[\w\-, ]{1,1000}$/.test(wanted)
      ? { "Access-Control-Allow-Headers": wanted }
      : {}),
  });
  response.end();
  return undefined;
}

/** The web origin that calls and may. Throws RuntimeError `forbidden`. */
function checkOrigin({ headers, target, stream }: HttpRequest, guard: OriginGuard): string | undefined {
  return guard.check({
    hosts: [headers["host"] ?? []].flat(),
    origins: [headers["origin"] ?? []].flat(),
    target,
    port: (stream satisfies IncomingMessage).socket.localPort ?? 0,
  });
}

const at = ({ path }: HttpRequest, mounted: readonly Mounted[]): readonly Mounted[] =>
  mounted.filter(({ paths }) =>
    paths.some((one) => path === one || path === `${one}/` || (one === "/" && path === "")),
  );

const nothingHere = (mounted: readonly Mounted[]): RuntimeError =>
  new RuntimeError(
    "unknown_route",
    `there is nothing here; MCP is served at ${[...new Set(mounted.flatMap(({ paths }) => paths[0] ?? []))].join(", ")}`,
  );

/** Of two mounts that answer the same, one would never be asked. */
function checkDistinct(mounted: readonly Mounted[]): void {
  const taken = new Set(["GET /healthz", "GET /readyz"]);
  for (const { paths, methods, handle, upgrade } of mounted)
    for (const path of paths) {
      const ways = [...(handle ? methods : []), ...(upgrade ? ["WebSocket"] : [])].map((one) => `${one} ${path}`);
      const twice = ways.find((one) => taken.has(one));
      if (twice !== undefined)
        throw new RuntimeError("config", `${twice} is served twice`, { hint: "give each transport a path of its own" });
      for (const way of ways) taken.add(way);
    }
}

/** Throws RuntimeError `config` on a path that no request could have. */
export function checkPath(text: string): void {
  if (/^\/[\w\-./~]*$/.test(text) && !text.includes("//")) return;
  throw new RuntimeError("config", `path ${JSON.stringify(text)} cannot be served`, {
    why: 'a path begins with "/" and has letters, digits, "-", "_", ".", "~" and "/" in it',
    hint: "for example /mcp",
  });
}

/** A path as mounts compare it. */
export const comparable = (path: string): string => (path === "/" ? path : path.replace(/\/$/, ""));
