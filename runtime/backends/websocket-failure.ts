import type { IncomingMessage } from "node:http";
import { RuntimeError, type RuntimeErrorCode } from "../core/errors.js";
import { printable } from "../core/log.js";
import { callFailure, shownUrl } from "../wire/http-client.js";
import { SUBPROTOCOL, type SocketEnd } from "../wire/websocket.js";

const SHOWN_CHARACTERS = 200;

/** Why a server that answered in HTTP gave us no WebSocket. */
export function refusedUpgrade(url: URL, { statusCode: status = 0, headers }: IncomingMessage): RuntimeError {
  const name = shownUrl(url);
  const fail = (code: RuntimeErrorCode, text: string, hint: string, why?: string): RuntimeError =>
    new RuntimeError(code, `${name} ${text} (HTTP ${status})`, { status, hint, ...(why !== undefined && { why }) });
  if (status === 401) {
    const challenge = headers["www-authenticate"];
    const why = challenge === undefined ? undefined : `it asks for ${printable(challenge, SHOWN_CHARACTERS)}`;
    const hint = "give a credential, for example an Authorization header";
    return fail("unauthenticated", "wants authentication", hint, why);
  }
  if (status === 403)
    return fail("forbidden", "refuses access", "check the credential's rights; some servers refuse by Host or Origin");
  if (status >= 300 && status < 400)
    return fail("unreachable", "redirects", "redirects of a WebSocket are not followed: give the URL that it leads to");
  const hint =
    status === 404
      ? "check the path"
      : status >= 500
        ? "look at the server's own log"
        : "check that this is the URL of an MCP server over WebSocket; over HTTP it begins with http";
  return fail("unreachable", "gave no WebSocket", hint);
}

/** Why there is no connection, where not even HTTP came back, or what came was no handshake. */
export function failedHandshake(url: URL, error: Error): RuntimeError {
  // The library's own errors have no code; these are its words.
  if ("code" in error || !/subprotocol|Sec-WebSocket|Upgrade/i.test(error.message)) return callFailure(url, error);
  const text = `${shownUrl(url)} does not speak MCP over WebSocket`;
  const hint = `the server must accept the sub-protocol ${SUBPROTOCOL}`;
  return new RuntimeError("unreachable", text, { cause: error, why: error.message, hint });
}

/** Source: RFC 6455, section 7.4.1, and IANA's registry of close codes. */
const MEANING: Readonly<Record<number, string>> = {
  1000: "closed the WebSocket",
  1001: "is going away",
  1002: "sees an error of the WebSocket protocol on our side",
  1003: "does not take text",
  1005: "closed the WebSocket",
  1006: "cut the connection",
  1007: "found a message of ours inconsistent",
  1008: "refuses by its policy",
  1009: "found a message of ours too large",
  1011: "had an internal error",
  1012: "is being restarted",
  1013: "is overloaded",
};

/** Why a connection is over. */
export function endOf(url: URL, { code, reason, error }: SocketEnd, maxBytes: number): RuntimeError {
  const name = shownUrl(url);
  const kind = error && "code" in error ? String(error.code) : "";
  if (kind === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH")
    return new RuntimeError("too_large", `a message from ${name} is over the limit of ${maxBytes} bytes`, {
      fault: "server",
    });
  if (error && kind.startsWith("WS_ERR_"))
    return new RuntimeError("closed", `${name} broke the WebSocket protocol`, { cause: error, why: error.message });
  const why = reason === "" ? {} : { why: `it says: ${printable(reason, SHOWN_CHARACTERS)}` };
  const text = `${name} ${MEANING[code] ?? "closed the WebSocket"} (${code})`;
  return new RuntimeError("closed", text, { ...why, ...(error && { cause: error }) });
}
