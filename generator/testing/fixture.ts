import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { GeneratorError } from "../errors.js";

/** MCP servers of `fixtures/`, each with a `server.js` that takes `stdio` or `http`. */
export const FIXTURES = ["drifting", "everything", "hostile", "minimal", "names", "paged", "schemas"] as const;
export type FixtureName = (typeof FIXTURES)[number];

const serverPath = (name: FixtureName): string =>
  fileURLToPath(new URL(`../../fixtures/${name}/server.js`, import.meta.url));

/** Command line of a fixture on stdio: this very Node, absolute path. */
export const fixtureArgv = (name: FixtureName): string[] => [process.execPath, serverPath(name), "stdio"];

export interface HttpFixture {
  /** `http://127.0.0.1:PORT/mcp` */
  readonly url: string;
  /** Idempotent. Resolves when the process is gone. */
  close(): Promise<void>;
}

export interface HttpFixtureOptions {
  /** Added to our own environment: FIXTURE_ERA, FIXTURE_DRIFT, … */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a fixture over HTTP on a free port of loopback. Throws GeneratorError `internal` if it ends before it listens. */
export async function startFixtureHttp(name: FixtureName, { env = {} }: HttpFixtureOptions = {}): Promise<HttpFixture> {
  const child = spawn(process.execPath, [serverPath(name), "http"], {
    // The pipe to its stdin is what ends it even where this process is killed.
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, PORT: "0", FIXTURE_UNTIL_STDIN_ENDS: "1", ...env },
    detached: true,
  });
  const gone = new Promise<void>((resolve) => child.once("close", resolve));
  const close = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(child.pid);
    await gone;
  };
  let said = "";
  const url = await new Promise<string | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(undefined));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said = (said + chunk).slice(-10_000);
      const found = /^listening on (\S+)$/m.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  if (url !== undefined) return { url, close };
  await close();
  throw new GeneratorError("internal", `fixture ${name} did not listen`, { why: said });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // Gone since we looked.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
