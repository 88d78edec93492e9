import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openLock, type LockBook, type NameRules, type Settled, type Wish } from "./lock.js";
import { parseLive, parseReserved } from "./lock-number.js";

const TYPES = { target: "t", owner: "types" };
const MESSAGE = { target: "t", owner: "/tools/a/input" };
const ITEMS = new Set(["/tools/a", "/tools/b", "/tools/c"]);
/** As the file on disk gives it back. */
const reopened = (book: LockBook, items: ReadonlySet<string> = ITEMS): LockBook =>
  openLock(JSON.parse(JSON.stringify(book.settled(items))) as Settled);
const wish = (key: string, base: string): Wish => ({ key, base });

describe("names", () => {
  test.each<{ name: string; runs: readonly (readonly Wish[])[]; rules?: NameRules; want: readonly string[] }>([
    {
      name: "distinct, in the order of the wishes",
      runs: [[wish("/tools/a", "X"), wish("/tools/b", "X"), wish("/tools/c", "Y")]],
      want: ["X", "X2", "Y"],
    },
    {
      name: "one that is right as it is comes first",
      runs: [[wish("foo-bar", "fooBar"), wish("fooBar", "fooBar")]],
      want: ["fooBar2", "fooBar"],
    },
    {
      name: "what was settled stays when another comes before it",
      runs: [[wish("/tools/b", "X")], [wish("/tools/a", "X"), wish("/tools/b", "X")]],
      want: ["X2", "X"],
    },
    {
      name: "and when the order changes",
      runs: [
        [wish("/tools/a", "X"), wish("/tools/b", "X")],
        [wish("/tools/b", "X"), wish("/tools/a", "X")],
      ],
      want: ["X2", "X"],
    },
    { name: "and when the wish changes", runs: [[wish("/tools/a", "X")], [wish("/tools/a", "Z")]], want: ["X"] },
    {
      name: "one left out keeps its name meanwhile",
      runs: [[wish("/tools/a", "X")], [wish("/tools/b", "X")], [wish("/tools/a", "X"), wish("/tools/b", "X")]],
      want: ["X", "X2"],
    },
    {
      name: "a settled name wins over a later one that is right as it is",
      runs: [[wish("/tools/a", "X")], [wish("/tools/a", "X"), { key: "/tools/b", base: "X", exact: true }]],
      want: ["X", "X2"],
    },
    { name: "the same key is the same name", runs: [[wish("/tools/a", "X"), wish("/tools/a", "X")]], want: ["X", "X"] },
    {
      name: "taken ones, and tries of one's own",
      runs: [[wish("/tools/a", "class"), wish("/tools/b", "class")]],
      rules: { taken: ["class"], nth: (base, n) => `${base}_v${n}` },
      want: ["class_v2", "class_v3"],
    },
    {
      name: "claims, which two may not share",
      runs: [[wish("/tools/a", "Get"), wish("/tools/b", "GetInput")]],
      rules: { claims: (name) => [name, `${name}Input`] },
      want: ["Get", "GetInput2"],
    },
    {
      name: "keys called like members of Object.prototype",
      runs: [
        [wish("__proto__", "a"), wish("constructor", "a")],
        [wish("constructor", "a"), wish("toString", "a"), wish("__proto__", "a")],
      ],
      want: ["a2", "a3", "a"],
    },
  ])("$name", ({ runs, rules, want }) => {
    let book = openLock();
    let got: readonly string[] = [];
    for (const run of runs) {
      book = reopened(book, new Set(["/tools/a", "/tools/b", "/tools/c"]));
      got = book.names(run.some(({ key }) => !key.startsWith("/")) ? MESSAGE : TYPES, run, rules);
    }
    expect(got).toEqual(want);
  });

  test("no rule can make it try for ever", () => {
    const run = () => openLock().names(TYPES, [wish("/tools/a", "X"), wish("/tools/b", "X")], { nth: (base) => base });
    expect(run).toThrow('no name is free for "X"');
  });

  test("settled: gone with their item, kept where a filter left the item out", () => {
    const first = openLock();
    first.names(TYPES, [
      wish("/tools/a/input", "A"),
      wish("/tools/a/input/properties/x", "AX"),
      wish("/tools/b/input", "B"),
      wish("/tools/c/input", "C"),
    ]);
    first.names({ target: "t", owner: "/tools/b/input" }, [wish("foo-bar", "fooBar")]);
    first.names(MESSAGE, [wish("a-b", "aB"), wish("c-d", "cD")]);
    const book = reopened(first);
    // The filter leaves b out, the server has lost c, and a has lost a type and a member.
    book.names(TYPES, [wish("/tools/a/input", "A")]);
    book.names(MESSAGE, [wish("a-b", "aB")]);
    expect(book.settled(new Set(["/tools/a", "/tools/b"]))).toEqual({
      names: {
        t: {
          types: { "/tools/a/input": "A", "/tools/b/input": "B" },
          "/tools/a/input": { "a-b": "aB" },
          "/tools/b/input": { "foo-bar": "fooBar" },
        },
      },
      numbers: {},
    });
  });

  test("what is gone takes no name from what comes; what a filter leaves out does", () => {
    const first = openLock();
    first.names(TYPES, [wish("/tools/a", "X"), wish("/tools/b", "X")]);
    first.names(MESSAGE, [wish("/tools/b", "slash")]);
    const items = new Set(["/tools/a", "/tools/c"]);
    const now = openLock(first.settled(ITEMS), items);
    expect(now.names(TYPES, [wish("/tools/c", "X")])).toEqual(["X2"]);
    expect(now.names(MESSAGE, [wish("/tools/b", "other")])).toEqual(["slash"]);
    expect(openLock(first.settled(ITEMS)).names(TYPES, [wish("/tools/c", "X")])).toEqual(["X3"]);
  });

  test("settled: a scope that nobody asked for in this run stays", () => {
    const first = openLock();
    first.names({ target: "other", owner: "types" }, [wish("/tools/a", "A")]);
    const book = reopened(first);
    book.names(TYPES, [wish("/tools/a", "A")]);
    expect(Object.keys(book.settled(ITEMS).names)).toEqual(["other", "t"]);
  });

  test("any edits: names are distinct, and who stays keeps theirs", () => {
    const wishes = fc.uniqueArray(
      fc.record({
        key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h").map((id) => `/tools/${id}`),
        base: fc.constantFrom("x", "y", "x2", "__proto__"),
      }),
      { selector: ({ key }) => key, maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.array(wishes, { minLength: 1, maxLength: 6 }), (runs) => {
        let book = openLock();
        let before = new Map<string, string>();
        for (const run of runs) {
          const names = book.names(TYPES, run);
          expect(new Set(names).size).toBe(run.length);
          const now = new Map(run.map(({ key }, i) => [key, names[i] ?? ""]));
          for (const [key, name] of now) if (before.has(key)) expect(name).toBe(before.get(key));
          before = now;
          book = reopened(book, new Set(run.map(({ key }) => key)));
        }
      }),
      { seed: 1 },
    );
  });
});

