import type { Given } from "./flags.js";
import { parseAddress, parsePort, type Address } from "./values.js";

/** `--bind`, else HOST and PORT, which platforms set; else `defaultPort` of loopback. Throws RuntimeError `config`. */
export function readBind(given: Given, defaultPort: number): Address {
  const bind = given.text("bind");
  if (bind !== undefined) return parseAddress("--bind", bind);
  const { HOST: host = "", PORT: port = "" } = given.env;
  return { host: host === "" ? "127.0.0.1" : host, port: port === "" ? defaultPort : parsePort("PORT", port) };
}
