export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where notices go. The runtime never prints: a composition root decides, and never to a stdout that carries the protocol. */
export type Log = (level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>) => void;

export const silent: Log = () => undefined;

/** Foreign text made fit for a terminal or a log line: control and invisible characters escaped, at most `max` characters. */
export function printable(text: string, max = 500): string {
  const clean = text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu,
    (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return clean.length > max ? `${clean.slice(0, max)}…` : clean;
}
