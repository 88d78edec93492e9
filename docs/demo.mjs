// The main job end to end, on a real server: introspect, generate, bundle, run, connect. `npm run demo`.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
const cli = join(root, "dist/cli.js");
const everything = join(root, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");
const out = "demo-output/everything-proxy";
const schemas = "demo-output/schemas";
const lock = "demo-output/mcpgen.lock";
const say = (label, text) => console.log(`${label.padEnd(12)} ${text}`);

const server = ["--", process.execPath, everything, "stdio"];
const spec = JSON.parse(
  (await run(process.execPath, [cli, "inspect", "--json", "--refresh", ...server], { cwd: root })).stdout,
);
say("introspected", `${spec.server.name} ${spec.server.version}, protocol ${spec.protocolVersion}, over stdio`);
say(
  "",
  `${spec.tools.length} tools, ${spec.resources.length} resources, ${spec.resourceTemplates.length} templates, ${spec.prompts.length} prompts`,
);

await rm(join(root, "demo-output"), { recursive: true, force: true });
await run(
  process.execPath,
  [cli, "generate", "--out", out, "--lock", lock, "--emit", "project,client", "--build", "--release", ...server],
  { cwd: root },
);
const { files } = JSON.parse(await readFile(join(root, out, ".mcpgen/manifest.json"), "utf8"));
const bundle = join(root, out, "dist/proxy.mjs");
say("generated", `${out}: ${files.length} files`);
say("bundled", `${out}/dist/proxy.mjs, ${Math.ceil((await stat(bundle)).size / 1024)} KB, no dependencies`);

const generate = [cli, "generate", "--out", schemas, "--lock", lock, "--emit", "openapi,graphql,protobuf"];
await run(process.execPath, [...generate, ...server], { cwd: root });
say(
  "schemas",
  `${schemas}: ${(await readdir(join(root, schemas))).filter((name) => !name.startsWith(".")).join(", ")}`,
);
await run(process.execPath, [...generate, "--offline", "--check"], { cwd: root });
say("locked", `${lock}: generated again from the lock alone, the same bytes`);

const empty = await mkdtemp(join(tmpdir(), "mcpgen-demo-"));
await copyFile(bundle, join(empty, "proxy.mjs"));
const proxy = spawn(process.execPath, ["proxy.mjs", "--bind", "127.0.0.1:0"], {
  cwd: empty,
  stdio: ["ignore", "ignore", "pipe"],
});
const exited = once(proxy, "exit");
try {
  const url = await listening(proxy);
  say("started", `the bundle alone in an empty folder: ${url}`);

  const client = new Client({ name: "mcpgen-demo", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const { tools } = await client.listTools();
  say(
    "tools/list",
    `${tools.length} tools: ${tools
      .slice(0, 5)
      .map((tool) => tool.name)
      .join(", ")}, …`,
  );
  const called = await client.callTool({ name: "get-sum", arguments: { a: 19, b: 23 } });
  say("tools/call", `get-sum {a: 19, b: 23} → ${called.content[0].text}`);
  const { resources } = await client.listResources();
  const read = await client.readResource({ uri: resources[0].uri });
  say("resources", `${resources[0].uri} → ${read.contents[0].text.split("\n")[0]}`);
  await client.close();
} finally {
  proxy.kill("SIGTERM");
  await exited;
  await rm(empty, { recursive: true, force: true });
}
say("ended", "proxy and server stopped, nothing left running");
console.log(`
Next:  node dist/cli.js inspect -- npx -y @modelcontextprotocol/server-everything
       node ${out}/dist/proxy.mjs --help
       node dist/cli.js generate --help`);

/** The address that the proxy says it listens on; its last lines if it ends before that. */
async function listening(child) {
  const lines = [];
  for await (const line of createInterface(child.stderr)) {
    lines.push(line);
    const found = /listening on (http:\S+)/.exec(line);
    if (found) {
      child.stderr.resume();
      return found[1];
    }
  }
  throw new Error(`the proxy ended before it listened:\n${lines.slice(-10).join("\n")}`);
}
