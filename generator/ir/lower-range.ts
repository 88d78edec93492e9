import type { TypeName } from "./lower-value.js";
import type { JsonObject } from "./spec.js";

/** Keywords that bound a value from below and from above, for each type. The second of a pair excludes its own value. */
const BOUNDS: Partial<
  Readonly<Record<TypeName, readonly [low: readonly [string, string?], high: readonly [string, string?]]>>
> = {
  number: [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ],
  integer: [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ],
  string: [["minLength"], ["maxLength"]],
  array: [["minItems"], ["maxItems"]],
  object: [["minProperties"], ["maxProperties"]],
};

/** Whether what several schemas together ask of a value of this type leaves none: at least 5, at most 3. */
export function isEmptyRange(type: TypeName, schemas: readonly JsonObject[]): boolean {
  const bounds = BOUNDS[type];
  if (!bounds) return false;
  const [[min, above], [max, below]] = bounds;
  const all = (key: string | undefined): number[] =>
    key === undefined ? [] : schemas.map((schema) => schema[key]).filter((one) => typeof one === "number");
  const [low, lowOpen] = [Math.max(...all(min)), Math.max(...all(above))];
  const [high, highOpen] = [Math.min(...all(max)), Math.min(...all(below))];
  return low > high || lowOpen >= high || low >= highOpen || lowOpen >= highOpen;
}
