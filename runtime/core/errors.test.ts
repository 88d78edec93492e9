import { describe, expect, it } from "vitest";
import { RuntimeError, httpStatus, rpcErrorOf, type RuntimeErrorCode } from "./errors.js";

describe("RuntimeError", () => {
  it("shows code and text, keeps the rest", () => {
    const cause = new Error("x");
    const error = new RuntimeError("timeout", "too slow", { cause, why: "w", hint: "h", status: 504 });
    expect(error).toMatchObject({
      message: "[timeout] too slow",
      text: "too slow",
      cause,
      why: "w",
      hint: "h",
      status: 504,
    });
    expect("cause" in new RuntimeError("closed", "x")).toBe(false);
  });

  const reason = new RuntimeError("timeout", "slow");
  const abort = (cause: unknown): Error => Object.assign(new Error("aborted", { cause }), { name: "AbortError" });
  it.each([
    { name: "itself", given: reason, want: { code: "timeout", text: "slow" } },
    { name: "an abort with a reason of ours", given: abort(reason), want: { code: "timeout", text: "slow" } },
    { name: "another abort", given: abort("x"), want: { code: "canceled" } },
    { name: "a DOMException", given: new DOMException("x", "AbortError"), want: { code: "canceled" } },
    { name: "an Error", given: new TypeError("boom"), want: { code: "internal", text: "boom" } },
    { name: "something thrown", given: "boom", want: { code: "internal", text: "boom" } },
    { name: "nothing", given: undefined, want: { code: "internal" } },
  ])("from $name", ({ given, want }) => expect(RuntimeError.from(given)).toMatchObject(want));

  it("takes the code it is told for foreign errors alone", () => {
    expect(RuntimeError.from(new Error("x"), "unreachable").code).toBe("unreachable");
    expect(RuntimeError.from(reason, "unreachable")).toBe(reason);
  });
});

describe("on the wire", () => {
  const rows: [RuntimeErrorCode, number, number][] = [
    ["bad_message", 400, -32600],
    ["too_large", 413, -32600],
    ["unauthenticated", 401, -32000],
    ["forbidden", 403, -32000],
    ["unknown_session", 404, -32001],
    ["unknown_route", 404, -32601],
    ["overloaded", 503, -32000],
    ["unreachable", 502, -32603],
    ["closed", 502, -32603],
    ["timeout", 504, -32603],
    ["canceled", 499, -32603],
    ["internal", 500, -32603],
  ];
  it.each(rows)("%s", (code, status, rpc) => {
    const error = new RuntimeError(code, "text", { why: "secret why", hint: "secret hint", cause: "secret cause" });
    expect(httpStatus(error)).toBe(status);
    expect(rpcErrorOf(error)).toEqual({ code: rpc, message: "text", data: { mcpgen: { code } } });
  });

  it.each(["bad_message", "too_large"] as const)("%s of the server's does not blame the request", (code) => {
    const error = new RuntimeError(code, "text", { fault: "server" });
    expect(httpStatus(error)).toBe(502);
    expect(rpcErrorOf(error)).toEqual({ code: -32603, message: "text", data: { mcpgen: { code } } });
  });

  it("passes the server's own error object as it is", () => {
    const rpcError = { code: 7, message: "m", data: [1], more: true };
    expect(rpcErrorOf(new RuntimeError("remote", "m", { rpcError }))).toBe(rpcError);
  });
});
