/** JSON-RPC error codes that only modern servers send. Source: MCP 2026-07-28, basic/index, "Error codes". */
export const HEADER_MISMATCH = -32020;
export const MISSING_CLIENT_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

/** Of JSON-RPC itself. Source: JSON-RPC 2.0, section 5.1. */
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
