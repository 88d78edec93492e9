import { GeneratorError } from "../../errors.js";
import type { DiffConfig, DiffIgnore } from "../../config/define.js";
import { CHANGE_CLASSES, RULES, type Change, type ChangeClass } from "../../ir/diff-rule.js";
import { nearest } from "../nearest.js";

export interface ServerChange extends Change {
  /** Its name in the lock or config, where there are several or it has one. */
  readonly server?: string;
}

/** A change and what the config makes of it. */
export interface JudgedChange extends ServerChange {
  readonly ignored?: DiffIgnore;
  /** Ends the command with exit code 1. */
  readonly failing: boolean;
}

export interface Judgement {
  readonly changes: readonly JudgedChange[];
  /** About the config: ignores that are past their day, and those that match nothing. */
  readonly notices: readonly string[];
}

export type FailOn = ReadonlySet<ChangeClass>;

/** Classes in which a change fails the command. Throws GeneratorError `usage` on a word that is none. */
export function failOnOf(given: readonly string[]): FailOn {
  const words = given.flatMap((one) => one.split(",")).map((one) => one.trim());
  if (words.length === 0) return new Set(["breaking", "security"]);
  if (words.includes("none") && words.length > 1)
    throw new GeneratorError("usage", "--fail-on none and another class contradict each other", {
      hint: "give one of them",
    });
  return new Set(
    words.flatMap((word): ChangeClass[] => {
      if (word === "none") return [];
      const known = CHANGE_CLASSES.find((one) => one === word);
      if (known) return [known];
      const near = nearest(word, [...CHANGE_CLASSES, "none"]);
      throw new GeneratorError("usage", `--fail-on cannot be "${word}"`, {
        why: `allowed: ${CHANGE_CLASSES.join(", ")}, or none`,
        hint: near === undefined ? "for example --fail-on breaking,security" : `did you mean ${near}?`,
      });
    }),
  );
}

/**
 * Classes and ignores of the config put on the changes. `today` is a day in UTC, `YYYY-MM-DD`. Throws GeneratorError `config` on a rule that
 * there is not; `label` names the config.
 */
export function judge(
  changes: readonly ServerChange[],
  { severity = {}, ignore = [] }: DiffConfig,
  { failOn, today, label }: { readonly failOn: FailOn; readonly today: string; readonly label: string },
): Judgement {
  for (const rule of Object.keys(severity)) checkRule(rule, `diff.severity.${rule}`, label);
  ignore.forEach(({ rule }, i) => checkRule(rule, `diff.ignore[${i}].rule`, label));

  const used = new Set<DiffIgnore>();
  const judged = changes.flatMap((change): JudgedChange[] => {
    const given = Object.hasOwn(severity, change.rule) ? severity[change.rule] : undefined;
    if (given === "off") return [];
    const kind = given ?? change.class;
    const matching = ignore.filter((one) => covers(one, change));
    for (const one of matching) used.add(one);
    const ignored = matching.find((one) => !isPast(one, today));
    return [{ ...change, class: kind, failing: !ignored && failOn.has(kind), ...(ignored && { ignored }) }];
  });
  const notices = ignore.flatMap((one, i) => {
    const what = `diff.ignore[${i}] (${one.rule}${one.item === undefined ? "" : `, ${one.item}`})`;
    if (!used.has(one)) return [`${what} matches no change: it can be removed from ${label}`];
    return isPast(one, today) ? [`${what} ended with ${one.until ?? ""} and no longer counts: ${one.reason}`] : [];
  });
  return { changes: judged, notices };
}

const isPast = ({ until }: DiffIgnore, today: string): boolean => until !== undefined && until < today;

function covers({ rule, server, item, pointer }: DiffIgnore, change: ServerChange): boolean {
  return (
    rule === change.rule &&
    (server === undefined || server === change.server) &&
    (item === undefined || likeGlob(item, change.item)) &&
    (pointer === undefined || change.place === pointer || change.place.startsWith(`${pointer}/`))
  );
}

/** `*` is any text. Linear: each part is looked for behind the one before. */
function likeGlob(glob: string, text: string): boolean {
  const [first = "", ...rest] = glob.split("*");
  const last = rest.pop();
  if (last === undefined) return text === glob;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function checkRule(rule: string, path: string, label: string): void {
  if (RULES.has(rule)) return;
  const near = nearest(rule, RULES.keys());
  throw new GeneratorError("config", `${label}: ${path} names a rule that there is not: ${rule}`, {
    why: "the rules are listed in docs/diff.md",
    hint: near === undefined ? `correct ${path} in ${label}` : `did you mean ${near}?`,
  });
}
