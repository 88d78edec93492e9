import { printable } from "../../../runtime/core/log.js";
import { GeneratorError } from "../../errors.js";
import { diffContracts } from "../../ir/diff.js";
import { RULES, type RuleId } from "../../ir/diff-rule.js";
import type { ServerSpec } from "../../ir/spec.js";
import type { ServerChange } from "./diff-policy.js";
import type { Side } from "./diff-side.js";

export interface Compared {
  readonly servers: readonly string[];
  readonly changes: readonly ServerChange[];
  /** Servers of one side that the other was not asked for. */
  readonly left: readonly string[];
}

/**
 * The contracts of two sides, each with its own counterpart. Two locks are compared whole: servers come and go. A side that is one server is
 * compared with that of its name, or with the only one. Throws GeneratorError `usage` where it is not clear which.
 */
export function compareSides(before: Side, after: Side, only: string | undefined): Compared {
  const pairs = pair(before, after, only);
  const changes = pairs.flatMap(({ name, was, is }): ServerChange[] => {
    const server = name === "" ? {} : { server: name };
    if (was && is) return diffContracts(was, is).map((change) => ({ ...change, ...server }));
    return [{ ...wholeServer(is ? "SERVER_ADDED" : "SERVER_REMOVED", name), ...server }];
  });
  const compared = new Set(pairs.map(({ name }) => name));
  const left =
    only === undefined ? [...before.servers.keys()].filter((name) => name !== "" && !compared.has(name)) : [];
  return { servers: pairs.map(({ name }) => name), changes, left };
}

interface Pair {
  readonly name: string;
  readonly was?: ServerSpec | undefined;
  readonly is?: ServerSpec | undefined;
}

function pair(before: Side, after: Side, only: string | undefined): readonly Pair[] {
  if (before.isLock && after.isLock) {
    const names = [...new Set([...before.servers.keys(), ...after.servers.keys()])];
    if (only !== undefined && !names.includes(only)) throw unknown(only, before, names);
    return names
      .filter((name) => only === undefined || name === only)
      .map((name) => ({ name, was: before.servers.get(name), is: after.servers.get(name) }));
  }
  if (!before.isLock && !after.isLock && before.servers.size === 1 && after.servers.size === 1) {
    const [[name, was]] = [...before.servers] as [[string, ServerSpec]];
    const [[other, is]] = [...after.servers] as [[string, ServerSpec]];
    return [{ name: name === other ? name : "", was, is }];
  }
  // One side lists servers, the other says which of them are meant.
  const [many, few] = before.isLock || before.servers.size > after.servers.size ? [before, after] : [after, before];
  return [...few.servers].map(([given, spec]) => {
    const name = nameIn(many, only ?? given, spec);
    const found = many.servers.get(name);
    return many === before ? { name, was: found, is: spec } : { name, was: spec, is: found };
  });
}

/** The name that a side has for a server which is called `given`, or not at all. */
function nameIn(side: Side, given: string, spec: ServerSpec): string {
  const names = [...side.servers.keys()];
  if (names.includes(given)) return given;
  const [first] = names;
  if (given === "" && names.includes(spec.server.name)) return spec.server.name;
  if (given === "" && names.length === 1 && first !== undefined) return first;
  throw unknown(given, side, names);
}

function unknown(name: string, side: Side, names: readonly string[]): GeneratorError {
  const there = names.map((one) => printable(one, 80)).join(", ");
  const text =
    name === ""
      ? `${side.label} holds ${names.length} servers`
      : `the server "${printable(name, 80)}" is not in ${side.label}`;
  return new GeneratorError("usage", text, {
    why: names.length === 0 ? "it holds no server" : `it holds ${there}`,
    hint:
      name === ""
        ? "choose one with --name SERVER"
        : "run mcpgen generate for it first, or choose another with --name SERVER",
  });
}

function wholeServer(rule: RuleId & ("SERVER_ADDED" | "SERVER_REMOVED"), name: string): ServerChange {
  const isNew = rule === "SERVER_ADDED";
  return {
    ...{ rule, class: RULES.get(rule)?.class ?? "breaking", pointer: "", place: "", in: isNew ? "after" : "before" },
    ...{ item: "server", message: `the server ${printable(name, 200)} was ${isNew ? "added" : "removed"}` },
  };
}
