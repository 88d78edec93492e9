import type { Frontend } from "../core/frontend.js";
import { httpEndpoint, METHODS } from "./http-endpoint.js";
import { comparable, webFrontend, type Mount, type WebFrontendOptions } from "./web.js";

export interface StreamableHttpOptions {
  /** Default `/mcp`. */
  readonly path?: string;
}

/**
 * Streamable HTTP: the revisions with sessions, 2025-03-26 to 2025-11-25 and 2024-11-05 over it, each session with its own
 * channel to the host; and 2026-07-28, each request by itself.
 */
export function streamableHttp({ path = "/mcp" }: StreamableHttpOptions = {}): Mount {
  return {
    kind: "http",
    path: comparable(path),
    start(site) {
      const endpoint = httpEndpoint(site);
      return {
        paths: [comparable(path)],
        methods: METHODS.filter((one) => one !== "OPTIONS"),
        handle: endpoint.handle,
        drain: endpoint.drain,
        close: endpoint.close,
      };
    },
  };
}

export interface HttpFrontendOptions extends Omit<WebFrontendOptions, "mounts">, StreamableHttpOptions {}

/** A web server with Streamable HTTP alone. */
export function httpFrontend({ path, ...options }: HttpFrontendOptions): Frontend {
  return webFrontend({ ...options, mounts: [streamableHttp(path === undefined ? {} : { path })] });
}
