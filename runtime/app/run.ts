import type { Authenticator } from "../auth/authenticator.js";
import type { Backend } from "../core/backend.js";
import { RuntimeError, type RuntimeErrorCode } from "../core/errors.js";
import type { Frontend } from "../core/frontend.js";
import { limitsOf } from "../core/limits.js";
import { printable, type Log, type LogLevel } from "../core/log.js";
import type { Contract } from "../contract/contract.js";
import { guardedAgainstDrift } from "../contract/drift.js";
import { hooked } from "../contract/hooks.js";
import { pinnedLists } from "../contract/lists.js";
import { refuseDrifted } from "../contract/preflight.js";
import { validatedArguments, type Validators } from "../contract/validate.js";
import { serve } from "../serve.js";
import { watchEnding, type Ending } from "./ending.js";
import { envNames, helpText, readFlags, type Flag, type Given } from "./flags.js";
import type { RelaySettings } from "./relay-settings.js";
import type { Settings } from "./settings.js";

/** One generated proxy: its transports, chosen by its main.ts, and its contract. */
export interface Proxy {
  readonly program: {
    readonly name: string;
    readonly version: string;
    readonly about: string;
    readonly contractSha256: string;
    readonly flags: readonly Flag[];
  };
  /** Throws RuntimeError `config` on nonsense. Opens nothing. */
  assemble(given: Given, log: Log): Assembly;
  readonly contract: Contract;
  readonly hooks: object;
  readonly validators: Validators;
}

export interface Assembly {
  readonly settings: Settings;
  readonly relay: RelaySettings;
  readonly backend: Backend;
  readonly frontends: readonly Frontend[];
  /** Guards what other machines may reach, for as long as the proxy runs (access.ts). Absent where they cannot reach anything. */
  readonly access?: (tell: Tell) => {
    readonly authenticate?: Authenticator;
    tell(): Promise<void>;
    end(): Promise<void>;
  };
}

/** How the operator is told something. */
export interface Tell {
  /** Whether somebody reads what `notice` says. */
  readonly terminal: boolean;
  readonly notice: (text: string) => void;
}

/** What the process is given and where it speaks. stdout belongs to the protocol. */
export interface Surroundings {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
}

/**
 * Runs a generated proxy until its client is done or a signal ends it. Returns the exit code: 0 done, 1 failed or
 * drifted, 2 configuration, 3 server unreachable, 4 refused by the server, 70 an error that nobody caught, 130
 * interrupted. Never throws. The first signal lets what is under way be answered; the second ends at once.
 */
export async function runProxy(proxy: Proxy, around: Surroundings): Promise<number> {
  const level = { current: "warn" as LogLevel };
  const log = stderrLog(around, level);
  const onDrain = (): void => {
    if (around.stderr.isTTY) around.stderr.write("what is under way is still answered; a second signal ends at once\n");
  };
  const ending = watchEnding({ log, onDrain });
  try {
    const { program } = proxy;
    const given = readFlags(program.flags, around.argv, around.env);
    if (given.on("help")) {
      around.stdout.write(helpText(`${program.name} [options]`, program.about, program.flags));
      return 0;
    }
    if (given.on("version")) {
      around.stdout.write(`${program.name} ${program.version} (contract sha256 ${program.contractSha256})\n`);
      return 0;
    }
    refuseForeignVariables(program.flags, around.env);
    const assembly = proxy.assemble(given, log);
    level.current = assembly.settings.logLevel;
    await serveUntilEnded(proxy, assembly, { around, log, ending });
    return ending.code ?? 0;
  } catch (error) {
    if (ending.code !== undefined) return ending.code;
    const failure = RuntimeError.from(error);
    around.stderr.write(errorLines(failure));
    return EXIT_CODE[failure.code];
  } finally {
    ending.done();
  }
}

interface Run {
  readonly around: Surroundings;
  readonly log: Log;
  readonly ending: Ending;
}

