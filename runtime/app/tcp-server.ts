import { RuntimeError } from "../core/errors.js";
import type { TlsClient } from "../wire/tls.js";
import type { Flag, Given } from "./flags.js";
import { readServerTls, SERVER_TLS_FLAGS } from "./server-tls.js";
import { parseAddress, type Address } from "./values.js";

/** The server's address as it was when the proxy was generated. */
export interface BakedTcp {
  /** `HOST:PORT`, or `tls://HOST:PORT`. Absent where the proxy was generated without a server. */
  readonly address?: string;
}

/** What a TCP backend is made of. */
export interface TcpServer extends Address {
  readonly tls?: TlsClient;
}

export const TCP_SERVER_FLAGS: readonly Flag[] = [
  {
    name: "backend-tcp",
    env: "MCPGEN_BACKEND_TCP",
    value: "HOST:PORT",
    help: "another address of the server; tls://HOST:PORT for TLS",
  },
  ...SERVER_TLS_FLAGS,
];

/** Throws RuntimeError `config` naming the flag or the file. */
export function readTcpServer(given: Given, baked: BakedTcp): TcpServer {
  const text = given.text("backend-tcp") ?? baked.address;
  if (text === undefined)
    throw new RuntimeError("config", "there is no address of the server", {
      why: "this proxy was generated without one",
      hint: "give it with --backend-tcp HOST:PORT or MCPGEN_BACKEND_TCP",
    });
  const [, scheme, address = ""] = /^(?:(tcp|tls):\/\/)?(.*)$/s.exec(text) ?? [];
  const { tls = scheme === "tls" ? {} : undefined } = readServerTls(given);
  if (tls && scheme === "tcp")
    throw new RuntimeError("config", "--backend-tls-… contradicts tcp:// in --backend-tcp", {
      why: "tcp:// is TCP in the clear",
      hint: "write tls://HOST:PORT",
    });
  return { ...parseAddress("--backend-tcp", address), ...(tls && { tls }) };
}
