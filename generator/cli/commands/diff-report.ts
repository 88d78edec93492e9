import { printable } from "../../../runtime/core/log.js";
import { CHANGE_CLASSES, type ChangeClass } from "../../ir/diff-rule.js";
import type { Json } from "../../ir/spec.js";
import type { Paint } from "../paint.js";
import type { FailOn, JudgedChange } from "./diff-policy.js";

export interface Location {
  /** Relative to where the command runs, with slashes. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/** All that a format may tell. Names, messages and values in it come from servers. */
export interface Report {
  readonly before: string;
  readonly after: string;
  /** Names of those that were compared; "" for one without. */
  readonly servers: readonly string[];
  readonly changes: readonly JudgedChange[];
  /** Of each change, where it can be pointed at. */
  readonly locations: readonly (Location | undefined)[];
  readonly notices: readonly string[];
  readonly failOn: FailOn;
  readonly version: string;
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
}

export interface Tally {
  readonly classes: Readonly<Record<ChangeClass, number>>;
  readonly ignored: number;
  readonly failing: number;
}

/** Changes by class, those that are ignored apart. */
export function tallyOf(changes: readonly JudgedChange[]): Tally {
  const counted = changes.filter(({ ignored }) => !ignored);
  const of = (kind: ChangeClass): number => counted.filter((change) => change.class === kind).length;
  return {
    classes: { breaking: of("breaking"), security: of("security"), compatible: of("compatible"), prose: of("prose") },
    ignored: changes.length - counted.length,
    failing: changes.filter(({ failing }) => failing).length,
  };
}

/** `2 breaking, 1 prose, 1 ignored`, or `no change`. */
export function tallyText({ classes, ignored }: Tally): string {
  const parts = CHANGE_CLASSES.filter((kind) => classes[kind] > 0).map((kind) => `${classes[kind]} ${kind}`);
  return [...parts, ...(ignored > 0 ? [`${ignored} ignored`] : [])].join(", ") || "no change";
}

/** A foreign value in one harmless line; undefined where there is none. */
export function valueText(value: Json | undefined, max: number): string | undefined {
  return value === undefined ? undefined : plain(JSON.stringify(value), max);
}

/** Foreign text that no terminal and no log reader takes for a command. GitHub's runner knows `##[…]` wherever it stands. */
export const plain = (text: string, max = 500): string => printable(text, max).replaceAll("##[", "## [");

/** What a change is about, with its server where it has a name. */
export const itemText = ({ server, item }: JudgedChange): string =>
  plain(server === undefined ? item : item === "server" ? `server ${server}` : `${server}: ${item}`);
