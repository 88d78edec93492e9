import { printable } from "../../runtime/core/log.js";
import { serverChanged } from "./diff-server.js";
import { itemsChanged } from "./diff-item.js";
import { RULES, type Change, type Finding, type RuleId } from "./diff-rule.js";
import { textsGained } from "./diff-text.js";
import { quoted } from "./finding.js";
import { ITEM_KINDS, type ListName } from "./member.js";
import { byCodeUnit, canonicalJson } from "./order.js";
import type { JsonObject, ServerSpec } from "./spec.js";
import { pointerStep } from "./walk.js";

const LISTS = {
  tools: { added: "TOOL_ADDED", removed: "TOOL_REMOVED" },
  resources: { added: "RESOURCE_ADDED", removed: "RESOURCE_REMOVED" },
  resourceTemplates: { added: "TEMPLATE_ADDED", removed: "TEMPLATE_REMOVED" },
  prompts: { added: "PROMPT_ADDED", removed: "PROMPT_REMOVED" },
} as const satisfies Readonly<Record<ListName, { readonly added: RuleId; readonly removed: RuleId }>>;

/**
 * What changed between two contracts, the server first, then item by item in code-unit order. Where nothing in it is breaking, every call that
 * was valid is valid still, and every result that is valid was so before; see docs/diff.md for what undeclared members mean to that.
 */
export function diffContracts(before: ServerSpec, after: ServerSpec): readonly Change[] {
  const changes = serverChanged(before, after).map((finding) => changeOf("server", finding.pointer, finding));
  for (const list of Object.keys(LISTS) as ListName[]) changes.push(...listChanged(list, before, after));
  return changes;
}

interface Placed {
  readonly item: JsonObject;
  readonly pointer: string;
}

function listChanged(list: ListName, before: ServerSpec, after: ServerSpec): Change[] {
  const { noun, key } = ITEM_KINDS[list];
  const { added, removed } = LISTS[list];
  const placed = (spec: ServerSpec): Map<string, Placed> =>
    new Map(spec[list].map((item, i) => [item[key] as string, { item, pointer: `/${list}/${i}` }]));
  const [was, is] = [placed(before), placed(after)];
  const gone = [...was].filter(([id]) => !is.has(id));
  const come = [...is].filter(([id]) => !was.has(id));
  const hints = renames(list, gone, come);

  return [...new Set([...was.keys(), ...is.keys()])].sort(byCodeUnit).flatMap((id) => {
    const [old, now] = [was.get(id), is.get(id)];
    const item = `${noun} ${printable(id, 200)}`;
    const change = (finding: Finding): Change =>
      changeOf(
        item,
        finding.pointer.replace(/^\/[^/]*\/\d+/, () => `/${list}${pointerStep(id)}`),
        finding,
      );
    if (old && now)
      return itemsChanged[list]({ before: old.item, after: now.item, pointers: [old.pointer, now.pointer] }).map(
        change,
      );
    const hint = hints.get(id);
    const more = hint === undefined ? {} : { hint };
    if (now)
      return [
        change({ rule: added, in: "after", pointer: now.pointer, message: `the ${noun} was added`, ...more }),
        ...textsGained(undefined, now.item, now.pointer).map(change),
      ];
    return old
      ? [change({ rule: removed, in: "before", pointer: old.pointer, message: `the ${noun} was removed`, ...more })]
      : [];
  });
}

const changeOf = (item: string, place: string, finding: Finding): Change => ({
  ...finding,
  item,
  place,
  class: RULES.get(finding.rule)?.class ?? "breaking",
});

/** By id: what probably became of items that are gone, and where those that are new probably come from. */
function renames(
  list: ListName,
  gone: readonly [string, Placed][],
  come: readonly [string, Placed][],
): ReadonlyMap<string, string> {
  const hints = new Map<string, string>();
  const waiting = new Map<string, string[]>();
  for (const [id, { item }] of come) {
    const likeness = likenessOf(list, item);
    waiting.set(likeness, [...(waiting.get(likeness) ?? []), id]);
  }
  for (const [id, { item }] of gone) {
    const to = waiting.get(likenessOf(list, item))?.shift();
    if (to === undefined) continue;
    hints.set(id, `probably renamed to ${quoted(to)}`);
    hints.set(to, `probably ${quoted(id)} before`);
  }
  return hints;
}

/** What two items have in common that differ in nothing but what they are called by. A schema that says nothing makes no likeness. */
function likenessOf(list: ListName, item: JsonObject): string {
  if (list === "resources" || list === "resourceTemplates") return canonicalJson([item["name"] ?? null]);
  const { inputSchema = null, outputSchema = null, arguments: args = null, description = null } = item;
  const form = list === "tools" ? [inputSchema, outputSchema] : [args];
  const says = canonicalJson(form);
  return says.length > MIN_LIKENESS ? says : canonicalJson([...form, description]);
}

/** Shorter forms are those of many tools: `{"type":"object","properties":{}}`. */
const MIN_LIKENESS = 60;
