import { spawn, type ChildProcess } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { EmitTarget } from "../emit/emitter.js";
import { projectEmitter } from "../emitters/project/project.js";
import { generate } from "../generate.js";
import type { ServerSpec } from "../ir/spec.js";
import { buildProject } from "../output/build.js";
import { writeOutput } from "../output/write.js";
import type { Wire } from "./matrix-wire.js";

export interface BundleInput {
  /** Of its folder. */
  readonly name: string;
  readonly spec: ServerSpec;
  /** Of the project emitter. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly target?: EmitTarget;
  /** Contents of src/hooks.ts. */
  readonly hooks?: string;
}

export interface ProxyBundle {
  /** The project. */
  readonly dir: string;
  /** Another folder, with nothing but `proxy.mjs` in it. */
  readonly alone: string;
  readonly bytes: number;
}

/** Generates a project below `folder`, bundles it, and copies the bundle alone into an empty folder. */
export async function bundleProxy(folder: string, input: BundleInput): Promise<ProxyBundle> {
  const { name, spec, options = {}, target, hooks } = input;
  const dir = join(folder, name);
  const emitters = [{ emitter: projectEmitter, options }];
  await writeOutput(dir, await generate({ spec, emitters, ...(target && { target }) }));
  if (hooks !== undefined) await writeFile(join(dir, "src/hooks.ts"), hooks);
  const { path, bytes } = await buildProject(dir, { release: true });
  const alone = join(folder, `${name}-alone`);
  await mkdir(alone);
  await copyFile(path, join(alone, "proxy.mjs"));
  return { dir, alone, bytes };
}

export interface StartedBundle {
  readonly child: ChildProcess;
  /** Where it listens, in its own order; nothing if it ended before it listened. */
  readonly addresses: readonly string[];
  readonly stderr: () => string;
  readonly exited: Promise<number | null>;
  stop(): Promise<unknown>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** How many addresses to wait for. */
  readonly listens?: number;
}

/** Starts a bundle with nothing of our environment but PATH and the temporary folder, and waits until it listens or has ended. */
export async function startBundle(
  alone: string,
  args: readonly string[],
  { env = {}, listens = 1 }: StartOptions = {},
): Promise<StartedBundle> {
  const child = spawn(process.execPath, ["proxy.mjs", ...args], {
    cwd: alone,
    env: { PATH: process.env["PATH"], TMPDIR: process.env["TMPDIR"], PORT: "0", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const addresses = await new Promise<readonly string[]>((resolve) => {
    child.once("close", () => resolve([]));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      const found = [...said.matchAll(/^listening on (\S+)$/gm)].map(([, address = ""]) => address);
      if (found.length >= listens) resolve(found);
    });
  });
  return {
    child,
    addresses,
    stderr: () => said,
    exited,
    stop() {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

/** The official client's transport on a wire of ours. */
export function overWire(wire: Wire): Transport {
  const transport: Transport = {
    start: () => Promise.resolve(),
    send: (message) => wire.send(JSON.stringify(message)),
    async close() {
      await wire.close();
      transport.onclose?.();
    },
  };
  wire.onText = (text) => transport.onmessage?.(JSON.parse(text) as never);
  return transport;
}
