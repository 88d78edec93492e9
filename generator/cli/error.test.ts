import { describe, expect, test } from "vitest";
import { RuntimeError, type RuntimeErrorCode } from "../../runtime/core/errors.js";
import { GeneratorError, type GeneratorErrorCode } from "../errors.js";
import { failureOf, failureText } from "./error.js";
import { paint } from "./paint.js";

/** Documented and stable: docs/architecture.md, "Names and errors". */
const GENERATOR: Readonly<Record<GeneratorErrorCode, number>> = {
  usage: 2,
  config: 2,
  option: 2,
  spec: 1,
  emit: 1,
  template: 1,
  verify: 1,
  output: 1,
  lock: 2,
  build: 1,
  drift: 1,
  internal: 1,
};

const RUNTIME: Readonly<Record<RuntimeErrorCode, number>> = {
  config: 2,
  bad_message: 1,
  too_large: 1,
  unauthenticated: 4,
  forbidden: 4,
  unknown_session: 3,
  unknown_route: 3,
  overloaded: 3,
  unreachable: 3,
  closed: 3,
  timeout: 3,
  canceled: 130,
  remote: 1,
  internal: 1,
};

describe("failureOf", () => {
  test.each(Object.entries(GENERATOR))("GeneratorError %s exits with %i", (code, exitCode) => {
    const failure = failureOf(new GeneratorError(code as GeneratorErrorCode, "it"));
    expect(failure).toMatchObject({ code, message: "it", exitCode });
    expect(failure.why).not.toBe("");
    expect(failure.hint).not.toBe("");
  });

  test.each(Object.entries(RUNTIME))("RuntimeError %s exits with %i", (code, exitCode) => {
    const failure = failureOf(new RuntimeError(code as RuntimeErrorCode, "it"));
    expect(failure).toMatchObject({ code, message: "it", exitCode });
    expect(failure.why).not.toBe("");
    expect(failure.hint).not.toBe("");
  });

  test.each([
    { name: "a foreign error", thrown: new TypeError("x is no function"), message: "x is no function" },
    { name: "no error at all", thrown: "oops", message: "oops" },
    { name: "nothing", thrown: undefined, message: "undefined" },
  ])("$name is internal", ({ thrown, message }) => {
    expect(failureOf(thrown)).toMatchObject({ code: "internal", message, exitCode: 1 });
  });

  test("foreign text is harmless and takes one line", () => {
    const error = new RuntimeError("closed", "a\u001b[2Jb", { why: "one\r\n\n  two\n", hint: "do\u202eit" });
    expect(failureText(failureOf(error), paint(false))).toBe(
      "error: a\\u{1b}[2Jb\n  why: one | two\n  fix: do\\u{202e}it",
    );
  });

  test("a pointer goes to scripts", () => {
    expect(failureOf(new GeneratorError("config", "it", { pointer: "/outputs/0" }))).toMatchObject({
      pointer: "/outputs/0",
    });
  });
});
