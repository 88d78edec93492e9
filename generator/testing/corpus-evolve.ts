import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { GeneratorError } from "../errors.js";
import { openLock, type Settled } from "../ir/lock.js";
import { itemKeys } from "../ir/route.js";
import type { ServerSpec } from "../ir/spec.js";
import type { NamedSpec } from "./corpus-spec.js";
import { randomOf, stepsOf } from "./evolve.js";
import { protoBreakingFaults, protoBuildFaults, type ProtoFault } from "./gate-protobuf.js";
import { schemaOutput } from "./schema-output.js";
import { namesOfTools, type ToolNames } from "./stable-name.js";

export interface EvolveReport {
  /** In the order of the steps. */
  readonly steps: readonly { readonly name: string; readonly tools: number; readonly reserved: number }[];
  /** Tools that were seen again with the contract that they had before: their names were compared. */
  readonly survivors: number;
  readonly errors: readonly string[];
}

interface State {
  readonly name: string;
  readonly seed: number;
  readonly first: ServerSpec;
  spec: ServerSpec;
  settled: Settled | undefined;
  /** All names seen so far, by contract. */
  readonly names: Map<string, ToolNames>;
}

/**
 * Changes all servers step by step, each with the lock of the step before, and holds every schema against its predecessor and the very first:
 * `buf breaking` WIRE_JSON finds nothing, and a tool that is as it was is called what it was called.
 */
export async function evolveGate(
  specs: readonly NamedSpec[],
  folder: string,
  { forgets = false }: { /** Without the lock, to see that it is the lock. */ readonly forgets?: boolean } = {},
): Promise<EvolveReport> {
  const errors: string[] = [];
  const states = specs.map(({ name, spec }, i): State => {
    return { name, seed: i + 1, first: spec, spec, settled: undefined, names: new Map() };
  });
  const all = ["as it is", ...stepsOf(EMPTY).map(({ name }) => name)];
  const steps: { name: string; tools: number; reserved: number }[] = [];
  let survivors = 0;
  for (const [i, name] of all.entries()) {
    const root = join(folder, `step-${i}`);
    const step = { name, tools: 0, reserved: 0 };
    steps.push(step);
    for (const state of states) {
      try {
        const change = i === 0 ? undefined : stepsOf(state.first)[i - 1];
        if (change) state.spec = change.change(state.spec, randomOf(state.seed * 100 + i));
        if (forgets) state.settled = undefined;
        const made = await settle(state, root);
        step.tools += state.spec.tools.length;
        step.reserved += made.reserved;
        survivors += made.survivors;
        errors.push(...made.errors.map((text) => `${state.name}, ${name}: ${text}`));
      } catch (error) {
        errors.push(`${state.name}, ${name}: ${GeneratorError.from(error).message}`);
      }
    }
    const tell = (against: string, faults: readonly ProtoFault[]): void => {
      errors.push(...faults.map(({ text }) => `buf, ${name}, against ${against}: ${text}`));
    };
    tell("nothing", await protoBuildFaults(root, imageOf(folder, i)));
    if (i > 0)
      tell(
        "the one before",
        await protoBreakingFaults(root, { image: imageOf(folder, i - 1), comesBack: i === all.length - 1 }),
      );
    if (i > 1) tell("the first", await protoBreakingFaults(root, { image: imageOf(folder, 0) }));
  }
  return { steps, survivors, errors };
}

const imageOf = (folder: string, step: number): string => join(folder, `step-${step}.binpb`);
const EMPTY = {} as ServerSpec;

interface Settling {
  readonly reserved: number;
  readonly survivors: number;
  readonly errors: readonly string[];
}

/** Emits one server with the lock of the step before, and compares names. */
async function settle(state: State, root: string): Promise<Settling> {
  const { spec, names, seed } = state;
  const book = openLock(state.settled, itemKeys(spec));
  const output = await schemaOutput(spec, { lock: book, package: `mcpgen.server${seed}.v1` });
  let reserved = 0;
  for (const [path, text] of output.proto) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    reserved += text.match(/^ *reserved \d/gm)?.length ?? 0;
  }
  const errors: string[] = [];
  let survivors = 0;
  for (const [contract, now] of namesOfTools(spec, output, book)) {
    const before = names.get(contract);
    if (before) {
      survivors++;
      errors.push(...differences(before, now));
    } else names.set(contract, now);
  }
  state.settled = book.settled(itemKeys(spec));
  return { reserved, survivors, errors };
}

function differences(before: ToolNames, now: ToolNames): string[] {
  return Object.entries(before).flatMap(([language, names]) => {
    const other = now[language] ?? [];
    const gone = names.filter((name) => !other.includes(name));
    const fresh = other.filter((name) => !names.includes(name));
    return gone.length + fresh.length === 0
      ? []
      : [`${language}: ${names[0] ?? ""}: not ${gone.slice(0, 3).join(", ")} but ${fresh.slice(0, 3).join(", ")}`];
  });
}
