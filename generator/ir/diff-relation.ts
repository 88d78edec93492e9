import type { Facts } from "./diff-fact.js";
import type { Finding, SchemaRule } from "./diff-rule.js";
import type { Prover } from "./diff-subset.js";

export type Told = Omit<Finding, "rule" | "in"> & { readonly in?: "before" };

export interface Teller {
  readonly found: Finding[];
  /** `the input`, or `the output`. */
  readonly noun: string;
  tell(rule: SchemaRule | "CLOSED_PROPERTY_ADDED", told: Told): void;
  /** The noun, or `the input "filter.limit"`. */
  subject(path: string): string;
}

export interface Tools {
  readonly prover: Prover;
  readonly teller: Teller;
  readonly isInput: boolean;
}

/** A pair of places, and what is known of it. */
export interface Pair {
  readonly a: Facts;
  readonly b: Facts;
  /** `filter.tags[]` */
  readonly path: string;
  /** Of the places, in the spec before and after. */
  readonly pointers: readonly [string, string];
  /** All that was valid is valid still, so nothing below can be said to allow less. */
  readonly kept: boolean;
  /** Nothing is valid that was not. */
  readonly noneNew: boolean;
}

/** Whether something was told that explains why less is valid, and why more is. */
export interface Explained {
  readonly less: boolean;
  readonly more: boolean;
}

export const NOTHING: Explained = { less: false, more: false };

export const either = (parts: readonly Explained[]): Explained => ({
  less: parts.some(({ less }) => less),
  more: parts.some(({ more }) => more),
});

/** `narrowed`: all that is valid was so before. `widened`: all that was valid still is. */
export type Relation = "same" | "narrowed" | "widened" | "changed";

export const relationOf = ({ kept, noneNew }: { readonly kept: boolean; readonly noneNew: boolean }): Relation =>
  kept ? (noneNew ? "same" : "widened") : noneNew ? "narrowed" : "changed";

export const explainedBy = (relation: Relation): Explained => ({
  less: relation === "narrowed" || relation === "changed",
  more: relation === "widened" || relation === "changed",
});
