import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { TransportKind } from "../../runtime/core/backend.js";
import type { Frontend } from "../../runtime/core/frontend.js";
import type { Limits } from "../../runtime/core/limits.js";
import type { Era } from "../../runtime/core/session.js";
import { streamableHttp } from "../../runtime/frontends/http.js";
import { legacySse } from "../../runtime/frontends/sse.js";
import { stdioFrontend } from "../../runtime/frontends/stdio.js";
import { tcpFrontend } from "../../runtime/frontends/tcp.js";
import { unixFrontend } from "../../runtime/frontends/unix.js";
import { webFrontend, type Mount } from "../../runtime/frontends/web.js";
import { webSocket } from "../../runtime/frontends/websocket.js";
import { httpWire, modernHttpWire, sseWire } from "./matrix-http.js";
import { socketWire, stdioWire, webSocketWire, type Wire } from "./matrix-wire.js";

export const KINDS = ["stdio", "http", "sse", "tcp", "unix", "websocket"] as const satisfies readonly TransportKind[];
export type Kind = (typeof KINDS)[number];

/** One frontend of ours, and a client's connection to it that is not. */
export interface Front {
  readonly frontend: Frontend;
  /** `address` as the proxy tells it. */
  wire(address: string, era?: Era): Promise<Wire> | Wire;
}

let sockets = 0;

/** `folder` is for Unix sockets. */
export function frontOf(
  kind: Kind,
  { folder, limits }: { readonly folder: string; readonly limits: Partial<Limits> },
): Front {
  const web = (mount: Mount): Frontend => webFrontend({ host: "127.0.0.1", port: 0, mounts: [mount], limits });
  const [input, output] = [new PassThrough(), new PassThrough()];
  switch (kind) {
    case "stdio":
      return { frontend: stdioFrontend({ input, output }), wire: () => stdioWire(input, output) };
    case "http":
      return {
        frontend: web(streamableHttp()),
        wire: (url, era) => (era === "modern" ? modernHttpWire(url) : httpWire(url)),
      };
    case "sse":
      return { frontend: web(legacySse()), wire: sseWire };
    case "websocket":
      return { frontend: web(webSocket()), wire: (url) => webSocketWire(url.replace(/^http/, "ws")) };
    case "tcp":
      return { frontend: tcpFrontend({ host: "127.0.0.1", port: 0 }), wire: socketWire };
    case "unix":
      return { frontend: unixFrontend({ path: join(folder, `${sockets++}.sock`) }), wire: socketWire };
  }
}
