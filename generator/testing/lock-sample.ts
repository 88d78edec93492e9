import { GeneratorError } from "../errors.js";
import { lockServer, parseLock, printLock, settleContract, type LockedFilter } from "../ir/lock-file.js";
import { openLock, type LockBook, type Settled } from "../ir/lock.js";
import { readSpec } from "../ir/read.js";
import { itemKey, itemKeys } from "../ir/route.js";
import type { ServerSpec } from "../ir/spec.js";
import { camel } from "../ir/words.js";

/** A server with these tools: name → properties, all of them strings. */
export function toolServer(tools: Readonly<Record<string, readonly string[]>>): ServerSpec {
  const property = { type: "string", description: "words" };
  return readSpec(
    {
      serverInfo: { name: "demo", version: "1.0.0" },
      capabilities: { tools: { listChanged: true } },
      tools: Object.entries(tools).map(([name, properties]) => ({
        name,
        description: `what ${name} does`,
        inputSchema: { type: "object", properties: Object.fromEntries(properties.map((key) => [key, property])) },
      })),
    },
    "given",
  );
}

/** What an emitter would ask for: a name for each tool, a number for each property of its input. */
export function settleTools(spec: ServerSpec, book: LockBook = openLock()): Settled {
  const wishes = spec.tools.map(({ name }) => ({ key: itemKey("tools", name), base: camel(name, "tool") }));
  book.names({ target: "graphql", owner: "types" }, wishes);
  for (const { name, inputSchema } of spec.tools) {
    const fields = Object.keys((inputSchema["properties"] ?? {}) as object);
    book.numbers(
      { target: "protobuf", owner: itemKey("tools", name) },
      fields.map((key) => ({ key, base: camel(key, "field"), type: "string" })),
    );
  }
  return book.settled(itemKeys(spec));
}

/** Text of a lock with this one server, `demo`. */
export const lockText = (spec: ServerSpec, settled?: Settled, filters?: Record<string, LockedFilter>): string =>
  printLock({ lockVersion: 1, servers: { demo: lockServer(settleContract(spec), settled, filters) } });

/** Why a text is no lock. Throws where it is one. */
export function lockRefusal(text: string): GeneratorError {
  try {
    parseLock(text, "mcpgen.lock");
  } catch (error) {
    if (error instanceof GeneratorError && error.code === "lock") return error;
    throw error;
  }
  throw new Error("the lock was taken");
}
