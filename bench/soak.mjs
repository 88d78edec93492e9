// `node bench/soak.mjs [SESSIONS]`: sessions one after another, half of them abandoned without DELETE, then 500 at once. Each session has its
// own server process. Fails on memory that grows, processes or zombies that stay, and sockets that are not given back.
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";

const total = Number(process.argv[2] ?? 10_000);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const proxy = spawn(
  process.execPath,
  [
    ...[at("../dist/cli.js"), "serve", "--bind", "127.0.0.1:0", "--max-sessions", "600", "--session-idle", "1s"],
    ...["--warm", "0", "--", "sh", at("echo.sh")],
  ],
  { stdio: ["ignore", "ignore", "pipe"] },
);
const url = await new Promise((resolve, reject) => {
  let said = "";
  proxy.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  proxy.stderr.setEncoding("utf8").on("data", (chunk) => {
    said = (said + chunk).slice(-5000);
    const found = /^listening on (\S+)$/m.exec(said)?.[1];
    if (found) resolve(found);
  });
});

const agent = new Agent({ keepAlive: true, maxSockets: 500 });
function call(method, headers, body) {
  return new Promise((resolve, reject) => {
    const type = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const one = request(url, { method, agent, headers: { ...type, ...headers } }, (response) => {
      response.resume().once("end", () => resolve(response));
    });
    one.once("error", reject).end(body);
  });
}
const rpc = (id, method, params = {}) => JSON.stringify({ jsonrpc: "2.0", ...(id && { id }), method, params });
const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "soak", version: "1" } };

async function session(leave) {
  const opened = await call("POST", {}, rpc(1, "initialize", hello));
  const id = opened.headers["mcp-session-id"];
  if (opened.statusCode !== 200 || !id) throw new Error(`initialize: HTTP ${opened.statusCode}`);
  const headers = { "mcp-session-id": id, "mcp-protocol-version": "2025-11-25" };
  await call("POST", headers, rpc(0, "notifications/initialized"));
  const listed = await call("POST", headers, rpc(2, "tools/list"));
  if (listed.statusCode !== 200) throw new Error(`tools/list: HTTP ${listed.statusCode}`);
  if (!leave) await call("DELETE", headers);
}

async function holdings() {
  const status = await readFile(`/proc/${proxy.pid}/status`, "utf8");
  let children = 0;
  let zombies = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(parent) !== proxy.pid) continue;
    children++;
    if (state === "Z") zombies++;
  }
  const handles = (await readdir(`/proc/${proxy.pid}/fd`)).length;
  return { rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024, children, zombies, handles };
}

/** Least squares: megabytes for each thousand sessions. */
function slope(points) {
  const n = points.length;
  const [mx, my] = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / n);
  const top = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return (top / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)) * 1000;
}

const problems = [];
try {
  const points = [];
  const started = performance.now();
  for (let done = 0; done < total; done += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, k) => session(k % 2 === 1)));
    if (done % 500 === 0) {
      const now = await holdings();
      if (done >= total / 5) points.push([done, now.rssMb]);
      console.log(`${done} sessions: ${now.rssMb.toFixed(1)} MB, ${now.children} children, ${now.handles} handles`);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  const growth = slope(points);
  console.log(
    `${total} sessions in ${seconds.toFixed(1)} s; ${growth.toFixed(2)} MB for each thousand after the first fifth`,
  );
  if (growth > 1) problems.push(`memory grows by ${growth.toFixed(2)} MB for each thousand sessions`);

  await Promise.all(Array.from({ length: 500 }, () => session(false)));
  console.log("500 sessions at once: all answered");
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  agent.destroy();
  const rest = await holdings();
  console.log(
    `at rest: ${rest.rssMb.toFixed(1)} MB, ${rest.children} children, ${rest.zombies} zombies, ${rest.handles} handles`,
  );
  if (rest.children > 0) problems.push(`${rest.children} processes stay`);
} finally {
  proxy.kill("SIGTERM");
  await new Promise((resolve) => proxy.once("close", resolve));
}
for (const problem of problems) console.error(`FAILED: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
