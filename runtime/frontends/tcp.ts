import { createServer, type AddressInfo, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Frontend } from "../core/frontend.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { bindError, hostPort } from "../wire/bind-error.js";
import { serverTls, type TlsServer } from "../wire/tls.js";
import { serveLines, SOCKET_OPTIONS } from "./line-server.js";

export interface TcpFrontendOptions {
  /** A name or an address of this machine. Whether a public one is safe is for the composition root to decide. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: TlsServer | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
}

/**
 * MCP over TCP, with or without TLS: one connection is one conversation, one message on each line.
 * Throws RuntimeError `config` on TLS material that cannot be used; listen() where the address cannot be bound.
 */
export function tcpFrontend(options: TcpFrontendOptions): Frontend {
  const { host: address, log = silent } = options;
  const limits = limitsOf(options.limits);
  const tls = options.tls && serverTls(options.tls);
  return {
    kind: "tcp",
    async listen(host) {
      const server = tls ? createTlsServer({ ...tls, ...SOCKET_OPTIONS }) : createServer(SOCKET_OPTIONS);
      await bind(server, address, options.port);
      const { port } = server.address() as AddressInfo;
      return {
        addresses: [`${tls ? "tls" : "tcp"}://${hostPort(address, port)}`],
        ...serveLines(server, host, { kind: "tcp", tls: tls !== undefined, limits, log }),
      };
    },
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(bindError(error, host, port));
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      resolve();
    });
  });
}
