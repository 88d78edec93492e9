import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RuntimeError } from "../../runtime/core/errors.js";
import { GeneratorError } from "../errors.js";
import { callCli } from "./call-cli.js";
import { failureOf } from "./error.js";
import { ofServer } from "./report.js";

test.each([
  { name: "of the runtime", error: new RuntimeError("closed", "gone", { why: "w", hint: "h" }) },
  {
    name: "of the generator",
    error: new GeneratorError("spec", "no JSON", { why: "w", hint: "h", pointer: "/tools" }),
  },
  { name: "of nobody", error: new TypeError("x is no function") },
])("ofServer: an error $name keeps everything but gets the name", ({ error }) => {
  const before = failureOf(error);
  expect(failureOf(ofServer(error, "demo"))).toEqual({ ...before, message: `demo: ${before.message}` });
});

test("ofServer: an interruption is nobody's", () => {
  const interrupted = new RuntimeError("canceled", "interrupted by SIGINT");
  expect(ofServer(interrupted, "demo")).toBe(interrupted);
});

test.each([
  { name: "of several servers, the one that fails is named", args: [], want: "error: two: cannot read the spec" },
  { name: "of one, it needs no name", args: ["two"], want: "error: cannot read the spec" },
])("$name", async ({ args, want }) => {
  const folder = await mkdtemp(join(tmpdir(), "mcpgen-report-"));
  try {
    await writeFile(join(folder, "one.json"), JSON.stringify({ serverInfo: { name: "one" }, tools: [] }));
    const output = (server: string): object => ({ server, out: server, emit: ["graphql", "protobuf"] });
    const servers = { one: { spec: "one.json" }, two: { spec: "two.json" } };
    await writeFile(
      join(folder, "mcpgen.config.json"),
      JSON.stringify({ servers, outputs: [output("one"), output("two")] }),
    );
    const { code, stderr } = await callCli(["generate", ...args], { cwd: folder });
    expect({ code, first: stderr.slice(0, want.length) }).toEqual({ code: 2, first: want });
  } finally {
    await rm(folder, { recursive: true });
  }
});
