import { resolve } from "node:path";
import { parseCount } from "../../../runtime/app/values.js";
import type { Backend } from "../../../runtime/core/backend.js";
import { RuntimeError } from "../../../runtime/core/errors.js";
import type { Isolation } from "../../../runtime/relay/relay.js";
import { GeneratorError } from "../../errors.js";
import { writeFileWhole } from "../../output/file.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import { TRANSPORTS, type Transport } from "../option/server.js";
import { paint } from "../paint.js";
import { backendOf, timeout } from "../reach.js";
import { selectServer, theServer } from "../select.js";
import { checkObject } from "./call-arguments.js";
import { openAsking, type Answer, type Asking, type AskOptions, type Step } from "./verify-ask.js";
import { cellsOf, type Cells } from "./verify-cell.js";
import { isCompared, judge, type Reference, type Verdict } from "./verify-judge.js";
import { startProxy, type ProxyOptions } from "./verify-proxy.js";
import { humanReport, jsonReport } from "./verify-report.js";
import { planSteps, type PlanOptions } from "./verify-step.js";

const ERAS = ["legacy", "modern"] as const;

/** A server that does not speak the other era may answer nothing at all: it gets no longer, in milliseconds. */
const OTHER_ERA_MS = 5_000;

/** `mcpgen verify`: asks the server and a proxy in front of it the same. Resolves to the exit code: 1 where their answers differ, or none could be compared. */
export async function verify(invocation: Invocation): Promise<number> {
  const { flags, print, cwd, signal } = invocation;
  const { asked, unspoken, isolation, ignore, ...plan } = planOf(invocation);
  const server = await theServer(await selectServer(invocation), invocation);
  const { target, label, era: backendEra = "auto" } = server;
  if (target.kind === "spec")
    throw new GeneratorError("usage", `there is nothing to verify: ${label} is a description of a server`, {
      why: "the server itself and a proxy in front of it are compared",
      hint: 'for example --cmd "python server.py", or --url https://host/mcp',
    });
  const { log } = print;
  const asking: AskOptions = {
    ...{ connectTimeoutMs: 30_000, requestTimeoutMs: 30_000, era: backendEra, signal, log },
    ...timeout(invocation, "connect-timeout", "connectTimeoutMs"),
    ...timeout(invocation, "request-timeout", "requestTimeoutMs"),
  };
  const backend = await backendOf(target, { log });
  print.progress(`asking ${label} itself …`);
  const references = await referencesOf(backend, asking, plan);
  const verdicts: Verdict[] = [];
  for (const { frontend, era } of asked) {
    print.progress(`asking through a proxy: ${frontend}, ${era} …`);
    const reference = references.find((one) => one.era === era) ?? references[0];
    const options: ProxyOptions = { backend, backendEra, isolation, limits: {}, log };
    const answers = await throughProxy(frontend, reference.steps, { options, asking: { ...asking, era } });
    verdicts.push(...judge(reference, answers, { frontend, era, ignore }));
  }

  const isJson = flags.flag("json") || flags.text("format") === "json";
  const output = flags.text("output");
  const file = output === undefined || output === "-" ? undefined : output;
  const colours = file === undefined ? print.paint : paint(false);
  const found = { verdicts, unspoken };
  const report = isJson ? jsonReport(label, references, found) : humanReport(found, colours);
  if (file === undefined) print.out(report);
  else {
    await writeFileWhole(resolve(cwd, file), report);
    print.note(`wrote ${file}`);
  }
  const isProven = verdicts.some(isCompared) && !verdicts.some(({ outcome }) => outcome === "different");
  return isProven ? EXIT.done : EXIT.failed;
}

interface Plan extends PlanOptions, Cells {
  readonly isolation: Isolation;
  readonly ignore: readonly string[];
}

/** Throws GeneratorError `usage` and RuntimeError `config`. */
function planOf({ flags }: Invocation): Plan {
  const eras = flags.list("era").flatMap((word) => word.split(","));
  const foreign = eras.find((era) => !(ERAS as readonly string[]).includes(era));
  if (foreign !== undefined)
    throw new GeneratorError("usage", `--era cannot be ${foreign}`, { why: `allowed: ${ERAS.join(", ")}` });
  const ignore = flags.list("ignore");
  const bad = ignore.find((pointer) => !/^\/./.test(pointer));
  if (bad !== undefined)
    throw new GeneratorError("usage", `--ignore needs a JSON pointer, got "${bad}"`, {
      why: "a pointer begins with a slash, and the whole answer cannot be ignored",
      hint: "for example --ignore /result/content/0/text",
    });
  const calls = flags.list("call").map((text) => {
    const [, name, json] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
    if (name === undefined || json === undefined)
      throw new GeneratorError("usage", "--call needs the form TOOL=JSON", {
        hint: `for example --call 'add={"a":1}'`,
      });
    return { name, text: checkObject(json, `--call ${name}`) };
  });
  const frontends = flags.has("frontend") ? flags.list("frontend") : ["http", "stdio"];
  return {
    ...cellsOf(
      TRANSPORTS.filter((kind) => frontends.includes(kind)),
      ERAS.filter((era) => eras.length === 0 || eras.includes(era)),
    ),
    isolation: (flags.text("isolation") ?? "auto") as Isolation, // one of its choices
    ignore,
    calls,
    maxReads: parseCount("--max-reads", flags.text("max-reads") ?? "20"),
  };
}

/** What the server answers in each era that it speaks, the one that it prefers first. Throws where it speaks none. */
async function referencesOf(
  backend: Backend,
  options: AskOptions,
  plan: PlanOptions,
): Promise<readonly [Reference, ...Reference[]]> {
  const first = await referenceOf(await openAsking(backend, options), plan);
  if (options.era !== "auto") return [first];
  const era = first.era === "modern" ? "legacy" : "modern";
  const connectTimeoutMs = Math.min(options.connectTimeoutMs, OTHER_ERA_MS);
  let other: Asking;
  try {
    other = await openAsking(backend, { ...options, era, connectTimeoutMs });
  } catch (error) {
    const failure = RuntimeError.from(error);
    if (failure.code === "canceled") throw failure;
    options.log("info", `the server does not speak the ${era} era`, { why: failure.text });
    return [first];
  }
  return [first, await referenceOf(other, plan)];
}

async function referenceOf(server: Asking, plan: PlanOptions): Promise<Reference> {
  try {
    const steps = await planSteps(server, plan);
    return { era: server.era, steps, answers: await askAll(server, steps) };
  } finally {
    await server.close();
  }
}

/** One after the other: who counts how often it was asked answers both sides the same. */
async function askAll(server: Asking, steps: readonly Step[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const step of steps) answers.push(await server.ask(step));
  return answers;
}

interface Through {
  readonly options: ProxyOptions;
  readonly asking: AskOptions;
}

async function throughProxy(
  frontend: Transport,
  steps: readonly Step[],
  { options, asking }: Through,
): Promise<readonly Answer[]> {
  const proxy = await startProxy(frontend, options);
  try {
    const client = await openAsking(proxy.backend, asking);
    try {
      return await askAll(client, steps);
    } finally {
      await client.close();
    }
  } catch (error) {
    const failure = RuntimeError.from(error);
    if (failure.code === "canceled") throw failure;
    return steps.map(() => ({ failed: failure.text }));
  } finally {
    await proxy.close();
  }
}
