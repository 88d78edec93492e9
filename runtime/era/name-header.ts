/** Member of `params` that `Mcp-Name` repeats, by method. Source: MCP 2026-07-28, Streamable HTTP, "Standard Request Headers"; tasks: SEP-2663. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

/** Every member of `params` that some method's `Mcp-Name` repeats. */
export const NAMES: readonly string[] = [...new Set(NAMED.values())];

/** What `Mcp-Name` must say. `undefined`: nothing, this method has none, or its params hold no such text. */
export function nameOf(method: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const member = NAMED.get(method);
  const name = member === undefined ? undefined : params[member];
  return typeof name === "string" ? name : undefined;
}
