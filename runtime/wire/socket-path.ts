import { RuntimeError } from "../core/errors.js";

/** What the kernel's address holds, less the NUL at its end. Longer paths are cut off there without a word. */
const MAX_BYTES = process.platform === "darwin" ? 103 : 107;

/** Throws RuntimeError `config` on a path that no Unix domain socket can have. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_BYTES)
    throw new RuntimeError("config", `the path of the socket has ${bytes} bytes; the limit is ${MAX_BYTES}`, {
      why: `the system takes no longer ones: ${path}`,
      hint: "choose a shorter path, for example below /tmp or $XDG_RUNTIME_DIR",
    });
  if (bytes === 0 || path.includes("\0"))
    throw new RuntimeError("config", "the path of the socket is empty or holds NUL", {
      hint: "give it as /path/to/socket",
    });
}
