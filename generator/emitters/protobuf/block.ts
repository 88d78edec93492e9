import { innermost, type Element } from "./field-type.js";
import type { Message } from "./message.js";
import { printMessage } from "./print.js";

/** A file that a block may need: a message of google.protobuf, content.proto, wrappers.proto. */
export type Need = "struct" | "content" | "wrappers";

/** A piece of a file, ending in a line feed, and what it needs from other files. */
export interface Block {
  readonly text: string;
  readonly needs: readonly Need[];
}

export function messageBlock(message: Message): Block {
  return { text: printMessage(message), needs: message.fields.flatMap(({ draft }) => needsOf(draft.element)) };
}

/** Types of a tool stand in the tool's own file, and so do the wrappers around them. */
function needsOf(element: Element): readonly Need[] {
  if (element.kind === "any") return ["struct"];
  if (element.kind === "content") return ["content"];
  return isShared(element) ? ["wrappers"] : [];
}

/** A wrapper that knows no tool. */
export const isShared = (element: Element): boolean =>
  element.kind === "wrapped" && innermost(element).kind !== "named";
