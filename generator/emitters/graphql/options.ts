import { optionError } from "../../errors.js";

export interface GraphqlOptions {
  /** Every tool is a mutation, whatever it says of itself. Default false. */
  readonly allMutations: boolean;
  /** Objects without named members, in outputs: one JSON value, or a list of entries with key and value. Default json. */
  readonly maps: "json" | "entries";
  /** A subscription for each tool, which yields its progress and then its result. Default false. */
  readonly subscriptions: boolean;
}

/** For `Emitter.options`. */
export const OPTIONS: Readonly<Record<string, string>> = {
  "all-mutations": "true | false: every tool is a mutation, whatever it says of itself (default false)",
  maps: "json | entries: how outputs say objects without named members (default json)",
  subscriptions: "true | false: a subscription for each tool, yielding progress and then its result (default false)",
};

/** Throws GeneratorError `option` naming the key. */
export function parseOptions(raw: Readonly<Record<string, unknown>>): GraphqlOptions {
  const unknown = Object.keys(raw).find((key) => !Object.hasOwn(OPTIONS, key));
  if (unknown !== undefined)
    throw optionError(unknown, "there is no such option", `known are ${Object.keys(OPTIONS).join(", ")}`);
  const maps = raw["maps"] ?? "json";
  if (maps !== "json" && maps !== "entries")
    throw optionError("maps", `${JSON.stringify(maps)} is not one of json, entries`);
  return { allMutations: flag(raw, "all-mutations"), maps, subscriptions: flag(raw, "subscriptions") };
}

/** From the command line a flag comes as text. */
function flag(raw: Readonly<Record<string, unknown>>, key: string): boolean {
  const value = raw[key] ?? false;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw optionError(key, `${JSON.stringify(value)} is not one of true, false`);
}
