import { availableParallelism } from "node:os";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { format, type Options } from "prettier";
import { GeneratorError } from "../errors.js";
import type { EmittedFile } from "./emitter.js";

/** Style of all generated text. Nobody's configuration file is read. */
const STYLE: Options = { printWidth: 120, endOfLine: "lf", embeddedLanguageFormatting: "off" };

const PARSERS: Readonly<Record<string, string>> = {
  // Of the two parsers for TypeScript this one takes three quarters of the other's time, for the same text.
  ts: "babel-ts",
  js: "babel",
  mjs: "babel",
  json: "json",
  md: "markdown",
  yaml: "yaml",
  yml: "yaml",
};

/** Below this, starting threads costs more than they save. */
const THREADS_FROM_CHARS = 200_000;
const CHUNK_CHARS = 60_000;

/**
 * Formats by extension whatever is not verbatim; other kinds of file stay as they are. Large TypeScript files are cut
 * between statements and formatted on several threads: same text, less time.
 * Throws GeneratorError `verify` for a text that cannot be parsed: a generated file with a syntax error is our bug.
 */
export async function formatFiles(files: readonly EmittedFile[]): Promise<readonly EmittedFile[]> {
  const total = files.reduce((sum, file) => sum + (parserOf(file) ? file.contents.length : 0), 0);
  if (total < THREADS_FROM_CHARS) return Promise.all(files.map((file) => formatFile(file, formatHere)));
  const threads = startThreads(Math.min(availableParallelism(), 4));
  try {
    return await Promise.all(files.map((file) => formatFile(file, threads.format)));
  } finally {
    await threads.end();
  }
}

type Format = (text: string, parser: string) => Promise<string>;

const formatHere: Format = (text, parser) => format(text, { ...STYLE, parser });

const parserOf = (file: EmittedFile): string | undefined =>
  file.verbatim ? undefined : PARSERS[/\.([a-z]+)$/.exec(file.path)?.[1] ?? ""];

async function formatFile(file: EmittedFile, formatText: Format): Promise<EmittedFile> {
  const parser = parserOf(file);
  if (parser === undefined) return file;
  try {
    return { ...file, contents: await formatParts(file.contents, parser, formatText) };
  } catch (error) {
    throw new GeneratorError("verify", `generated ${file.path} has a syntax error`, {
      cause: error,
      why: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
    });
  }
}

async function formatParts(text: string, parser: string, formatText: Format): Promise<string> {
  const parts = parser === "babel-ts" ? partsOf(text) : [text];
  if (parts.length === 1) return formatText(text, parser);
  try {
    const done = await Promise.all(parts.map((part) => formatText(part, parser)));
    // One empty line where there was one or more, as the formatter itself keeps them.
    return done
      .map((part, index) => (index > 0 && /\n\s*\n$/.test(parts[index - 1] ?? "") ? `\n${part}` : part))
      .join("");
  } catch {
    // A cut within a comment or a template literal leaves a part that cannot be parsed; the whole says whether it can.
    return formatText(text, parser);
  }
}

/** Cuts before lines that begin a documented or exported statement, at about every CHUNK_CHARS. */
function partsOf(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > CHUNK_CHARS) {
    const boundary = /(?<!\*\/\s*)\n(?=\/\*\*|export )/g;
    boundary.lastIndex = start + CHUNK_CHARS;
    const found = boundary.exec(text);
    if (!found) break;
    parts.push(text.slice(start, found.index + 1));
    start = found.index + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

/** A thread's whole program: text, so that it is the same whether this module is bundled, transpiled or loaded by a test runner. */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const { format } = require(workerData.prettier);
parentPort.on("message", async ({ text, options }) => {
  try {
    parentPort.postMessage({ text: await format(text, options) });
  } catch (error) {
    parentPort.postMessage({ error: String(error && error.message || error) });
  }
});`;

interface Reply {
  readonly text?: string;
  readonly error?: string;
}

interface Job {
  readonly text: string;
  readonly parser: string;
  resolve(text: string): void;
  reject(error: Error): void;
}

function startThreads(count: number): { readonly format: Format; end(): Promise<void> } {
  const prettier = createRequire(import.meta.url).resolve("prettier");
  const queue: Job[] = [];
  const idle: Worker[] = [];
  const workers: Worker[] = [];
  const running = new Map<Worker, Job>();

  const next = (worker: Worker): void => {
    const job = queue.shift();
    if (!job) return void idle.push(worker);
    running.set(worker, job);
    worker.postMessage({ text: job.text, options: { ...STYLE, parser: job.parser } });
  };
  const failed = (worker: Worker, error: Error): void => {
    for (const job of [running.get(worker), ...queue.splice(0)]) job?.reject(error);
  };
  for (let i = 0; i < count; i++) {
    const worker = new Worker(THREAD, { eval: true, workerData: { prettier }, execArgv: [] });
    worker.on("message", ({ text, error }: Reply) => {
      const job = running.get(worker);
      running.delete(worker);
      if (text !== undefined) job?.resolve(text);
      else job?.reject(new Error(error));
      next(worker);
    });
    worker.on("error", (error) => failed(worker, error));
    worker.on("exit", () => failed(worker, new Error("a formatting thread ended")));
    workers.push(worker);
    idle.push(worker);
  }
  return {
    format: (text, parser) =>
      new Promise((resolve, reject) => {
        queue.push({ text, parser, resolve, reject });
        const worker = idle.pop();
        if (worker) next(worker);
      }),
    async end() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
