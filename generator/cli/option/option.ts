/** One command-line option. `text` and `list` take a value, `list` may be repeated, `count` counts (`-vv`). */
export interface Option {
  readonly type: "flag" | "text" | "list" | "count";
  /** Says the unit and the default, where there is one. */
  readonly describe: string;
  readonly alias?: readonly string[];
  readonly choices?: readonly string[];
  /** Values may begin with a dash: `--args -y`. */
  readonly dashed?: boolean;
}

/** Options under one heading of `--help`. */
export interface OptionGroup {
  readonly heading: string;
  readonly options: Readonly<Record<string, Option>>;
}

/** Every spelling (names and aliases, without dashes) → its option. */
export function spellings(groups: readonly OptionGroup[]): Map<string, Option> {
  const all = new Map<string, Option>();
  for (const group of groups)
    for (const [name, option] of Object.entries(group.options))
      for (const spelling of [name, ...(option.alias ?? [])]) all.set(spelling, option);
  return all;
}
