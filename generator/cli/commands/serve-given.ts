import { resolve } from "node:path";
import type { Given } from "../../../runtime/app/flags.js";
import { parseUnix } from "../address.js";
import type { Invocation } from "../commands.js";

/** Flags whose values are paths. */
const PATHS: ReadonlySet<string> = new Set(["api-key-file", "socket", "tls-cert", "tls-key", "tls-ca"]);

/** The flags of `serve` as the settings of the runtime are read from. Of the environment only the API key counts. */
export function givenOf({ flags, cwd, env }: Invocation): Given {
  const absolute = (name: string, text: string): string => {
    if (name === "bind" && text.startsWith("unix:")) {
      const path = parseUnix(text);
      // Resolved, an empty path would be the folder we are in.
      return path === "" ? text : `unix:${resolve(cwd, path)}`;
    }
    return PATHS.has(name) ? resolve(cwd, text) : text;
  };
  return {
    text(name) {
      if (name === "api-key") return env.MCPGEN_API_KEY === "" ? undefined : env.MCPGEN_API_KEY;
      const text = flags.text(name);
      return text === undefined ? undefined : absolute(name, text);
    },
    all: (name) => flags.list(name).map((text) => absolute(name, text)),
    on: (name) => flags.flag(name),
    env: {},
  };
}