describe("numbers", () => {
  const field = (key: string, type = "string", base = key) => ({ key, type, base });
  const after = (...runs: (readonly ReturnType<typeof field>[])[]) => {
    let book = openLock();
    let got = book.numbers(MESSAGE, runs[0] ?? []);
    for (const run of runs.slice(1)) {
      book = reopened(book);
      got = book.numbers(MESSAGE, run);
    }
    return {
      fields: got.fields.map(({ name, number }) => `${name} ${number}`),
      reserved: got.reserved.map(({ name, number, key }) => `${name} ${number} ${key}`),
    };
  };

  test.each<{
    name: string;
    runs: (readonly ReturnType<typeof field>[])[];
    fields: readonly string[];
    reserved?: readonly string[];
  }>([
    { name: "from 1 on", runs: [[field("a"), field("b")]], fields: ["a 1", "b 2"] },
    {
      name: "a new one in the middle gets the next",
      runs: [
        [field("a"), field("c")],
        [field("a"), field("b"), field("c")],
      ],
      fields: ["a 1", "b 3", "c 2"],
    },
    {
      name: "one that is gone is reserved",
      runs: [[field("a"), field("b")], [field("b")]],
      fields: ["b 2"],
      reserved: ["a 1 a"],
    },
    {
      name: "its number is not given again, nor its name",
      runs: [[field("a")], [field("b")], [field("b"), field("A", "string", "a")]],
      fields: ["b 2", "a2 3"],
      reserved: ["a 1 a"],
    },
    {
      name: "one that comes back has its old number",
      runs: [[field("a"), field("b")], [field("b")], [field("b"), field("a")]],
      fields: ["b 2", "a 1"],
    },
    {
      name: "with another type it is another one",
      runs: [[field("a")], [field("a", "int32")]],
      fields: ["a2 2"],
      reserved: ["a 1 a"],
    },
    {
      name: "and with the old type again the old one",
      runs: [[field("a")], [field("a", "int32")], [field("a")]],
      fields: ["a 1"],
      reserved: ["a2 2 a"],
    },
    {
      name: "types with blanks, keys with anything",
      runs: [[field("é = 1\n{", "map<string, int32>", "e"), field("__proto__", "repeated string", "p")], []],
      fields: [],
      reserved: ["e 1 é = 1\n{", "p 2 __proto__"],
    },
    {
      name: "values of an enum have no type",
      runs: [[field("A", ""), field("B", "")], [field("B", "")], [field("B", ""), field("A", "")]],
      fields: ["B 2", "A 1"],
    },
    {
      name: "19000 to 19999 belong to protobuf",
      runs: [
        Array.from({ length: 19_001 }, (_, i) => field(`f${i}`)),
        [field("f18998"), field("f18999"), field("f19000")],
      ],
      fields: ["f18998 18999", "f18999 20000", "f19000 20001"],
    },
  ])("$name", ({ runs, fields, reserved }) => {
    const got = after(...runs);
    expect(got.fields).toEqual(fields);
    if (reserved) expect(got.reserved).toEqual(reserved);
  });

  test("are kept for ever, also of items that are gone", () => {
    const book = openLock();
    book.numbers(MESSAGE, [field("a")]);
    expect(reopened(book).settled(new Set()).numbers).toEqual({
      t: { "/tools/a/input": { live: { a: "string a = 1" } } },
    });
  });

  test.each([
    ["two members with one key", [field("a"), field("a")], "twice"],
    ["a name that no line can hold", [field("a", "string", "a b")], "is no name"],
    ["a type that no line can hold", [field("a", "string = 4; x")], "is no type"],
  ])("refuses %s", (_, wishes, text) => {
    expect(() => openLock().numbers(MESSAGE, wishes)).toThrow(text);
  });

  test("lines are read as they were written, and nothing else is", () => {
    expect(parseLive("map<string, int32> counts = 4")).toEqual({
      type: "map<string, int32>",
      name: "counts",
      number: 4,
    });
    expect(parseLive("A = 2")).toEqual({ type: "", name: "A", number: 2 });
    for (const text of ["", "a", "a = 0", "a = 536870912", "a = 1.5", "string a b", "1a = 1"])
      expect(parseLive(text)).toBeUndefined();
    expect(parseReserved(" A the key")).toEqual({ type: "", name: "A", key: "the key" });
    expect(parseReserved("repeated .x.Y items a b")).toEqual({ type: "repeated .x.Y", name: "items", key: "a b" });
    for (const text of ["", "a", "string"]) expect(parseReserved(text)).toBeUndefined();
  });

  test("any edits: no number and no name is ever given to something else", () => {
    const member = fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      type: fc.constantFrom("string", "int32"),
      base: fc.constantFrom("x", "y", "x2"),
    });
    const run = fc.uniqueArray(member, { selector: ({ key }) => key, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 8 }), (runs) => {
        let book = openLock();
        const meaning = new Map<number, string>();
        const nameOf = new Map<string, string>();
        for (const wishes of runs) {
          const { fields, reserved } = book.numbers(MESSAGE, wishes);
          const taken = [...fields, ...reserved];
          expect(new Set(taken.map(({ number }) => number)).size).toBe(taken.length);
          expect(new Set(taken.map(({ name }) => name)).size).toBe(taken.length);
          for (const [i, { key, type }] of wishes.entries()) {
            const { number, name } = fields[i] ?? { number: 0, name: "" };
            const id = `${key} ${type}`;
            expect(meaning.get(number) ?? id).toBe(id);
            expect(nameOf.get(id) ?? name).toBe(name);
            meaning.set(number, id);
            nameOf.set(id, name);
          }
          for (const number of meaning.keys()) expect(taken.map((one) => one.number)).toContain(number);
          book = reopened(book);
        }
      }),
      { seed: 1 },
    );
  });
});
