import { randomUUID } from "node:crypto";
import type { Backend } from "../../runtime/core/backend.js";
import { RuntimeError } from "../../runtime/core/errors.js";
import type { Message, RequestId } from "../../runtime/core/message.js";

/** A JSON number as it is spelled: `1.0`, `12345678901234567890`. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

/** A JSON value whose numbers keep their spelling. */
export type Exact = null | boolean | string | ExactNumber | readonly Exact[] | { readonly [member: string]: Exact };

export const isMembers = (value: Exact | undefined): value is { readonly [member: string]: Exact } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** Throws RuntimeError `bad_message` on what is no JSON, or is nested too deeply. */
export function readExact(text: string): Exact {
  // No value of the text can be taken for a number of ours: nobody knows the name.
  const mark = randomUUID();
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `{"${mark}":"${token}"}`,
  );
  try {
    JSON.parse(text);
    return JSON.parse(marked, (_, value: unknown) => {
      const number = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[mark] : undefined;
      return typeof number === "string" ? new ExactNumber(number) : value;
    }) as Exact;
  } catch (error) {
    const what = error instanceof RangeError ? "JSON that is nested too deeply" : "not valid JSON";
    throw new RuntimeError("bad_message", what, { cause: error });
  }
}

/** JSON with two spaces for each level. */
export function printExact(value: Exact, indent = ""): string {
  const inner = `${indent}  `;
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value))
    return enclosed(
      "[]",
      (value as Exact[]).map((one) => printExact(one, inner)),
      indent,
    );
  if (!isMembers(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${printExact(one, inner)}`);
  return enclosed("{}", members, indent);
}

function enclosed(brackets: "[]" | "{}", parts: readonly string[], indent: string): string {
  if (parts.length === 0) return brackets;
  return `${brackets[0]}\n${parts.map((part) => `${indent}  ${part}`).join(",\n")}\n${indent}${brackets[1]}`;
}

/** A backend whose answers are kept as they came. */
export interface Tapped {
  readonly backend: Backend;
  /** The last answer to a method. */
  answerTo(method: string): Message | undefined;
  /** Forgets what was answered to a method. */
  forget(method: string): void;
}

/** `edit` changes what is sent. */
export function tapped(backend: Backend, edit: (message: Message) => Message = (message) => message): Tapped {
  const asked = new Map<RequestId, string>();
  const answers = new Map<string, Message>();
  async function* heard(incoming: AsyncIterable<Message>): AsyncGenerator<Message> {
    for await (const message of incoming) {
      const method = message.kind === "response" && message.id !== undefined ? asked.get(message.id) : undefined;
      if (method !== undefined) answers.set(method, message);
      yield message;
    }
  }
  return {
    answerTo: (method) => answers.get(method),
    forget: (method) => void answers.delete(method),
    backend: {
      kind: backend.kind,
      async open(signal, client) {
        const channel = await backend.open(signal, client);
        return {
          incoming: heard(channel.incoming),
          send(message) {
            if (message.kind === "request" && message.id !== undefined) asked.set(message.id, message.method ?? "");
            return channel.send(edit(message));
          },
          close: (reason) => channel.close(reason),
        };
      },
    },
  };
}
