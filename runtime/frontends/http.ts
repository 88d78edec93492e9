import type { ServerResponse } from "node:http";
import { RuntimeError } from "../core/errors.js";
import type { Frontend } from "../core/frontend.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { printable, silent, type Log } from "../core/log.js";
import { originGuard, type OriginGuard } from "../guard/origin.js";
import { listenHttp, type HttpRequest } from "../wire/http-server.js";
import { httpEndpoint, METHODS } from "./http-endpoint.js";
import { HttpRefusal, refuse } from "./http-refusal.js";

export interface HttpFrontendOptions {
  /** A name or an address of this machine. Whether a public one is safe is for the composition root to decide. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Default `/mcp`. A trailing slash is the same address. */
  readonly path?: string;
  /** Names besides our own that the Host header may have: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** Web origins that may call: `https://app.example`. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

/**
 * MCP over Streamable HTTP for the revisions with sessions, 2025-03-26 to 2025-11-25, and for clients that negotiate
 * 2024-11-05 over it. Each session has its own channel to the host.
 * Throws RuntimeError `config` on options that no request could match; listen() where the address cannot be bound.
 */
export function httpFrontend(options: HttpFrontendOptions): Frontend {
  const limits = limitsOf(options.limits);
  const log = options.log ?? silent;
  const path = pathOf(options.path ?? "/mcp");
  const guard = originGuard(options);
  return {
    kind: "http",
    async listen(host) {
      const endpoint = httpEndpoint({ host, limits, log });
      const server = await listenHttp({
        host: options.host,
        port: options.port,
        log,
        async handler(request, response) {
          try {
            if (admit(request, response, guard, path)) await endpoint.handle(request, response);
          } catch (error) {
            const refused = HttpRefusal.from(error);
            if (refused.failure.code !== "internal") {
              refuse(request, response, refused);
              return;
            }
            // A bug's text may hold anything: it stays at home.
            log("error", `a request failed: ${printable(refused.failure.text)}`, { error });
            refuse(
              request,
              response,
              HttpRefusal.from(new RuntimeError("internal", "internal error"), refused.options),
            );
          }
        },
      });
      let closed: Promise<void> | undefined;
      return {
        address: server.origin + path,
        done: new Promise<never>(() => undefined),
        close() {
          closed ??= Promise.all([server.close(), endpoint.close()]).then(() => undefined);
          return closed;
        },
      };
    },
  };
}

/** What comes before authentication: Host and Origin, the address, and a browser's preflight, which carries no credentials. */
function admit(request: HttpRequest, response: ServerResponse, guard: OriginGuard, path: string): boolean {
  const { headers, target, stream } = request;
  const origin = guard.check({
    hosts: [headers["host"] ?? []].flat(),
    origins: [headers["origin"] ?? []].flat(),
    target,
    port: stream.socket.localPort ?? 0,
  });
  if (origin !== undefined) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate");
    response.setHeader("Vary", "Origin");
  }
  if (request.path !== path && request.path !== `${path}/` && !(path === "/" && request.path === ""))
    throw new RuntimeError("unknown_route", `there is nothing here; MCP is served at ${path}`);
  if (request.method !== "OPTIONS") return true;
  const wanted = headers["access-control-request-headers"];
  response.writeHead(204, {
    Allow: METHODS.join(", "),
    "Access-Control-Allow-Methods": METHODS.join(", "),
    "Access-Control-Max-Age": "600",
    // Which headers an allowed page sends is its own business: the credentials' name is configurable.
    ...(typeof wanted === "string" && /^[\w\-, ]{1,1000}$/.test(wanted)
      ? { "Access-Control-Allow-Headers": wanted }
      : {}),
  });
  response.end();
  return false;
}

function pathOf(text: string): string {
  if (!/^\/[\w\-./~]*$/.test(text) || text.includes("//"))
    throw new RuntimeError("config", `path ${JSON.stringify(text)} cannot be served`, {
      why: 'a path begins with "/" and has letters, digits, "-", "_", ".", "~" and "/" in it',
      hint: "for example /mcp",
    });
  return text === "/" ? text : text.replace(/\/$/, "");
}
