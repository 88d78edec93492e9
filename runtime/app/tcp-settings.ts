import { readBind } from "./bind-settings.js";
import type { Flag, Given } from "./flags.js";
import { parseAddress, type Address } from "./values.js";

/** Of a TCP frontend beside web ones. */
export const TCP_FLAGS: readonly Flag[] = [
  {
    name: "tcp-bind",
    env: "MCPGEN_TCP_BIND",
    value: "HOST:PORT",
    help: "where to listen for TCP; default 127.0.0.1:3001",
  },
];

/** Where a TCP frontend listens beside web ones. Throws RuntimeError `config`. */
export const readTcp = (given: Given): Address =>
  parseAddress("--tcp-bind", given.text("tcp-bind") ?? "127.0.0.1:3001");

/** Of a TCP frontend that alone listens on an address. */
export const SOLE_TCP_FLAGS: readonly Flag[] = [
  {
    name: "bind",
    alias: "tcp-bind",
    env: "MCPGEN_BIND",
    aliasEnv: "MCPGEN_TCP_BIND",
    value: "HOST:PORT",
    help: "where to listen for TCP; else HOST and PORT; default 127.0.0.1:3001",
  },
];

/** Where a TCP frontend listens that is the only one with an address. Throws RuntimeError `config`. */
export const readSoleTcp = (given: Given): Address => readBind(given, 3001);
