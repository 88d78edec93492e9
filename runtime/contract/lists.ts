import type { Backend } from "../core/backend.js";
import { messageFromRpc } from "../core/message.js";
import { envelopeOf, invalidParams, isRecord } from "./call.js";
import type { Contract } from "./contract.js";
import { intercepted } from "./intercept.js";

/** List method → member of the result, and the capability under which a server answers it. Source: MCP schema, `*ListResult`. */
const LISTS: Readonly<
  Record<string, { member: "tools" | "resources" | "resourceTemplates" | "prompts"; capability: string }>
> = {
  "tools/list": { member: "tools", capability: "tools" },
  "resources/list": { member: "resources", capability: "resources" },
  "resources/templates/list": { member: "resourceTemplates", capability: "resources" },
  "prompts/list": { member: "prompts", capability: "prompts" },
};

/** What a list of the 2026 era says of itself: asked again, it may be another. Source: MCP 2026-07-28, server/utilities/caching. */
const MODERN_LIST = { resultType: "complete", ttlMs: 0, cacheScope: "private" };

/**
 * The backend whose lists are answered from the contract, each in one page, without asking the server. A list under a
 * capability that the server did not declare still goes to the server, whose refusal it is.
 */
export function pinnedLists(backend: Backend, contract: Contract): Backend {
  return intercepted(backend, (ends) => ({
    async fromClient(message) {
      const list = message.kind === "request" ? LISTS[message.method ?? ""] : undefined;
      if (!list || message.id === undefined || !Object.hasOwn(contract.capabilities, list.capability)) return message;
      const { id, rpc } = message;
      const cursor: unknown = isRecord(rpc.params) ? rpc.params["cursor"] : undefined;
      if (cursor !== undefined) {
        await ends.toClient(invalidParams(id, "unknown cursor: the list has one page"));
      } else {
        const result = { [list.member]: contract[list.member], ...(envelopeOf(rpc.params) && MODERN_LIST) };
        await ends.toClient(messageFromRpc({ jsonrpc: "2.0", id, result }, { relatedTo: id }));
      }
      return undefined;
    },
  }));
}
