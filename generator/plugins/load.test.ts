import { describe, expect, test } from "vitest";
import type { Emitter } from "../emit/emitter.js";
import { loadEmitter } from "./load.js";

const good = {
  api: 1,
  name: "my-emitter",
  summary: "Makes a thing",
  parseOptions: () => ({}),
  emit: () => Promise.resolve([]),
} satisfies Emitter;
const options = (module: Record<string, unknown>) => ({ builtIn: [good], importModule: () => Promise.resolve(module) });

describe("loadEmitter", () => {
  test("by name, without a look at modules", async () => {
    const importModule = () => Promise.reject(new Error("must not be read"));
    expect(await loadEmitter("my-emitter", { builtIn: [good], importModule })).toBe(good);
  });

  test("by module", async () => {
    const other = { ...good, name: "other" };
    const emitter = await loadEmitter(
      "./other.mjs",
      options({ default: { ...other, options: { key: "what it does" } } }),
    );
    expect(emitter).toMatchObject({
      api: 1,
      name: "other",
      summary: "Makes a thing",
      options: { key: "what it does" },
    });
  });

  test("keeps `this`, and reads no member twice", async () => {
    let reads = 0;
    class Counting {
      readonly api = 1;
      readonly summary = "Counts";
      readonly prefix = "p-";
      get name(): string {
        reads++;
        return "counting";
      }
      parseOptions(): string {
        return this.prefix;
      }
      emit(): Promise<[]> {
        return Promise.resolve([]);
      }
    }
    const emitter = await loadEmitter("./other.mjs", options({ default: new Counting() }));
    expect([emitter.name, emitter.name, emitter.parseOptions({}), reads]).toEqual(["counting", "counting", "p-", 1]);
  });

  test.each([
    { name: "no default export", module: { emitter: good }, why: "it has no default export" },
    { name: "a function", module: { default: () => good }, why: "its default export is no object" },
    { name: "another contract", module: { default: { ...good, api: 2 } }, why: "its api is 2; this mcpgen speaks 1" },
    { name: "a contract of nonsense", module: { default: { ...good, api: 1n } }, why: "its api is bigint" },
    {
      name: "a member that cannot be read",
      module: {
        default: {
          get api(): never {
            throw new Error("no");
          },
        },
      },
      why: "its members cannot be read",
    },
    {
      name: "options that are no texts",
      module: { default: { ...good, options: { a: 1 } } },
      why: "its options must be an object of one line for each key",
    },
    { name: "no contract", module: { default: { ...good, api: undefined } }, why: "its api is missing" },
    {
      name: "a name with blanks",
      module: { default: { ...good, name: "my emitter" } },
      why: 'its name is "my emitter"; it must be kebab-case',
    },
    {
      name: "a summary of two lines",
      module: { default: { ...good, summary: "a\nb" } },
      why: "its summary must be one line",
    },
    {
      name: "no parseOptions",
      module: { default: { ...good, parseOptions: undefined } },
      why: "it has no function parseOptions",
    },
    { name: "no emit", module: { default: { ...good, emit: "x" } }, why: "it has no function emit" },
  ])("refuses: $name", async ({ module, why }) => {
    await expect(loadEmitter("./other.mjs", options(module))).rejects.toMatchObject({
      code: "config",
      text: "./other.mjs is no emitter",
      why: expect.stringContaining(why) as string,
    });
  });
});
