import { describe, expect, test } from "vitest";
import { readExact } from "../exact.js";
import { paint } from "../paint.js";
import type { Answer } from "./verify-ask.js";
import { isCompared, judge, type Verdict } from "./verify-judge.js";
import { humanReport } from "./verify-report.js";

const SAID: Answer = { said: readExact('{"result":{}}') };
const GONE: Answer = { failed: "it is gone" };
const LATE: Answer = { failed: "it took too long" };
const UNKNOWN: Answer = { said: readExact('{"error":{"code":-32601,"message":"no"}}') };

test.each([
  { name: "the same", direct: SAID, proxied: SAID, want: { outcome: "same" }, compared: true },
  { name: "nobody", direct: GONE, proxied: LATE, want: { outcome: "no answer" }, compared: false },
  { name: "only the server", direct: SAID, proxied: GONE, want: { outcome: "different" }, compared: true },
  { name: "only the proxy", direct: GONE, proxied: SAID, want: { outcome: "different" }, compared: true },
  { name: "no such method", direct: UNKNOWN, proxied: UNKNOWN, want: { outcome: "not offered" }, compared: false },
])("$name answers: $want.outcome", ({ direct, proxied, want, compared }) => {
  const reference = { era: "legacy", steps: [{ method: "tools/list" }], answers: [direct] } as const;
  const verdicts = judge(reference, [proxied], { frontend: "http", era: "legacy", ignore: [] });
  expect(verdicts).toMatchObject([want]);
  expect(verdicts.map(isCompared)).toEqual([compared]);
  expect(verdicts[0]?.reasons).toEqual(
    want.outcome === "no answer" ? { direct: "it is gone", proxied: "it took too long" } : undefined,
  );
});

describe("what is told of questions that nobody answers", () => {
  const told = (answers: readonly (readonly [Answer, Answer])[]): string => {
    const steps = answers.map((_, i) => ({ method: `m${i}` }));
    const reference = { era: "legacy", steps, answers: answers.map(([direct]) => direct) } as const;
    const proxied = answers.map(([, one]) => one);
    const verdicts: readonly Verdict[] = judge(reference, proxied, { frontend: "http", era: "legacy", ignore: [] });
    return humanReport({ verdicts, unspoken: [] }, paint(false));
  };

  test("they do not count", () => {
    const text = told([
      [SAID, SAID],
      [GONE, LATE],
      [LATE, LATE],
    ]);
    expect(text).toMatch(/^m1 +no answer$/m);
    expect(text).toMatch(
      /no answer on either side: 2, the first m1: it is gone\n\nthe proxy .*: 1 answers compared\n$/,
    );
  });

  test("they prove nothing", () => {
    expect(told([[GONE, LATE]])).toMatch(/\n\nnothing could be compared\n$/);
  });
});
