import { printable } from "../../runtime/core/log.js";
import { GeneratorError } from "../errors.js";
import { settleNames, type NameRules, type Wish } from "./lock-name.js";
import type { NumberMap } from "./lock.js";

/** A member of a message or enum. */
export interface NumberedWish extends Wish {
  /** What a reader of the old number would take it for: `repeated int32`. Another type gets another number. Empty for enum values. */
  readonly type: string;
}

export interface NumberedField {
  readonly name: string;
  readonly number: number;
}
export interface ReservedField extends NumberedField {
  readonly key: string;
}
export interface Numbered {
  /** In the order of the wishes. */
  readonly fields: readonly NumberedField[];
  /** Ascending by number. */
  readonly reserved: readonly ReservedField[];
}

/** Numbers that protobuf keeps for itself. Source: Protocol Buffers language specification (proto3), "Assigning Field Numbers". */
const OWN_FIRST = 19_000;
const OWN_LAST = 19_999;
const MAX_NUMBER = 536_870_911;

interface Line {
  readonly key: string;
  readonly type: string;
  readonly name: string;
  readonly number: number;
}

/** Same key and type, same number; what is gone or has another type now is reserved; what comes back gets its old number. */
export function settleNumbers(
  before: NumberMap = { live: {} },
  wishes: readonly NumberedWish[],
  rules: NameRules,
): Numbered & { readonly map: NumberMap } {
  checkWishes(wishes);
  const typeOf = new Map(wishes.map(({ key, type }) => [key, type]));
  const live = new Map<string, Line>();
  const reserved = new Map<number, Line>();
  for (const line of readLive(before))
    if (typeOf.get(line.key) === line.type) live.set(line.key, line);
    else reserved.set(line.number, line);
  for (const line of readReserved(before)) {
    const isBack = typeOf.get(line.key) === line.type && !live.has(line.key);
    if (isBack) live.set(line.key, line);
    else reserved.set(line.number, line);
  }

  const { claims = (name: string) => [name] } = rules;
  const gone = [...reserved.values()].flatMap((line) => claims(line.name, { key: line.key, base: line.name }));
  const settled = new Map([...live].map(([key, { name }]) => [key, name]));
  const names = settleNames(settled, wishes, { ...rules, taken: [...(rules.taken ?? []), ...gone] });
  let last = Math.max(0, ...[...live.values(), ...reserved.values()].map(({ number }) => number));
  const next = (): number => {
    last = last + 1 >= OWN_FIRST && last + 1 <= OWN_LAST ? OWN_LAST + 1 : last + 1;
    if (last > MAX_NUMBER) throw new RangeError(`no number left below ${MAX_NUMBER}`);
    return last;
  };
  const lines = wishes.map(({ key, type }, i): Line => {
    const name = names[i] ?? "";
    if (!NAME.test(name)) throw refusal(`${shown(name)}, for ${shown(key)}, is no name of a field`);
    return { key, type, name, number: live.get(key)?.number ?? next() };
  });
  const kept = [...reserved.values()].sort((a, b) => a.number - b.number);
  return {
    fields: lines.map(({ name, number }) => ({ name, number })),
    reserved: kept.map(({ key, name, number }) => ({ key, name, number })),
    map: {
      live: Object.fromEntries(
        lines.map(({ key, type, name, number }) => [key, `${type === "" ? "" : `${type} `}${name} = ${number}`]),
      ),
      ...(kept.length > 0 && {
        reserved: Object.fromEntries(
          kept.map(({ key, type, name, number }) => [String(number), `${type} ${name} ${key}`]),
        ),
      }),
    },
  };
}

const NAME = /^[A-Za-z_]\w*$/;
const TYPE = /^(?:repeated |optional )?(?:map<[^>=]*>|[\w.]*)$/;

/** What could not be read again from the line that is kept of it. */
function checkWishes(wishes: readonly NumberedWish[]): void {
  const keys = new Set<string>();
  for (const { key, type } of wishes) {
    if (keys.has(key)) throw refusal(`numbers are asked for ${shown(key)} twice`);
    keys.add(key);
    if (!TYPE.test(type)) throw refusal(`${shown(type)}, of ${shown(key)}, is no type of a field`);
  }
}

const shown = (text: string): string => JSON.stringify(printable(text, 80));
const refusal = (text: string): GeneratorError =>
  new GeneratorError("emit", text, { hint: "this is a fault of the emitter that asks" });

/** `int32 max_results = 3`, `map<string, int32> counts = 4`, `CREATED_AT = 2`; undefined for anything else. */
export function parseLive(
  text: string,
): { readonly type: string; readonly name: string; readonly number: number } | undefined {
  const [, type = "", name = "", digits = ""] = /^(?:([^=]*) )?([A-Za-z_]\w*) = (\d{1,9})$/.exec(text) ?? [];
  const number = Number(digits);
  return name === "" || number < 1 || number > MAX_NUMBER ? undefined : { type, name, number };
}

/** `int32 max_results maxResults`; the type may have blanks, the key may be anything. */
export function parseReserved(
  text: string,
): { readonly type: string; readonly name: string; readonly key: string } | undefined {
  const [, type = "", name = "", key = ""] =
    /^((?:repeated |optional )?(?:map<[^>]*>|[\w.]*)) ([A-Za-z_]\w*) ([^]*)$/.exec(text) ?? [];
  return name === "" ? undefined : { type, name, key };
}

function readLive({ live }: NumberMap): Line[] {
  return Object.entries(live).flatMap(([key, text]) => {
    const line = parseLive(text);
    return line ? [{ key, ...line }] : [];
  });
}

function readReserved({ reserved = {} }: NumberMap): Line[] {
  return Object.entries(reserved).flatMap(([number, text]) => {
    const line = parseReserved(text);
    return line ? [{ ...line, number: Number(number) }] : [];
  });
}
