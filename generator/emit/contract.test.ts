import { beforeAll, describe, expect, test } from "vitest";
import { GeneratorError } from "../errors.js";
import { generate } from "../generate.js";
import { openLock } from "../ir/lock.js";
import type { ServerSpec } from "../ir/spec.js";
import { keptSpec } from "../testing/snapshot.js";
import type { Emitter } from "./emitter.js";

let spec: ServerSpec;
beforeAll(async () => {
  spec = await keptSpec("everything");
});

/** A plug-in's emitter: what the compiler would refuse can come from one. */
const plugin = (emit: (...given: never[]) => unknown, more: object = {}): Emitter =>
  ({ api: 1, name: "mine", summary: "Mine", parseOptions: () => ({}), emit, ...more }) as Emitter;
const run = (emitter: Emitter, name = "mine"): Promise<unknown> =>
  generate({ spec, emitters: [{ emitter: { ...emitter, name }, options: {} }] });
const files = (...all: unknown[]): Emitter => plugin(() => Promise.resolve(all));
const throwing = (thrown: unknown): Emitter =>
  plugin(() => {
    throw thrown;
  });

describe("what an emitter returns and throws", () => {
  test.each<{ name: string; given: Emitter; text: string; why: string }>([
    {
      name: "nothing",
      given: plugin(() => undefined),
      text: "the emitter mine returned no list of files",
      why: "emit gave missing",
    },
    {
      name: "a map",
      given: plugin(() => ({})),
      text: "the emitter mine returned no list of files",
      why: "emit gave an object",
    },
    {
      name: "a list of nothing",
      given: files(null),
      text: "the emitter mine returned what is no file",
      why: "file number 1 is null",
    },
    {
      name: "a hole",
      given: plugin(() => new Array<unknown>(1)),
      text: "the emitter mine returned what is no file",
      why: "file number 1 is missing",
    },
    {
      name: "no contents",
      given: files({ path: "a.txt", content: "" }),
      text: "the emitter mine returned what is no file",
      why: "the contents of file number 1 is missing",
    },
    {
      name: "carriage returns",
      given: files({ path: "a.txt", contents: "a\r\n" }),
      text: 'the emitter mine made a text with carriage returns: "a.txt"',
      why: "lines end with a line feed alone",
    },
    {
      name: "bytes",
      given: files({ path: "a.txt", contents: Buffer.from("x") }),
      text: "the emitter mine returned what is no file",
      why: "the contents of file number 1 is an object",
    },
    {
      name: "a flag that is none",
      given: files({ path: "a.txt", contents: "", once: "yes" }),
      text: "the emitter mine returned what is no file",
      why: "the once of file number 1 is a string",
    },
    {
      name: "an absolute path",
      given: files({ path: "/etc/x", contents: "" }),
      text: 'the emitter mine wants to write "/etc/x"',
      why: "an empty part is no part of a portable path",
    },
    {
      name: "a path upwards",
      given: files({ path: "a/../../x", contents: "" }),
      text: 'the emitter mine wants to write "a/../../x"',
      why: '".." is no part',
    },
    {
      name: "a path of Windows",
      given: files({ path: "a\\b", contents: "" }),
      text: "the emitter mine wants to write",
      why: "is no part",
    },
    {
      name: "a path into git",
      given: files({ path: ".git/config", contents: "" }),
      text: "the emitter mine wants to write",
      why: '".git" is no part',
    },
    {
      name: "no path at all",
      given: files({ path: "", contents: "" }),
      text: 'the emitter mine wants to write ""',
      why: "an empty part",
    },
    {
      name: "one path twice",
      given: files({ path: "a.txt", contents: "" }, { path: "A.txt", contents: "" }),
      text: 'the emitter mine makes "A.txt" twice',
      why: "one would overwrite the other",
    },
    {
      name: "half a character",
      given: files({ path: "a.txt", contents: "\ud83e" }),
      text: 'the emitter mine made a text that is no UTF-8: "a.txt"',
      why: "half a surrogate pair",
    },
    { name: "an Error", given: throwing(new Error("boom")), text: "the emitter mine failed", why: "boom" },
    { name: "a text", given: throwing("boom\u0007"), text: "the emitter mine failed", why: 'it threw "boom' },
    {
      name: "nothing, thrown",
      given: throwing(undefined),
      text: "the emitter mine failed",
      why: "it threw missing, which is no Error",
    },
    {
      name: "what has no text",
      given: throwing(Object.create(null)),
      text: "the emitter mine failed",
      why: "it threw an object, which is no Error",
    },
    {
      name: "a rejection",
      given: plugin(() => Promise.reject(new TypeError("later"))),
      text: "the emitter mine failed",
      why: "later",
    },
    {
      name: "a change of the spec",
      given: plugin((it: { tools: unknown[] }) => it.tools.push(1)),
      text: "the emitter mine failed",
      why: "not extensible",
    },
    {
      name: "a change deep in the spec",
      given: plugin((it: { tools: { inputSchema: { type: string } }[] }) => {
        for (const tool of it.tools) tool.inputSchema.type = "string";
      }),
      text: "the emitter mine failed",
      why: "read only",
    },
    {
      name: "a change of the context",
      given: plugin((_: never, __: never, context: { lock: { names: unknown } }) => {
        context.lock.names = () => [];
      }),
      text: "the emitter mine failed",
      why: "read only",
    },
    {
      name: "names of another emitter",
      given: plugin((_: never, __: never, { lock }: { lock: ReturnType<typeof openLock> }) =>
        lock.names({ target: "graphql", owner: "types" }, []),
      ),
      text: 'the emitter mine asks for names of "graphql"',
      why: "mine, routes, typescript",
    },
    {
      name: "a syntax error",
      given: files({ path: "a.json", contents: "{" }),
      text: "emitter mine: generated a.json has a syntax error",
      why: "",
    },
  ])("$name", async ({ given, text, why }) => {
    const error = await run(given).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(GeneratorError);
    expect(error).toMatchObject({
      text: expect.stringContaining(text) as string,
      why: expect.stringContaining(why) as string,
    });
  });

  test("its own GeneratorError passes as it is", async () => {
    const own = new GeneratorError("emit", "tool x has no y", { pointer: "/tools/0" });
    await expect(run(throwing(own))).rejects.toBe(own);
  });

  test.each<{ name: string; parseOptions: () => unknown; want: object }>([
    {
      name: "throws",
      parseOptions: () => {
        throw Object.create(null);
      },
      want: { code: "option", text: "the emitter mine cannot read its options" },
    },
    {
      name: "waits",
      parseOptions: () => Promise.resolve({}),
      want: { code: "emit", why: "parseOptions returned a promise" },
    },
  ])("parseOptions that $name", async ({ parseOptions, want }) => {
    await expect(run(plugin(() => [], { parseOptions }))).rejects.toMatchObject(want);
  });

  test("two emitters and one path", async () => {
    const emitter = files({ path: "a.txt", contents: "" });
    const emitters = ["one", "two"].map((name) => ({ emitter: { ...emitter, name }, options: {} }));
    await expect(generate({ spec, emitters })).rejects.toMatchObject({ text: "emitters one and two both make a.txt" });
  });

  test("what is good: formatted by its extension, without members that are not in the contract", async () => {
    const given = files(
      { path: "b/x.json", contents: '{"a":1}', extra: 1 },
      { path: "a.py", contents: "x  =  1\n", once: true },
    );
    expect(await run(given)).toEqual([
      { path: "a.py", contents: "x  =  1\n", once: true },
      { path: "b/x.json", contents: '{ "a": 1 }\n' },
    ]);
  });

  test("names of its own are kept in the lock", async () => {
    const lock = openLock();
    const emitter = plugin((_: never, __: never, context: { lock: typeof lock }) => {
      const [first] = context.lock.names({ target: "mine", owner: "types" }, [{ key: "/tools/echo", base: "Echo" }]);
      return [{ path: "a.txt", contents: `${first ?? ""}\n` }];
    });
    expect(await generate({ spec, emitters: [{ emitter, options: {} }], lock })).toEqual([
      { path: "a.txt", contents: "Echo\n" },
    ]);
    expect(lock.settled(new Set(["/tools/echo"])).names).toEqual({ mine: { types: { "/tools/echo": "Echo" } } });
  });
});
