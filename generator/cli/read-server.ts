import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { printable } from "../../runtime/core/log.js";
import { reasonOf } from "../config/load.js";
import { GeneratorError } from "../errors.js";
import { cacheKey, readCache, writeCache } from "../introspect/cache.js";
import { introspect } from "../introspect/introspect.js";
import { lockedSpec, looksLikeLock, parseLock } from "../ir/lock-file.js";
import { readSpec } from "../ir/read.js";
import type { ServerSpec } from "../ir/spec.js";
import type { Invocation } from "./commands.js";
import { notLocked } from "./lock-refusal.js";
import { askingOptions, backendOf } from "./reach.js";
import { MAX_TEXT_BYTES, readStream, tooLarge } from "./read-stream.js";
import type { LiveTarget, Server } from "./target.js";

/** How long a server that was asked is not asked again: long enough for the next command, too short to hide tomorrow's server. */
const CACHE_MAX_AGE_MS = 10 * 60_000;

/**
 * What a server offers: from its file, from the cache, or by asking it. `fresh` asks in any case.
 * Throws what introspection throws, and GeneratorError `spec` on a file that describes no server.
 */
export async function readServer(
  server: Server,
  invocation: Invocation,
  { fresh = false }: { readonly fresh?: boolean } = {},
): Promise<ServerSpec> {
  const { flags, print } = invocation;
  const { label, name, target, era = "auto" } = server;
  if (target.kind === "spec") return readSpecFile(target.path, name, invocation);
  const options = askingOptions(server, invocation);
  const cached = !flags.flag("no-cache");
  const { log } = print;
  const key = cached ? cacheKey({ ...(await describe(target)), era }) : "";
  if (cached && !fresh && !flags.flag("refresh")) {
    const kept = await readCache(key, { log, maxAgeMs: CACHE_MAX_AGE_MS });
    if (kept) {
      print.note(
        print.errPaint.dim(
          `${label} was asked less than ${CACHE_MAX_AGE_MS / 60_000} minutes ago; --refresh asks again`,
        ),
      );
      return kept;
    }
  }
  print.progress(`asking ${label} …`);
  const spec = await introspect(await backendOf(target, { log }), options);
  if (cached) await writeCache(key, spec, { log });
  return spec;
}

/** The whole backend, for the cache. An argument that is a file (`node server.js`) counts with its age, so that an edited server is asked again. */
async function describe(target: LiveTarget): Promise<LiveTarget> {
  if (target.kind !== "stdio") return target;
  const ages = await Promise.all(
    target.argv.map((word) =>
      stat(resolve(target.cwd, word)).then(
        ({ mtimeMs }) => [String(mtimeMs)],
        () => [],
      ),
    ),
  );
  return { ...target, argv: [...target.argv, ...ages.flat()] };
}

async function readSpecFile(
  path: string,
  server: string | undefined,
  { stdin, signal, flags }: Invocation,
): Promise<ServerSpec> {
  const shown = path === "-" ? "stdin" : path;
  let text: string;
  try {
    text = path === "-" ? await readStream(stdin, signal) : await readBounded(path);
  } catch (error) {
    if (error instanceof GeneratorError || signal.aborted) throw error;
    throw new GeneratorError("usage", `cannot read the spec ${shown}`, {
      why: reasonOf(error),
      hint: "check the path",
      cause: error,
    });
  }
  if (looksLikeLock(text)) return fromLock(text, shown, server);
  const target = flags.has("spec") ? flags.text("target") : undefined;
  if (target !== undefined)
    throw new GeneratorError("usage", `${printable(target, 80)} names no server: ${shown} is the spec of one`, {
      why: "a name picks one of the servers of a config or a lock",
      hint: "leave it out",
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new GeneratorError("spec", `${shown} holds no valid JSON`, {
      why: error instanceof Error ? error.message : String(error),
      hint: "make one with mcpgen inspect --json --output spec.json",
      cause: error,
    });
  }
  return readSpec(json, shown);
}

/** One of the servers of a lock, the only one if none is named. */
function fromLock(text: string, shown: string, server: string | undefined): ServerSpec {
  const servers = new Map(Object.entries(parseLock(text, shown).servers));
  const name = server ?? (servers.size === 1 ? [...servers.keys()][0] : undefined);
  const locked = name === undefined ? undefined : servers.get(name);
  if (!locked) throw notLocked(name, { shown, isThere: true, servers: [...servers.keys()] });
  return lockedSpec(locked);
}

async function readBounded(path: string): Promise<string> {
  if ((await stat(path)).size > MAX_TEXT_BYTES) throw tooLarge(path);
  return readFile(path, "utf8");
}
