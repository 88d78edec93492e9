import { describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import { KEY_FLAGS, OPEN_FLAGS } from "./access-settings.js";
import { STANDARD_FLAGS, type Flag } from "./flags.js";
import { runProxy } from "./run.js";
import { SOLE_TCP_FLAGS, TCP_FLAGS } from "./tcp-settings.js";
import { UNIX_FLAGS } from "./unix-settings.js";
import { WEB_FLAGS } from "./web-settings.js";

/** What a proxy with these flags says before it opens anything: `read` where nothing is wrong with the environment. */
async function said(flags: readonly Flag[], env: Readonly<Record<string, string>>): Promise<string> {
  let stderr = "";
  const program = {
    ...{ name: "p", version: "1", about: "", contractSha256: "" },
    flags: [...flags, ...STANDARD_FLAGS],
  };
  const assemble = (): never => {
    throw new RuntimeError("config", "read");
  };
  const code = await runProxy(
    { program, assemble, contract: {} as never, hooks: {}, validators: {} },
    { argv: [], env, stdout: { write: () => true }, stderr: { write: (text) => (stderr += text) } },
  );
  expect(code).toBe(2);
  return /^error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

describe("a variable that has no effect", () => {
  const cases: readonly { name: string; flags: readonly Flag[]; env: Record<string, string>; foreign?: string }[] = [
    { name: "MCPGEN_BIND over stdio", flags: [], env: { MCPGEN_BIND: "a:1" }, foreign: "MCPGEN_BIND" },
    { name: "MCPGEN_BIND of unix", flags: UNIX_FLAGS, env: { MCPGEN_BIND: "a:1" }, foreign: "MCPGEN_BIND" },
    { name: "without tcp", flags: WEB_FLAGS, env: { MCPGEN_TCP_BIND: "a:1" }, foreign: "MCPGEN_TCP_BIND" },
    { name: "without unix", flags: SOLE_TCP_FLAGS, env: { MCPGEN_SOCKET: "/x" }, foreign: "MCPGEN_SOCKET" },
    { name: "a key where none is shown", flags: OPEN_FLAGS, env: { MCPGEN_API_KEY: "k" }, foreign: "MCPGEN_API_KEY" },
    { name: "of the server", flags: [], env: { MCPGEN_BACKEND_URL: "u" }, foreign: "MCPGEN_BACKEND_URL" },
    { name: "what platforms set", flags: [], env: { HOST: "0.0.0.0", PORT: "80" } },
    { name: "an empty one", flags: [], env: { MCPGEN_BIND: "" } },
    { name: "both of tcp alone", flags: SOLE_TCP_FLAGS, env: { MCPGEN_BIND: "a:1", MCPGEN_TCP_BIND: "a:1" } },
    {
      name: "both of web and tcp",
      flags: [...WEB_FLAGS, ...TCP_FLAGS],
      env: { MCPGEN_BIND: "a:1", MCPGEN_TCP_BIND: "a:1" },
    },
    { name: "its own key", flags: KEY_FLAGS, env: { MCPGEN_API_KEY: "k" } },
  ];
  it.each(cases)("$name", async ({ flags, env, foreign }) => {
    expect(await said(flags, env)).toContain(foreign === undefined ? "read" : `${foreign} has no effect on this proxy`);
  });
});
