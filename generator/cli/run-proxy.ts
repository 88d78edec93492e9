import { spawn } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { GeneratorError } from "../errors.js";
import type { Invocation } from "./commands.js";
import { hasUrl, type Server, type Target } from "./target.js";

/**
 * Starts a bundle in the foreground: it has our terminal, our stdout and our signals. Resolves to its exit code.
 * Secrets that the server needs go through its environment, never its command line.
 */
export async function runProxy(
  bundle: string,
  { target }: Server,
  { signal, cwd, env, print }: Invocation,
): Promise<number> {
  const handed = handOver(target, cwd);
  await print.flush();
  const child = spawn(process.execPath, [bundle, ...handed.argv], {
    cwd,
    env: { ...env, ...handed.env },
    stdio: "inherit",
  });
  const stop = (): void => void child.kill(/SIGINT/.test(String(signal.reason)) ? "SIGINT" : "SIGTERM");
  const abandon = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  process.once("exit", abandon);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, killedBy) =>
        resolve(code ?? 128 + (killedBy === null ? 0 : constants.signals[killedBy])),
      );
      if (signal.aborted) stop();
    });
  } finally {
    signal.removeEventListener("abort", stop);
    process.off("exit", abandon);
  }
}

/** Throws GeneratorError `usage` where a generated proxy has no way to be given what this server needs. */
export function handOver(
  target: Target,
  cwd: string,
): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  if (target.kind === "spec") return { argv: [], env: {} };
  if (target.kind === "stdio")
    return { argv: target.cwd === cwd ? [] : ["--backend-cwd", target.cwd], env: target.env };
  if (target.kind === "unix")
    return { argv: resolve(cwd, target.givenPath) === target.path ? [] : ["--backend-socket", target.path], env: {} };
  const argv = Object.entries(target.tlsFiles).flatMap(([key, file]: [string, string]) => [
    `--backend-tls-${key}`,
    file,
  ]);
  if (!hasUrl(target)) return { argv, env: {} };
  const { Authorization: authorization, ...others } = target.headers;
  const token = /^Bearer (.*)$/.exec(authorization ?? "")?.[1];
  const left = [
    ...(authorization !== undefined && token === undefined ? ["Authorization"] : []),
    ...Object.keys(others),
  ];
  if (left.length > 0)
    throw new GeneratorError("usage", `--run cannot hand the header ${left.join(", ")} to the proxy`, {
      why: "headers may be secrets, and a generated proxy reads them from a file only",
      hint: "use --build, then node dist/proxy.mjs --backend-header-file FILE",
    });
  return { argv, env: token === undefined ? {} : { MCPGEN_BACKEND_AUTH_TOKEN: token } };
}
