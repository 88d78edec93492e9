import { describe, expect, it } from "vitest";
import { RuntimeError } from "../../runtime/core/errors.js";
import { readList, type PageOptions } from "./pages.js";

interface Case {
  readonly name: string;
  /** Answer to each request in turn; the last one repeats. An error is thrown. */
  readonly given: readonly unknown[];
  readonly options?: Partial<PageOptions>;
  readonly want: {
    readonly items: readonly unknown[];
    readonly cursors: readonly unknown[];
    readonly codes: readonly string[];
    readonly text?: RegExp;
  };
}

const page = (items: readonly unknown[], nextCursor?: unknown): object => ({ tools: items, nextCursor });
const failed = new RuntimeError("remote", "boom\u202e\nbad", { rpcError: { code: -32603, message: "boom" } });

const CASES: readonly Case[] = [
  { name: "one page", given: [page([1, 2])], want: { items: [1, 2], cursors: [undefined], codes: [] } },
  {
    name: "three pages, one cursor of them empty",
    given: [page([1], "a"), page([2], ""), page([3])],
    want: { items: [1, 2, 3], cursors: [undefined, "a", ""], codes: [] },
  },
  { name: "a null cursor ends", given: [page([1], null)], want: { items: [1], cursors: [undefined], codes: [] } },
  {
    name: "a cursor that is no string",
    given: [page([1], 7)],
    want: { items: [1], cursors: [undefined], codes: ["cursor-invalid"], text: /page 2 is a number/ },
  },
  {
    name: "a cursor that leads to itself",
    given: [page([1], "a"), page([2], "a")],
    want: { items: [1, 2], cursors: [undefined, "a"], codes: ["cursor-loop"], text: /"a"/ },
  },
  {
    name: "an empty cursor that leads to itself",
    given: [page([1], "")],
    want: { items: [1, 1], cursors: [undefined, ""], codes: ["cursor-loop"] },
  },
  {
    name: "cursors in a circle",
    given: [page([1], "a"), page([2], "b"), page([3], "a")],
    want: { items: [1, 2, 3], cursors: [undefined, "a", "b"], codes: ["cursor-loop"] },
  },
  {
    name: "an error on page 2 keeps page 1, its text printable",
    given: [page([1], "a"), failed],
    want: {
      items: [1],
      cursors: [undefined, "a"],
      codes: ["list-failed"],
      text: /page 2 failed: boom\\u\{202e\}\\u\{a\}bad$/,
    },
  },
  ...[null, 7, [], {}, { tools: {} }, { tools: null }].map((result): Case => ({
    name: `a result without an array: ${JSON.stringify(result)}`,
    given: [result],
    want: { items: [], cursors: [undefined], codes: ["list-failed"], text: /no array "tools"/ },
  })),
  {
    name: "too many items",
    given: [page([1, 2, 3], "a"), page([4, 5, 6])],
    options: { limits: { maxPages: 9, maxItems: 4 } },
    want: { items: [1, 2, 3, 4], cursors: [undefined, "a"], codes: ["list-truncated"], text: /first 4 items/ },
  },
  {
    name: "exactly as many items as may be",
    given: [page([1, 2])],
    options: { limits: { maxPages: 9, maxItems: 2 } },
    want: { items: [1, 2], cursors: [undefined], codes: [] },
  },
  {
    name: "too many bytes in all",
    given: [page(["x".repeat(60)], "a"), page(["y".repeat(60)])],
    options: { budget: { leftBytes: 100 } },
    want: { items: ["x".repeat(60)], cursors: [undefined, "a"], codes: ["list-truncated"], text: /page 2 is left out/ },
  },
];

async function read(
  given: readonly unknown[],
  options: Partial<PageOptions> = {},
): Promise<Case["want"] & { steps: string[] }> {
  const cursors: unknown[] = [];
  const steps: string[] = [];
  const list = await readList({
    method: "tools/list",
    member: "tools",
    budget: { leftBytes: 1_000_000 },
    ask: ({ cursor }, step) => {
      const answer = given[Math.min(cursors.length, given.length - 1)];
      cursors.push(cursor);
      steps.push(step);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    ...options,
  });
  return {
    items: list.items,
    cursors,
    steps,
    codes: list.diagnostics.map(({ code, message }) => `${code} ${message}`),
  };
}

describe("readList", () => {
  it.each(CASES)("$name", async ({ given, options, want }) => {
    const got = await read(given, options);
    expect(got.items).toEqual(want.items);
    expect(got.cursors).toEqual(want.cursors);
    expect(got.codes.map((text) => text.split(" ")[0])).toEqual(want.codes);
    if (want.text) expect(got.codes[0]).toMatch(want.text);
  });

  it("stops after the last page it may read, whatever the server says", async () => {
    let n = 0;
    const list = await readList({
      method: "tools/list",
      member: "tools",
      budget: { leftBytes: 1_000_000 },
      limits: { maxPages: 5, maxItems: 1_000 },
      ask: () => Promise.resolve(page([n], `c${++n}`)),
    });
    expect(list.items).toEqual([0, 1, 2, 3, 4]);
    expect(list.diagnostics).toMatchObject([{ severity: "warning", code: "list-truncated", pointer: "/tools" }]);
  });

  it("names the page in each step", async () => {
    expect((await read([page([1], "a"), page([2], "b"), page([3])])).steps).toEqual([
      "tools/list",
      "tools/list page 2",
      "tools/list page 3",
    ]);
  });

  it.each(["closed", "canceled"] as const)("throws %s: there is nobody to ask any more", async (code) => {
    await expect(read([new RuntimeError(code, "gone")])).rejects.toMatchObject({ code });
  });
});
