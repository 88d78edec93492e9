// The figures of the project, as whole processes and as ratios against a yardstick of the same run. `npm run bench [-- SPEC.json]`.
// SPEC.json: a captured server to generate from; without one a synthetic spec of 400 tools is used.
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "..");
const cli = join(root, "dist/cli.js");
const work = await mkdtemp(join(tmpdir(), "mcpgen-bench-"));

/** Wall time of a command in milliseconds. Throws where it fails: a failure is no figure. */
function once(args) {
  const from = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: work, encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}\n${stderr}`);
  return Number(process.hrtime.bigint() - from) / 1e6;
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const times = (n, args) => median(Array.from({ length: n }, () => once(args)));
/** A against B in turn, so that a machine whose speed drifts moves both. */
function ratio(n, a, b) {
  const pairs = Array.from({ length: n }, () => [once(a), once(b)]);
  return {
    a: median(pairs.map(([x]) => x)),
    b: median(pairs.map(([, y]) => y)),
    ratio: median(pairs.map(([x, y]) => x / y)),
  };
}
const row = (name, figure, goal = "") => console.log(`${name.padEnd(58)} ${figure.padStart(12)}  ${goal}`);
const ms = (value) => `${value.toFixed(0)} ms`;

/** Tools with schemas like those of real servers: nested objects, enums, arrays, unions. */
function synthetic(count) {
  const tools = Array.from({ length: count }, (_, i) => ({
    name: `tool-${i}`,
    description: `Does thing ${i}.\nWith a second line about it.`,
    inputSchema: {
      type: "object",
      required: ["id", "mode"],
      properties: {
        id: { type: "string", description: "Which one." },
        mode: { enum: ["read", "write", `special-${i}`] },
        limit: { type: "integer", minimum: 1, maximum: 100 + i },
        filter: {
          type: "object",
          properties: { since: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
        },
        target: {
          anyOf: [{ type: "string" }, { type: "object", properties: { uri: { type: "string" } }, required: ["uri"] }],
        },
      },
    },
  }));
  return {
    serverInfo: { name: "synthetic", version: "1.0.0" },
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    tools,
  };
}

try {
  const help = ratio(9, [cli, "--help"], ["-e", "0"]);
  row("mcpgen --help against node -e 0", `${help.ratio.toFixed(2)} ×`, `goal ≤ 2.5 (${ms(help.a)} / ${ms(help.b)})`);

  const given = process.argv[2];
  const spec = given ? resolve(given) : join(work, "spec.json");
  if (!given) await writeFile(spec, JSON.stringify(synthetic(400)));
  const count = JSON.parse(await readFile(spec, "utf8")).tools.length;
  const generate = (file, out, ...more) => [
    cli,
    "generate",
    "--spec",
    file,
    "--out",
    join(work, out),
    "--emit",
    "project",
    ...more,
  ];
  row(`generate --spec, ${count} tools`, ms(times(3, generate(spec, "given"))), "goal ≤ 5000 ms for 344 real tools");
  row(`generate --check on unchanged output, ${count} tools`, ms(times(3, generate(spec, "given", "--check"))));

  for (const tools of [100, 400]) await writeFile(join(work, `${tools}.json`), JSON.stringify(synthetic(tools)));
  const growth = ratio(3, generate(join(work, "400.json"), "400"), generate(join(work, "100.json"), "100"));
  row("growth from 100 to 400 tools", `${growth.ratio.toFixed(2)} ×`, `goal ≤ 4.8 (${ms(growth.a)} / ${ms(growth.b)})`);

  const everything = join(root, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");
  once([
    cli,
    "generate",
    "--no-cache",
    "--out",
    join(work, "proxy"),
    "--build",
    "--release",
    "--",
    process.execPath,
    everything,
    "stdio",
  ]);
  const bundle = join(work, "proxy/dist/proxy.mjs");
  row("bundle stdio → http, minified", `${((await stat(bundle)).size / 1000).toFixed(0)} KB`, "goal ≤ 300 KB");
  const start = ratio(9, [bundle, "--version"], ["-e", "0"]);
  row("bundle --version against node -e 0", `${start.ratio.toFixed(2)} ×`, `(${ms(start.a)} / ${ms(start.b)})`);
  const listens = [];
  for (let i = 0; i < 5; i++) listens.push(await listen(bundle));
  row("bundle until it listens", ms(median(listens)));
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Milliseconds from spawn to the line that says where it listens. */
async function listen(bundle) {
  const from = process.hrtime.bigint();
  const child = spawn(process.execPath, [bundle, "--bind", "127.0.0.1:0"], {
    cwd: work,
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    for await (const line of createInterface(child.stderr))
      if (line.includes("listening on")) return Number(process.hrtime.bigint() - from) / 1e6;
    throw new Error("the bundle ended before it listened");
  } finally {
    child.kill("SIGTERM");
    await new Promise((done) =>
      child.exitCode === null && child.signalCode === null ? child.once("exit", done) : done(),
    );
  }
}
