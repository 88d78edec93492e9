import { describe, expect, it } from "vitest";
import { openLock } from "../../ir/lock.js";
import { inOrder } from "../../ir/order.js";
import { keptSpec } from "../../testing/snapshot.js";
import { emit } from "./emit.js";
import { parseOptions } from "./options.js";

const TYPE = String.raw`(?:map<string, [.\w]+>|(?:optional |repeated )?[.\w]+)`;
const STRING = String.raw`"(?:[^"\\]|\\["\\])*"`;

/** Every line that the printer can make. A text that got out of its place makes one that is none of these. */
const LINES: readonly RegExp[] = [
  /^$/,
  /^ *\/\/(?: .*)?$/,
  /^syntax = "proto3";$/,
  /^package [a-z0-9_.]+;$/,
  /^import "[a-z0-9_/]+\.proto";$/,
  /^(?:service|message|enum) [A-Z]\w* \{\}?$/,
  /^ {2}oneof kind \{$/,
  /^ {2}rpc [A-Z]\w*\([.\w]+\) returns \([.\w]+\)(?:;| \{)$/,
  /^ {4}option idempotency_level = [A-Z_]+;$/,
  /^ {0,2}\}$/,
  /^ {2}[A-Z][A-Z0-9_]* = \d+;$/,
  new RegExp(
    String.raw`^ {2,4}${TYPE} [a-z]\w* = \d+(?: \[(?:json_name = ${STRING})?(?:, )?(?:deprecated = true)?\])?;$`,
  ),
];

describe.each(["hostile", "names", "schemas", "drifting", "minimal", "paged", "everything"])("%s", (fixture) => {
  it.each([{}, { layout: "single" }, { "explicit-null": "none" }])(
    "has no line of its own making with %s",
    async (options) => {
      const files = emit(inOrder(await keptSpec(fixture)), parseOptions(options), { lock: openLock() });
      const protos = files.filter(({ path }) => path.endsWith(".proto"));
      expect(protos.length).toBeGreaterThan(0);
      expect(files.filter(({ path }) => !/^(?:[a-z0-9_]+\/)*[a-z0-9_]+\.(?:proto|yaml)$/.test(path))).toEqual([]);
      const odd = protos.flatMap(({ contents }) =>
        contents.split("\n").filter((line) => !LINES.some((one) => one.test(line))),
      );
      expect(odd).toEqual([]);
      expect(
        protos.filter(({ contents }) =>
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\ud800-\udfff]/.test(
            contents.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ""),
          ),
        ),
      ).toEqual([]);
    },
  );
});
