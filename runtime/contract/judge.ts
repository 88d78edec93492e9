import { RuntimeError } from "../core/errors.js";
import type { Rpc } from "../core/message.js";
import { isRecord } from "./call.js";
import type { Contract, ToolDefinition } from "./contract.js";
import { definitionHash } from "./definition.js";

/** How a live tool stands to the contract. */
export type Verdict = "same" | "changed" | "added";
export type Judge = (tool: ToolDefinition) => Verdict;

/** Compares by the hash of the whole definition; the contract's own hashes are made when first asked for. */
export function judgeOf(contract: Contract): Judge {
  let pinned: ReadonlyMap<string, string | undefined> | undefined;
  return (tool) => {
    pinned ??= new Map(contract.tools.map((one) => [one.name, definitionHash(one)]));
    if (!pinned.has(tool.name)) return "added";
    const hash = definitionHash(tool);
    return hash !== undefined && hash === pinned.get(tool.name) ? "same" : "changed";
  };
}

/** One page of a server's answer to `tools/list`. Throws RuntimeError `remote` or `bad_message`. */
export function toolPage(rpc: Rpc): { readonly tools: readonly ToolDefinition[]; readonly nextCursor?: string } {
  if (rpc.error !== undefined) throw new RuntimeError("remote", rpc.error.message, { rpcError: rpc.error });
  const tools: unknown = isRecord(rpc.result) ? rpc.result["tools"] : undefined;
  if (!isRecord(rpc.result) || !Array.isArray(tools) || !tools.every(isTool))
    throw new RuntimeError("bad_message", "the server's answer to tools/list is no list of tools");
  const nextCursor = rpc.result["nextCursor"];
  return typeof nextCursor === "string" ? { tools, nextCursor } : { tools };
}

const isTool = (value: unknown): value is ToolDefinition => isRecord(value) && typeof value["name"] === "string";
