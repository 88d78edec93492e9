import { execFile } from "node:child_process";
import { relative } from "node:path";
import { promisify } from "node:util";
import { printable } from "../../../runtime/core/log.js";
import { GeneratorError } from "../../errors.js";
import { MAX_LOCK_BYTES } from "../../ir/lock-file.js";

const run = promisify(execFile);

interface GitFile {
  readonly rev: string;
  /** Absolute. */
  readonly path: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/**
 * A file as it is in a revision, filters and text conversions aside. No shell, no pager. Throws GeneratorError `usage` where there is no git, no
 * repository, no such revision, no such file in it.
 */
export async function gitText({ rev, path, cwd, signal }: GitFile): Promise<string> {
  const shown = printable(rev, 80);
  // What begins with a dash would be an option.
  if (!/^[^\s:\-\u0000-\u001f][^\s:\u0000-\u001f]*$/.test(rev))
    throw new GeneratorError("usage", `"${shown}" is no revision`, { hint: "git:HEAD, git:v1.2.0, git:origin/main" });
  const git = (...args: string[]): Promise<string> =>
    run("git", args, { cwd, signal, maxBuffer: MAX_LOCK_BYTES, encoding: "utf8" }).then(({ stdout }) => stdout);
  const fail =
    (text: string, why: string, hint: string) =>
    (error: unknown): never => {
      if (signal.aborted) throw error;
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        throw new GeneratorError("usage", "git cannot be started", {
          why: "there is no such program",
          hint: "install git",
          cause: error,
        });
      throw new GeneratorError("usage", text, { why, hint, cause: error });
    };
  await git("rev-parse", "--git-dir").catch(
    fail(`${printable(cwd)} is in no git repository`, "git: reads a file from a revision", "give a file instead"),
  );
  const commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${rev}^{commit}`).catch(
    fail(
      `there is no revision "${shown}"`,
      "git knows no commit, tag or branch of this name",
      "in a shallow clone, fetch it first: git fetch origin main",
    ),
  );
  const inTree = relative(cwd, path).replaceAll("\\", "/");
  const fromHere = inTree.startsWith("../") ? inTree : `./${inTree}`;
  return git("cat-file", "blob", `${commit.trim()}:${fromHere}`).catch(
    fail(
      `there is no ${printable(inTree)} in ${shown}`,
      "the revision has no such file",
      "name another: git:REV:PATH, from where you are",
    ),
  );
}
