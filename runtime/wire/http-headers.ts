/** Media type of a Content-Type header, in lower case and without parameters; "" where there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

const SENTINEL = /^=\?base64\?.*\?=$/s;

/**
 * A value fit for an HTTP header: visible ASCII as it is, with spaces and tabs inside; all else as `=?base64?…?=` over UTF-8.
 * Source: MCP 2026-07-28, Streamable HTTP, "Value Encoding".
 */
export function encodeHeaderValue(value: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value) && !SENTINEL.test(value)) return value;
  return `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

/** The other direction. `undefined` if the sentinel does not hold Base64 of UTF-8. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!SENTINEL.test(value)) return value;
  const encoded = value.slice("=?base64?".length, -"?=".length);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined;
  }
}
