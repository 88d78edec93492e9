import { RuntimeError } from "../core/errors.js";
import type { TlsClient } from "../wire/tls.js";
import type { Flag, Given } from "./flags.js";
import { readText } from "./text-file.js";

/** Of every backend that can be reached with TLS. */
export const SERVER_TLS_FLAGS: readonly Flag[] = [
  {
    name: "backend-tls-ca",
    env: "MCPGEN_BACKEND_TLS_CA",
    value: "FILE",
    help: "authorities in PEM that may vouch for the server, instead of those that Node trusts",
  },
  {
    name: "backend-tls-cert",
    env: "MCPGEN_BACKEND_TLS_CERT",
    value: "FILE",
    help: "certificate in PEM that the server is shown (mutual TLS)",
  },
  { name: "backend-tls-key", env: "MCPGEN_BACKEND_TLS_KEY", value: "FILE", help: "its private key, in PEM" },
];

/** Absent: as Node trusts. Throws RuntimeError `config` naming the flag or the file. */
export function readServerTls(given: Given): { readonly tls?: TlsClient } {
  const [ca, cert, key] = ["backend-tls-ca", "backend-tls-cert", "backend-tls-key"].map((name) => given.text(name));
  if (ca === undefined && cert === undefined && key === undefined) return {};
  if ((cert === undefined) !== (key === undefined))
    throw new RuntimeError("config", `--backend-tls-${cert === undefined ? "cert" : "key"} is missing`, {
      why: "a certificate is shown together with its private key",
      hint: "give both --backend-tls-cert FILE and --backend-tls-key FILE, or neither",
    });
  return {
    tls: {
      ...(ca !== undefined && { ca: readText(ca) }),
      ...(cert !== undefined && { cert: readText(cert) }),
      ...(key !== undefined && { key: readText(key) }),
    },
  };
}