async function serveUntilEnded(proxy: Proxy, assembly: Assembly, { around, log, ending }: Run): Promise<void> {
  const { settings, relay, backend, frontends } = assembly;
  const limits = limitsOf(relay.limits);
  const { backendEra, isolation, warm } = relay;
  const notice = (text: string): void => void around.stderr.write(`${text}\n`);

  const joined = withContract(backend, proxy, { ...settings, timeoutMs: limits.connectTimeoutMs, log });
  const access = assembly.access?.({ terminal: around.stderr.isTTY === true, notice });
  try {
    // Over stdio there is one session for each process, and it refuses by itself: nothing is started for the question alone.
    if (settings.onDrift === "refuse" && frontends.some(({ kind }) => kind !== "stdio"))
      await refuseDrifted(backend, proxy.contract, {
        limits,
        era: backendEra,
        name: proxy.program.name,
        signal: ending.now,
        log,
      });
    const authenticate = access?.authenticate;
    const running = await serve(
      { backend: joined, frontends, backendEra, isolation, warm, limits, log, ...(authenticate && { authenticate }) },
      ending.now,
    );
    ending.drains(running);
    try {
      await access?.tell();
      for (const address of running.addresses) if (address !== "stdio") notice(`listening on ${address}`);
      await running.done;
    } finally {
      await running.close();
    }
  } finally {
    await access?.end();
  }
}

interface ContractOptions extends Settings {
  /** For the guard's own question to the server. */
  readonly timeoutMs: number;
  readonly log: Log;
}

/** Nearest the server: the guard against drift, which sees the lists as they are. Nearest the client: what never asks the server. */
function withContract(backend: Backend, { contract, hooks, validators }: Proxy, options: ContractOptions): Backend {
  const { onDrift, lists, validateArguments, timeoutMs, log } = options;
  let joined = backend;
  if (onDrift !== "ignore") joined = guardedAgainstDrift(joined, contract, { onDrift, timeoutMs, log });
  joined = hooked(joined, { hooks, contract, validators, log });
  if (validateArguments) joined = validatedArguments(joined, validators);
  return lists === "pinned" ? pinnedLists(joined, contract) : joined;
}

/** Of frontends that a proxy may not have. HOST and PORT are not among them: platforms set those for every program. */
const FRONTEND_VARIABLES: ReadonlySet<string> = new Set(
  [
    ...["BIND", "TCP_BIND", "SOCKET", "ENDPOINT", "ALLOWED_HOST", "ALLOWED_ORIGIN", "TLS_CERT", "TLS_KEY", "TLS_CA"],
    ...["API_KEY", "API_KEY_FILE", "API_KEY_HEADER", "REQUIRE_AUTH", "INSECURE_NO_AUTH"],
  ].map((name) => `MCPGEN_${name}`),
);

/** A variable of another transport would have no effect here; that must not pass in silence. */
function refuseForeignVariables(flags: readonly Flag[], env: Surroundings["env"]): void {
  const known = new Set(flags.flatMap(envNames));
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === "" || known.has(name)) continue;
    if (FRONTEND_VARIABLES.has(name))
      throw new RuntimeError("config", `${name} has no effect on this proxy`, {
        why: "it was generated without a frontend that uses it",
        hint: "unset it, or generate the proxy with another --frontend",
      });
    if (name.startsWith("MCPGEN_BACKEND_"))
      throw new RuntimeError("config", `${name} has no effect on this proxy`, {
        why: "it was generated for another kind of server, or the name is mistyped",
        hint: `unset it; known are ${[...known].filter((one) => one.startsWith("MCPGEN_BACKEND_")).join(", ")}`,
      });
  }
}

const EXIT_CODE: Readonly<Record<RuntimeErrorCode, number>> = {
  config: 2,
  bad_message: 1,
  too_large: 1,
  unauthenticated: 4,
  forbidden: 1, // by our own guard against drift; a server's refusal is an answer to its client
  unknown_session: 3,
  unknown_route: 3,
  overloaded: 3,
  unreachable: 3,
  closed: 3,
  timeout: 3,
  canceled: 130,
  remote: 1,
  internal: 1,
};

/** What happened, why, and what to do: a line each. */
function errorLines({ code, text, why, hint }: RuntimeError): string {
  const usual =
    code === "config"
      ? { why: "the options cannot be carried out as they stand", hint: "--help lists what can be given" }
      : { why: `it failed with ${code}`, hint: "--log-level debug shows every step" };
  return `error: ${indented(text)}\n  why: ${indented(why ?? usual.why)}\n  fix: ${indented(hint ?? usual.hint)}\n`;
}

/** Foreign text may hold line ends (the tail of a server's stderr): its lines stay apart from ours. */
const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => printable(line, 2000))
    .join("\n  ");

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

const stderrLog =
  ({ stderr }: Surroundings, threshold: { readonly current: LogLevel }): Log =>
  (level, text) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold.current)) return;
    stderr.write(`${level}: ${indented(text)}\n`);
  };
