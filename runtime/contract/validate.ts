import type { Backend } from "../core/backend.js";
import type { Message, RequestId } from "../core/message.js";
import { invalidParams, toolCallOf } from "./call.js";
import { intercepted } from "./intercept.js";

/** One thing wrong with a tool's arguments. `pointer` is an RFC 6901 pointer into them; empty for the whole. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

/** Tool name → check of its arguments; an empty list is valid. */
export type Validators = Readonly<Record<string, (args: unknown) => readonly Problem[]>>;

/** What is wrong with the arguments of a tool. A tool without a validator accepts everything. */
export function problemsOf(validators: Validators, name: string, args: unknown): readonly Problem[] {
  return Object.hasOwn(validators, name) ? (validators[name]?.(args) ?? []) : [];
}

/** The answer to a call whose arguments do not fit: -32602, with each problem's pointer in `data`. */
export function badArguments(id: RequestId, name: string, problems: readonly Problem[]): Message {
  const [first] = problems;
  const where = first === undefined ? "" : `: ${first.pointer === "" ? "arguments" : first.pointer} ${first.message}`;
  return invalidParams(id, `invalid arguments for tool "${name}"${where}`, {
    mcpgen: { code: "bad_arguments" },
    problems,
  });
}

/** The backend that never sees a call whose arguments do not fit the contract. Calls that fit keep their bytes. */
export function validatedArguments(backend: Backend, validators: Validators): Backend {
  return intercepted(backend, (ends) => ({
    async fromClient(message) {
      const call = toolCallOf(message);
      const problems = call ? problemsOf(validators, call.name, call.args) : [];
      if (!call || problems.length === 0) return message;
      await ends.toClient(badArguments(call.id, call.name, problems));
      return undefined;
    },
  }));
}
