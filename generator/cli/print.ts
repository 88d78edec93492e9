import type { Writable } from "node:stream";
import { printable, type Log, type LogLevel } from "../../runtime/core/log.js";
import { paint, wantsColor, type ColorChoice, type Paint } from "./paint.js";

/** The only way to the user's terminal. */
export interface Print {
  /** What was asked for, on stdout, as it stands. */
  out(text: string): void;
  /** One line about what was done, on stderr. */
  note(text: string): void;
  /** Something that the user should know though it stops nothing. */
  warn(text: string): void;
  /** What is being done right now. Only on a terminal, and gone with the next line. */
  progress(text: string): void;
  /** A failure, already laid out in lines. */
  fail(text: string): void;
  readonly log: Log;
  /** Colours of stdout, and of stderr. */
  readonly paint: Paint;
  readonly errPaint: Paint;
  /** Whether stdout, and stderr, is a terminal. */
  readonly terminal: boolean;
  readonly errTerminal: boolean;
  /** Columns of stdout; 100 where it is no terminal. */
  readonly width: number;
  readonly json: boolean;
  /** 0 unless -v. */
  readonly verbosity: number;
  /** Never let this value reach stderr. */
  hide(secret: string): void;
  /** Resolves when all that was written has left the process. */
  flush(): Promise<void>;
}

export interface PrintOptions {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  readonly color?: ColorChoice;
  readonly quiet?: boolean;
  readonly verbosity?: number;
  readonly json?: boolean;
  readonly logFormat?: "pretty" | "json";
}

const RANK: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** A shorter secret would blank out half of every sentence. */
const MIN_SECRET_LENGTH = 6;

export function createPrint(options: PrintOptions): Print {
  const {
    stdout,
    stderr,
    env,
    color = "auto",
    quiet = false,
    verbosity = 0,
    json = false,
    logFormat = "pretty",
  } = options;
  const errPaint = paint(wantsColor(color, stderr.isTTY === true, env));
  const secrets = new Set<string>();
  let progressShown = false;

  const hidden = (text: string): string => {
    for (const secret of secrets) text = text.replaceAll(secret, "***");
    return text;
  };
  const clear = (): void => {
    if (progressShown) stderr.write("\r\u001b[2K");
    progressShown = false;
  };
  const errLine = (text: string): void => {
    clear();
    stderr.write(`${hidden(text)}\n`);
  };
  const emit = (level: LogLevel, text: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (logFormat === "json") {
      errLine(JSON.stringify({ level, message: text, ...fields }));
      return;
    }
    const mark = level === "error" ? errPaint.red : level === "warn" ? errPaint.yellow : errPaint.dim;
    errLine(`${mark(`${level}:`)} ${printable(text, 2000)}${errPaint.dim(aside(fields))}`);
  };
  const limit = quiet ? RANK.error : RANK.warn + verbosity;

  return {
    out: (text) => {
      clear();
      stdout.write(text);
    },
    note: (text) => {
      if (quiet) return;
      if (logFormat === "json") emit("info", text);
      else errLine(text);
    },
    warn: (text) => {
      if (!quiet) emit("warn", text);
    },
    progress: (text) => {
      if (quiet || stderr.isTTY !== true || logFormat === "json") return;
      stderr.write(`\r\u001b[2K${errPaint.dim(hidden(printable(text, 78)))}`);
      progressShown = true;
    },
    fail: errLine,
    log: (level, text, fields) => {
      if (RANK[level] <= limit) emit(level, text, fields);
    },
    paint: paint(wantsColor(color, stdout.isTTY === true, env)),
    errPaint,
    terminal: stdout.isTTY === true,
    errTerminal: stderr.isTTY === true,
    width: stdout.isTTY === true ? Math.max(40, stdout.columns ?? 80) : 100,
    json,
    verbosity,
    hide: (secret) => {
      if (secret.length >= MIN_SECRET_LENGTH) secrets.add(secret);
    },
    async flush() {
      clear();
      await Promise.all([stdout, stderr].map(drained));
    },
  };
}

/** ` (why; hint; key=value)`, or nothing. */
function aside(fields: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(fields).map(([key, value]) =>
    typeof value === "string" && (key === "why" || key === "hint") ? value : `${key}=${JSON.stringify(value)}`,
  );
  return parts.length === 0 ? "" : ` (${printable(parts.join("; "), 1000)})`;
}

function drained(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.errored) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("close", resolve);
    stream.write("", () => resolve());
  });
}
