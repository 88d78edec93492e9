import { GeneratorError } from "../errors.js";
import type { Flags } from "./flags.js";

/** Why two options cannot both be meant. */
const CONTRADICTIONS: readonly (readonly [one: string, other: string, why: string])[] = [
  ["update", "locked", "--locked lets nothing in the lock change, --update settles it anew"],
  ["update", "offline", "--update asks the server, --offline asks nobody"],
  ["update", "check", "--check compares with what is settled, --update settles it anew"],
  ["offline", "spec", "--offline takes the contract from the lock, --spec from a file"],
  ["offline", "run", "--run starts a proxy, which starts its server"],
  ...["refresh", "no-cache", "connect-timeout", "request-timeout", "backend-era"].map(
    (flag) => ["offline", flag, `--offline asks no server, and --${flag} says how one is asked`] as const,
  ),
];

/** Throws GeneratorError `usage` where the options of the lock contradict others, or each other. */
export function checkLockFlags(flags: Flags): void {
  const both = CONTRADICTIONS.find(([one, other]) => flags.has(one) && flags.has(other));
  if (!both) return;
  const [one, other, why] = both;
  throw new GeneratorError("usage", `--${one} and --${other} contradict each other`, { why, hint: "give one of them" });
}
