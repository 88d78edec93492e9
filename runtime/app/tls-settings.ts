import { RuntimeError } from "../core/errors.js";
import type { TlsServer } from "../wire/tls.js";
import type { Flag, Given } from "./flags.js";
import { readText } from "./text-file.js";

/** Of every frontend that listens on a network. */
export const TLS_FLAGS: readonly Flag[] = [
  {
    name: "tls-cert",
    env: "MCPGEN_TLS_CERT",
    value: "FILE",
    help: "certificate in PEM, with those that lead to its authority: listen with TLS",
  },
  { name: "tls-key", env: "MCPGEN_TLS_KEY", value: "FILE", help: "its private key, in PEM, without a passphrase" },
  {
    name: "tls-ca",
    env: "MCPGEN_TLS_CA",
    value: "FILE",
    help: "let in only clients with a certificate of these authorities (mutual TLS)",
  },
];

/** TLS of the network frontends, all of them alike. Absent: they speak in the clear. Throws RuntimeError `config` naming the flag or the file. */
export function readTls(given: Given): { readonly tls?: TlsServer } {
  const [cert, key, ca] = ["tls-cert", "tls-key", "tls-ca"].map((name) => given.text(name));
  if (cert === undefined && key === undefined && ca === undefined) return {};
  if (cert === undefined || key === undefined)
    throw new RuntimeError("config", `--tls-${cert === undefined ? "cert" : "key"} is missing`, {
      why: "TLS needs a certificate and its private key",
      hint: "give both --tls-cert FILE and --tls-key FILE",
    });
  return { tls: { cert: readText(cert), key: readText(key), ...(ca !== undefined && { ca: readText(ca) }) } };
}
