import { openAccess } from "../../../runtime/app/access.js";
import { watchEnding, type Ending } from "../../../runtime/app/ending.js";
import { readRelay } from "../../../runtime/app/relay-settings.js";
import { limitsOf } from "../../../runtime/core/limits.js";
import { serve } from "../../../runtime/serve.js";
import { GeneratorError } from "../../errors.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import { backendOf } from "../reach.js";
import { selectServer, theServer } from "../select.js";
import { frontendsOf, planFrontends, type FrontendPlan } from "./serve-frontend.js";
import { givenOf } from "./serve-given.js";
import { told } from "./serve-told.js";

/** `mcpgen serve`: until its one client is done, or it is told to end. Resolves to the exit code. */
export async function serveCommand(invocation: Invocation): Promise<number> {
  const { print } = invocation;
  const ending = watchEnding({
    log: print.log,
    onDrain: () => print.progress("what is under way is still answered; a second signal ends at once"),
  });
  try {
    await serveUntilEnded(planFrontends(givenOf(invocation)), { invocation, ending });
    return ending.code ?? EXIT.done;
  } catch (error) {
    if (ending.code === undefined) throw error;
    return ending.code;
  } finally {
    ending.done();
  }
}

interface Run {
  readonly invocation: Invocation;
  readonly ending: Ending;
}

async function serveUntilEnded(plan: FrontendPlan, { invocation, ending }: Run): Promise<void> {
  const { flags, print, signal } = invocation;
  const { target, label, era } = await theServer(await selectServer(invocation), invocation);
  if (target.kind === "spec")
    throw new GeneratorError("usage", `serve has nothing to serve: ${label} is a description of a server`, {
      why: "the live proxy needs the server itself",
      hint: 'for example --cmd "python server.py", or --url https://host/mcp',
    });
  const relay = readRelay(givenOf(invocation));
  const limits = limitsOf(relay.limits);
  const { log } = print;
  const { isolation } = relay;
  const backendEra = flags.has("backend-era") ? relay.backendEra : (era ?? "auto");
  const isNetwork = plan.kinds.some((kind) => kind !== "stdio");
  // So that a command which cannot be started is told at once, and not to the first client.
  const warm = flags.has("warm") || !isNetwork || target.kind !== "stdio" ? relay.warm : 1;
  const reached = await backendOf(target, { log, limits });
  const alone = isNetwork ? undefined : told(reached);
  const backend = alone?.backend ?? reached;
  const frontends = await frontendsOf(plan, { limits, log });

  for (const { key } of plan.access.keys) print.hide(key);
  const { access: whom, listeners } = plan;
  // A key that is not told lets nobody in: that is said with -q, too.
  const notice = (text: string): void => (flags.flag("quiet") ? print.fail(text) : print.note(text));
  const access = openAccess(whom, { listeners, terminal: print.errTerminal, notice });
  const { authenticate } = access;
  try {
    const stop = AbortSignal.any([signal, ending.now]);
    const running = await serve(
      { backend, frontends, backendEra, isolation, warm, limits, log, ...(authenticate && { authenticate }) },
      stop,
    );
    ending.drains(running);
    try {
      await access.tell();
      for (const address of running.addresses) if (address !== "stdio") print.note(`listening on ${address}`);
      await running.done;
    } finally {
      await running.close();
    }
    const failure = alone?.failure();
    if (failure) throw failure;
  } finally {
    await access.end();
  }
}
