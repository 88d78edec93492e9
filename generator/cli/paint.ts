type Mark = (text: string) => string;

export interface Paint {
  readonly bold: Mark;
  readonly dim: Mark;
  readonly red: Mark;
  readonly green: Mark;
  readonly yellow: Mark;
  readonly cyan: Mark;
}

/** SGR sequences (ECMA-48, 8.3.117), or nothing at all. */
export function paint(on: boolean): Paint {
  const wrap = (open: number, close: number) => (text: string) =>
    on && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
    cyan: wrap(36, 39),
  };
}

export type ColorChoice = "auto" | "always" | "never";

/** Source: no-color.org; FORCE_COLOR as Node's own `tty.WriteStream` reads it. */
export function wantsColor(choice: ColorChoice, isTty: boolean, env: NodeJS.ProcessEnv): boolean {
  if (choice !== "auto") return choice === "always";
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") return env.FORCE_COLOR !== "0";
  return isTty && env.TERM !== "dumb";
}

/** Columns a text takes on a terminal. Source: Unicode UAX #11, East Asian Width (W and F) and emoji presentation. */
export function columns(text: string): number {
  let total = 0;
  for (const c of text) total += /\p{M}/u.test(c) ? 0 : WIDE.test(c) ? 2 : 1;
  return total;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** At most `width` columns, with an ellipsis where something is missing. */
export function shorten(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const c of text) {
    used += columns(c);
    if (used > width - 1) break;
    kept += c;
  }
  return `${kept.trimEnd()}…`;
}
