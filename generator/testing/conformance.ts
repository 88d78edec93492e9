// `npm run test:conformance`: the official suite against a proxy of ours, in front of the fixture `everything`, in every cell of
// backend × its era × the client's revision; and the suite's servers behind a proxy. What fails must be what conformance.json says.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { httpBackend } from "../../runtime/backends/http.js";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import type { Backend } from "../../runtime/core/backend.js";
import { httpFrontend } from "../../runtime/frontends/http.js";
import { serve } from "../../runtime/serve.js";
import { runSuite, type Outcome } from "./conformance-suite.js";
import { fixtureArgv, startFixtureHttp } from "./fixture.js";

type Baseline = Record<string, Record<string, readonly string[]>>;

const BASELINE = fileURLToPath(new URL("./conformance.json", import.meta.url));
const REVISIONS = ["2025-11-25", "2026-07-28"] as const;

/** Scenarios of a client that need no authorization, and the revision under which each is run. */
const CLIENT_SCENARIOS: Readonly<Record<string, string>> = {
  initialize: "2025-11-25",
  tools_call: "2025-11-25",
  "elicitation-sep1034-client-defaults": "2025-11-25",
  "sse-retry": "2025-11-25",
  "request-metadata": "2026-07-28",
  "sep-2322-client-request-state": "2026-07-28",
  "http-standard-headers": "2026-07-28",
  "http-custom-headers": "2026-07-28",
  "http-invalid-tool-headers": "2026-07-28",
  "json-schema-ref-no-deref": "2026-07-28",
  "json-schema-2020-12-preservation": "2026-07-28",
};

const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const update = process.argv.includes("--update");
const baseline = JSON.parse(await readFile(BASELINE, "utf8")) as Baseline;
const found: Baseline = {};
const result = { differs: false };

for (const transport of ["stdio", "http"] as const)
  for (const era of ["legacy", "modern"] as const)
    for (const revision of REVISIONS)
      await cell(`${transport} ${era} behind ${revision}`, () => serverCell(transport, era, revision));
for (const front of ["legacy", "modern"] as const)
  await cell(`servers of the suite, ${front} client`, () => clientCell(front));

if (update) await writeFile(BASELINE, `${JSON.stringify({ ...baseline, ...found }, null, 2)}\n`);
process.exitCode = result.differs && !update ? 1 : 0;

async function cell(name: string, run: () => Promise<Outcome>): Promise<void> {
  if (!wanted.every((word) => name.includes(word))) return;
  const started = performance.now();
  const { scenarios, checks } = await run();
  const failing = Object.fromEntries([...scenarios].filter(([, failed]) => failed.length > 0));
  found[name] = failing;
  const passed = scenarios.size - Object.keys(failing).length;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${passed}/${scenarios.size} scenarios, ${checks} checks, ${seconds} s\n`);
  const known = baseline[name] ?? {};
  for (const scenario of [...new Set([...Object.keys(failing), ...Object.keys(known)])].sort()) {
    const [now, then] = [failing[scenario] ?? [], known[scenario] ?? []];
    for (const check of now.filter((one) => !then.includes(one))) tell(`  FAILS: ${scenario}: ${check}`);
    for (const check of then.filter((one) => !now.includes(one)))
      tell(`  PASSES, and the baseline says that it fails: ${scenario}: ${check}`);
  }
}

function tell(line: string): void {
  result.differs = true;
  process.stdout.write(`${line}\n`);
}

async function serverCell(transport: "stdio" | "http", era: string, revision: string): Promise<Outcome> {
  const env = { FIXTURE_ERA: era };
  const fixture = transport === "http" ? await startFixtureHttp("everything", { env }) : undefined;
  const backend: Backend = fixture
    ? httpBackend({ url: fixture.url })
    : stdioBackend({ argv: fixtureArgv("everything"), env });
  const proxy = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })], warm: 1 });
  try {
    return await runSuite(["server", "--url", proxy.addresses[0] ?? "", "--requirements", revision]);
  } finally {
    await proxy.close();
    await fixture?.close();
  }
}

async function clientCell(front: "legacy" | "modern"): Promise<Outcome> {
  const tsx = fileURLToPath(import.meta.resolve("tsx"));
  const client = fileURLToPath(new URL("./conformance-client.ts", import.meta.url));
  const command = `${process.execPath} --import ${tsx} ${client}`;
  const scenarios = new Map<string, readonly string[]>();
  let checks = 0;
  for (const [scenario, revision] of Object.entries(CLIENT_SCENARIOS)) {
    const args = ["client", "--command", command, "--scenario", scenario, "--spec-version", revision];
    const one = await runSuite(args, { MCPGEN_FRONT_ERA: front });
    for (const [name, failed] of one.scenarios) scenarios.set(name, failed);
    checks += one.checks;
  }
  return { scenarios, checks };
}
