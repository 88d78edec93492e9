import type { Flag, Given } from "./flags.js";
import { parseAddress, type Address } from "./values.js";

export const TCP_FLAGS: readonly Flag[] = [
  {
    name: "tcp-bind",
    env: "MCPGEN_TCP_BIND",
    value: "HOST:PORT",
    help: "where to listen for TCP; default 127.0.0.1:3001",
  },
];

/** Where a TCP frontend listens. Throws RuntimeError `config`. */
export const readTcp = (given: Given): Address =>
  parseAddress("--tcp-bind", given.text("tcp-bind") ?? "127.0.0.1:3001");
