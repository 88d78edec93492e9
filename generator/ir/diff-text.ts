import type { Finding } from "./diff-rule.js";
import { COMMANDS, HIDDEN } from "./lint.js";
import type { Json } from "./spec.js";
import { places, pointerOf, pointerStep } from "./walk.js";

/** Web addresses in prose, without what is likelier the sentence's own punctuation. */
const LINK = /\b(?:https?|wss?|ftp):\/\/[^\s<>"'`)\]}]{1,500}/giu;

/** Members whose text is for people and models. */
const PROSE: ReadonlySet<string> = new Set(["description", "title", "instructions"]);

/**
 * What the texts of an item have gained that no reviewer should miss. Every string counts, names of members too: models read them all. What
 * stood in the item before, wherever, is nothing new.
 */
export function textsGained(before: Json | undefined, after: Json, pointer: string): Finding[] {
  const was = textsIn(before ?? null, "");
  const old = new Set([...was.values()].flatMap((texts) => texts.map(({ text }) => text)));
  const links = new Set([...was.values()].flatMap((texts) => texts.flatMap(({ text }) => linksIn(text))));
  const found: Finding[] = [];
  const tell = (
    rule: "TEXT_HIDDEN_CHARACTERS" | "TEXT_ORDERS" | "TEXT_LINK_ADDED",
    path: string,
    message: string,
    text: string,
  ): void => {
    found.push({ rule, in: "after", pointer: pointer + path, message, after: text });
  };
  for (const [path, texts] of textsIn(after, ""))
    for (const { text, isProse } of texts) {
      if (old.has(text)) continue;
      const replaced = (was.get(path) ?? []).map((one) => one.text);
      if (HIDDEN.test(text) && !replaced.some((one) => hiddenIn(one) === hiddenIn(text)))
        tell(
          "TEXT_HIDDEN_CHARACTERS",
          path,
          "a text has gained characters that people do not see and models read",
          text,
        );
      if (COMMANDS.some((order) => order.test(text) && !replaced.some((one) => order.test(one))))
        tell("TEXT_ORDERS", path, "a text has gained orders to the model instead of a description", text);
      for (const link of isProse ? linksIn(text) : []) {
        if (links.has(link)) continue;
        links.add(link);
        tell("TEXT_LINK_ADDED", path, "a text names a web address that it did not name before", link);
      }
    }
  return found;
}

/** All of them, in their order: one that was there before excuses no other. */
const hiddenIn = (text: string): string => Array.from(text.matchAll(ALL_HIDDEN), ([one]) => one).join("");
const ALL_HIDDEN = new RegExp(HIDDEN.source, "gu");

interface Text {
  readonly text: string;
  readonly isProse: boolean;
}

/** By pointer: the strings, and the names of members, that stand in each object and array. */
function textsIn(root: Json, base: string): Map<string, Text[]> {
  const all = new Map<string, Text[]>();
  if (typeof root === "string") return new Map([[base, [{ text: root, isProse: true }]]]);
  for (const place of places(root, "data")) {
    const path = base + pointerOf(place);
    for (const [key, value] of Object.entries(place.value)) {
      if (!Array.isArray(place.value) && HIDDEN.test(key)) add(all, path, { text: key, isProse: false });
      if (typeof value === "string") add(all, path + pointerStep(key), { text: value, isProse: PROSE.has(key) });
    }
  }
  return all;
}

function add(all: Map<string, Text[]>, path: string, text: Text): void {
  const texts = all.get(path);
  if (texts) texts.push(text);
  else all.set(path, [text]);
}

const linksIn = (text: string): string[] =>
  (text.match(LINK) ?? []).map((link) => link.replace(/[.,;:!?]+$/, "").toLowerCase());
