import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-root.js";

/** Of mcpgen itself. */
export const VERSION = (
  JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { readonly version: string }
).version;
