import { RuntimeError, type RuntimeErrorCode } from "../../runtime/core/errors.js";
import { printable } from "../../runtime/core/log.js";
import { GeneratorError, type GeneratorErrorCode } from "../errors.js";
import type { Paint } from "./paint.js";

export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, authentication: 4, interrupted: 130 } as const;

interface Row {
  readonly exit: number;
  /** Said where the error itself gives no reason and no remedy. */
  readonly why: string;
  readonly hint: string;
}

const HELP = "run mcpgen --help, or mcpgen COMMAND --help";
const VERBOSE = "run it again with -vv to see every step";

const GENERATOR: Readonly<Record<GeneratorErrorCode, Row>> = {
  usage: { exit: EXIT.usage, why: "the command line cannot be carried out as it stands", hint: HELP },
  config: { exit: EXIT.usage, why: "the configuration is not usable", hint: "correct the file named above" },
  option: {
    exit: EXIT.usage,
    why: "an emitter was given an option it cannot use",
    hint: "run mcpgen emitters for the emitters there are",
  },
  spec: {
    exit: EXIT.failed,
    why: "this is no description of an MCP server",
    hint: "make one with mcpgen inspect --json --output spec.json",
  },
  emit: {
    exit: EXIT.failed,
    why: "the server's description cannot be turned into code",
    hint: "leave the item out with --exclude",
  },
  template: {
    exit: EXIT.failed,
    why: "a template asks for a value that is not there",
    hint: "this is a bug of mcpgen; please report it",
  },
  verify: {
    exit: EXIT.failed,
    why: "the generated code did not pass our own check; nothing was written",
    hint: "this is a bug of mcpgen; please report it",
  },
  output: { exit: EXIT.failed, why: "the output could not be written", hint: "check the folder and its permissions" },
  lock: {
    exit: EXIT.usage,
    why: "mcpgen.lock cannot be used as it is",
    hint: "restore it from version control",
  },
  build: {
    exit: EXIT.failed,
    why: "the generated project could not be bundled",
    hint: "see the messages above; mcpgen generate again restores our files",
  },
  drift: {
    exit: EXIT.failed,
    why: "the files on disk are not what would be generated now",
    hint: "run mcpgen generate without --check",
  },
  internal: {
    exit: EXIT.failed,
    why: "this should not happen",
    hint: `this is a bug of mcpgen; ${VERBOSE} and report it`,
  },
};

const RUNTIME: Readonly<Record<RuntimeErrorCode, Row>> = {
  config: { exit: EXIT.usage, why: "the options cannot be carried out as they stand", hint: HELP },
  bad_message: {
    exit: EXIT.failed,
    why: "what came is not the Model Context Protocol",
    hint: "check that this is an MCP server, and that it prints nothing but messages on stdout",
  },
  too_large: { exit: EXIT.failed, why: "a message is over the size limit", hint: VERBOSE },
  unauthenticated: {
    exit: EXIT.authentication,
    why: "the server wants credentials",
    hint: "give --auth-token-file, MCPGEN_AUTH_TOKEN or --header",
  },
  forbidden: {
    exit: EXIT.authentication,
    why: "the credentials do not allow this",
    hint: "use other credentials, or ask who runs the server",
  },
  unknown_session: { exit: EXIT.unreachable, why: "the server has forgotten the session", hint: "try again" },
  unknown_route: {
    exit: EXIT.unreachable,
    why: "there is nothing at this address",
    hint: "check the path of the URL; it is often /mcp",
  },
  overloaded: { exit: EXIT.unreachable, why: "the server takes no more sessions", hint: "try again later" },
  unreachable: {
    exit: EXIT.unreachable,
    why: "the server cannot be started or reached",
    hint: "check the command or the URL",
  },
  closed: { exit: EXIT.unreachable, why: "the server ended the connection", hint: VERBOSE },
  timeout: {
    exit: EXIT.unreachable,
    why: "the server took too long",
    hint: "raise --connect-timeout or --request-timeout",
  },
  canceled: { exit: EXIT.interrupted, why: "it was interrupted", hint: "run it again; nothing is half done" },
  remote: { exit: EXIT.failed, why: "the server answered with an error", hint: "read the server's own log" },
  internal: {
    exit: EXIT.failed,
    why: "this should not happen",
    hint: `this is a bug of mcpgen; ${VERBOSE} and report it`,
  },
};

/** A failure as scripts get it with --json. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly why: string;
  readonly hint: string;
  readonly pointer?: string;
  readonly exitCode: number;
}

/** Total: whatever was thrown has a sentence, a reason, a remedy and an exit code. */
export function failureOf(thrown: unknown): Failure {
  const error = thrown instanceof RuntimeError ? thrown : GeneratorError.from(thrown);
  const row = error instanceof RuntimeError ? RUNTIME[error.code] : GENERATOR[error.code];
  return {
    code: error.code,
    message: oneLine(error.text),
    why: oneLine(error.why ?? row.why),
    hint: oneLine(error.hint ?? row.hint),
    ...(error instanceof GeneratorError && error.pointer !== undefined ? { pointer: error.pointer } : {}),
    exitCode: row.exit,
  };
}

/** Three lines: what, why, what to do. With `stack`, what only the author of mcpgen needs follows. */
export function failureText(failure: Failure, paint: Paint, stack?: string): string {
  const lines = [
    `${paint.red("error:")} ${paint.bold(failure.message)}`,
    `  ${paint.dim("why:")} ${failure.why}`,
    `  ${paint.dim("fix:")} ${failure.hint}`,
  ];
  if (stack !== undefined) lines.push(paint.dim(stack));
  return lines.join("\n");
}

/** The stacks of an error and of its causes. */
export function stackOf(thrown: unknown): string | undefined {
  const stacks: string[] = [];
  for (let error = thrown; error instanceof Error && stacks.length < 5; error = error.cause)
    stacks.push(error.stack ?? error.message);
  const lines = stacks.join("\ncaused by ").split("\n");
  return lines.length === 0 ? undefined : lines.map((line) => printable(line, 300)).join("\n");
}

/** Foreign text may hold line ends (the tail of a server's stderr): here they become bars. */
function oneLine(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return printable(lines.filter((line) => line !== "").join(" | "), 1000);
}
