import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { printable } from "../../../runtime/core/log.js";
import { orAborted } from "../../../runtime/core/signals.js";
import type { EmittedFile } from "../../emit/emitter.js";
import { GeneratorError } from "../../errors.js";
import { schemaFindings } from "../../ir/schema-finding.js";
import type { ServerSpec } from "../../ir/spec.js";
import { pointerStep } from "../../ir/walk.js";
import type { Invocation } from "../commands.js";
import { filterSpec, type Globs } from "../filter.js";
import type { LockSession } from "../lock.js";
import { settledServer, type ReadServer } from "../locked-server.js";
import { ofServer } from "../report.js";
import { emitTarget, type Server } from "../target.js";
import type { PlannedOutput } from "./outputs.js";

/** The files of one output, not yet written. */
export interface Generated {
  readonly output: PlannedOutput;
  readonly files: readonly EmittedFile[];
  /** What they were made of: the contract without what is filtered out. */
  readonly spec: ServerSpec;
}

/** Everything that can fail for the server's or an emitter's sake: all outputs are generated before the first is written. */
export async function generateOutputs(
  outputs: readonly PlannedOutput[],
  invocation: Invocation,
  { session, read }: { readonly session: LockSession; readonly read?: ReadServer },
): Promise<readonly Generated[]> {
  const { flags, print, signal } = invocation;
  const { generate } = await import("../../generate.js");
  const known = new Map<Server, { readonly name: string; readonly spec: ServerSpec }>();
  const several = new Set(outputs.map(({ server }) => server)).size > 1;
  const settle = async (server: Server): ReturnType<typeof settledServer> => {
    try {
      return await settledServer(server, invocation, { session, ...(read && { read }) });
    } catch (error) {
      throw several ? ofServer(error, server.label) : error;
    }
  };
  const generated: Generated[] = [];
  for (const output of outputs) {
    const server = known.get(output.server) ?? (await settle(output.server));
    known.set(output.server, server);
    const spec = filterSpec(server.spec, globsOf(output, server.name, { session, invocation }));
    judge(spec, output, invocation);
    if (!flags.flag("check")) tellOfPlaces(output, invocation);
    print.progress(`generating ${output.shown} …`);
    const target = emitTarget(output.server);
    const work = generate({
      spec,
      emitters: output.emitters,
      lock: session.book(server.name),
      ...(target && { target }),
    });
    generated.push({ output, files: await orAborted(work, signal), spec });
  }
  return generated;
}

/** Those of the config or of the flags; where neither has any, those that flags gave for this folder the last time. */
function globsOf(
  { globs, filteredBy, dir, shown }: PlannedOutput,
  name: string,
  { session, invocation }: { readonly session: LockSession; readonly invocation: Invocation },
): Globs {
  const { flags, print } = invocation;
  if (filteredBy !== "nobody" || flags.flag("update")) {
    session.keepFilter(name, dir, filteredBy === "flags" ? globs : {});
    return globs;
  }
  const { include = [], exclude = [] } = session.filter(name, dir) ?? {};
  const given = [...include.map((glob) => `--include ${glob}`), ...exclude.map((glob) => `--exclude ${glob}`)];
  if (given.length > 0)
    print.note(
      print.errPaint.dim(`${shown}: ${printable(given.join(" "))}, as ${session.shown} says; --update forgets it`),
    );
  return { include, exclude };
}

/** A generated proxy holds no path of this machine, so a relative one must be told of before it fails elsewhere. */
function tellOfPlaces({ emitters, server }: PlannedOutput, { print, cwd }: Invocation): void {
  const target = emitTarget(server);
  if (!emitters.some(({ emitter }) => emitter.name === "project")) return;
  const warn = (word: string, elsewhere: string): void =>
    print.warn(
      `${printable(word)} counts from the folder in which the proxy is started; elsewhere ${elsewhere}, or generate with an absolute path`,
    );
  if (target?.kind === "unix" && !isAbsolute(target.path)) warn(target.path, "give it --backend-socket");
  if (target?.kind !== "stdio") return;
  const base = resolve(cwd, target.cwd ?? ".");
  const word = target.argv.find((one) => !isAbsolute(one) && /[\\/.]/.test(one) && existsSync(resolve(base, one)));
  if (word !== undefined) warn(word, "give it --backend-cwd");
}

/** Tells what is wrong with the server's description; with --strict, errors in it end the command. */
function judge(spec: ServerSpec, { server, shown }: PlannedOutput, { flags, print }: Invocation): void {
  const diagnostics = [...spec.diagnostics, ...schemaFindings(spec)];
  for (const { severity, code, pointer, message } of diagnostics)
    print.log(
      severity === "info" ? "info" : "warn",
      `${server.label}${printable(namedPointer(pointer, spec))}: ${message} (${code})`,
    );
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (flags.flag("strict") && errors.length > 0)
    throw new GeneratorError(
      "spec",
      `the description of ${server.label} has ${errors.length} errors; nothing was written to ${shown}`,
      {
        why: errors[0]?.message ?? "",
        hint: "see mcpgen inspect, leave the items out with --exclude, or leave --strict out",
      },
    );
}

/** `/tools/get-user/inputSchema` for `/tools/3/inputSchema`: our lists are in another order than the server's. */
function namedPointer(pointer: string, spec: ServerSpec): string {
  const [, list = "", index = "", rest = ""] =
    /^\/(tools|resources|resourceTemplates|prompts)\/(\d+)(.*)$/s.exec(pointer) ?? [];
  const item = list === "" ? undefined : spec[list as "tools"][Number(index)];
  if (!item) return pointer;
  const { uri, uriTemplate, name } = item;
  const id = [list === "resources" && uri, list === "resourceTemplates" && uriTemplate, name];
  return `/${list}${pointerStep(id.find((one) => typeof one === "string") ?? index)}${rest}`;
}
