import type { RpcErrorObject } from "../core/errors.js";
import type { Message } from "../core/message.js";
import type { Members } from "../era/envelope.js";
import { HEADER_MISMATCH } from "../era/error-codes.js";
import { nameOf } from "../era/name-header.js";
import { paramText, sameParam, type ParamHeader } from "../era/param-header.js";
import { decodeHeaderValue } from "../wire/http-headers.js";
import type { HttpRequest } from "../wire/http-server.js";

/**
 * What a modern request's headers say other than its body, as the error to refuse it with. `undefined`: nothing. No value is shown:
 * either may be a secret. Source: MCP 2026-07-28, Streamable HTTP, "Server Validation".
 */
export function standardHeaderMismatch(request: HttpRequest, message: Message, params: Members) {
  const method = message.method ?? "";
  const name = nameOf(method, params);
  return (
    differs(request, "MCP-Protocol-Version") ??
    differs(request, "Mcp-Method", (value) => value === method) ??
    (name === undefined ? undefined : differs(request, "Mcp-Name", (value) => decodeHeaderValue(value) === name))
  );
}

/** The version header beside what the body claims, where there are both. */
export function versionMismatch(request: HttpRequest, claim: unknown): RpcErrorObject | undefined {
  if (request.headers["mcp-protocol-version"] === undefined || typeof claim !== "string") return undefined;
  return differs(request, "MCP-Protocol-Version", (value) => value === claim);
}

/** The same of the headers that the called tool declares. A value that has no text is none of a header's business. */
export function paramHeaderMismatch(request: HttpRequest, args: unknown, declared: readonly ParamHeader[]) {
  for (const one of declared) {
    const header = `Mcp-Param-${one.name}`;
    const text = paramText(args, one);
    if (text === undefined && request.headers[header.toLowerCase()] === undefined) continue;
    const mismatch = differs(request, header, (value) => {
      const decoded = decodeHeaderValue(value);
      return decoded !== undefined && text !== undefined && sameParam(decoded, text, one);
    });
    if (mismatch) return mismatch;
  }
  return undefined;
}

/** RFC 9110, 5.5, less what is obsolete: visible ASCII, spaces and tabs. */
const SAFE = /^[\x20-\x7e\t]*$/;

function differs(
  { headers }: HttpRequest,
  name: string,
  agrees: (value: string) => boolean = () => true,
): RpcErrorObject | undefined {
  const value = headers[name.toLowerCase()];
  if (value === undefined) return mismatch(`the ${name} header is missing`);
  if (typeof value !== "string") return mismatch(`there is more than one ${name} header`);
  if (!SAFE.test(value)) return mismatch(`the ${name} header holds characters that a header cannot`);
  return agrees(value.trim()) ? undefined : mismatch(`the ${name} header does not say what the body says`);
}

const mismatch = (why: string): RpcErrorObject => ({
  code: HEADER_MISMATCH,
  message: `Header mismatch: ${why}`,
  data: { mcpgen: { code: "bad_message" } },
});
