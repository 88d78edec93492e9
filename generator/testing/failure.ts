import type { CliResult } from "./cli.js";

/** The three lines of an error and its exit code; each text is a part of its line. */
export interface WantedFailure {
  readonly code: number;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
}

/** In what a run of the CLI is not that failure: three lines on stderr beside warnings, nothing on stdout. Empty: it is. */
export function misfits(
  { code, stdout, stderr }: CliResult,
  { what, why = "", fix = "", ...want }: WantedFailure,
): string[] {
  const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("warn: "));
  const checks: readonly (readonly [boolean, string])[] = [
    [code === want.code, `exit code ${String(code)}, wanted ${want.code}`],
    [stdout === "", `stdout: ${stdout}`],
    [lines.length === 3, `${lines.length} lines`],
    [/^error: \S/.test(lines[0] ?? "") && lines[0]?.includes(what) === true, `no "${what}" in line 1`],
    [/^ {2}why: \S/.test(lines[1] ?? "") && lines[1]?.includes(why) === true, `no "${why}" in line 2`],
    [/^ {2}fix: \S/.test(lines[2] ?? "") && lines[2]?.includes(fix) === true, `no "${fix}" in line 3`],
  ];
  const wrong = checks.flatMap(([fits, misfit]) => (fits ? [] : [misfit]));
  return wrong.length === 0 ? [] : [...wrong, stderr];
}
