import type { EmitTarget } from "../../emit/emitter.js";
import { optionError } from "../../errors.js";

export type BackendKind = EmitTarget["kind"];
export type FrontendKind = BackendKind;

/** In the order in which a generated proxy starts them. */
export const FRONTENDS: readonly FrontendKind[] = ["http", "sse", "websocket", "tcp", "unix", "stdio"];
const BACKENDS: readonly BackendKind[] = ["stdio", "http", "sse", "websocket", "tcp", "unix"];

export interface ProjectOptions {
  /** Package name. Default: made of the server's name. */
  readonly name?: string;
  /** How clients reach the proxy. Default http. */
  readonly frontends: readonly FrontendKind[];
  /** How the proxy reaches the server. Default: as mcpgen reached it; with --spec, stdio. */
  readonly backend?: BackendKind;
}

/** For `mcpgen emitters`. */
export const OPTIONS: Readonly<Record<string, string>> = {
  name: "package name of the project; default: made of the server's name",
  frontend: `how clients reach the proxy: ${FRONTENDS.join(", ")}, several with commas; default http`,
  backend: `how the proxy reaches the server: ${BACKENDS.join(", ")}; default: as mcpgen did, with --spec stdio`,
};

const KNOWN = Object.keys(OPTIONS);

/** Throws GeneratorError `option` naming the key. */
export function parseOptions(raw: Readonly<Record<string, unknown>>): ProjectOptions {
  const unknown = Object.keys(raw).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw optionError(unknown, "there is no such option", `known are ${KNOWN.join(", ")}`);
  return { ...nameOf(raw["name"]), frontends: frontendsOf(raw["frontend"]), ...backendOf(raw["backend"]) };
}

function nameOf(value: unknown): Pick<ProjectOptions, "name"> {
  if (value === undefined) return {};
  if (
    typeof value !== "string" ||
    value.length > 100 ||
    !/^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(value)
  )
    throw optionError("name", "it must be the name of an npm package, in lower case", 'such as "my-proxy"');
  return { name: value };
}

function frontendsOf(value: unknown): readonly FrontendKind[] {
  const given: readonly unknown[] =
    value === undefined
      ? ["http"]
      : typeof value === "string"
        ? value.split(",").map((part) => part.trim())
        : [value].flat();
  if (given.length === 0)
    throw optionError("frontend", "at least one is needed", `such as ${FRONTENDS.slice(0, 2).join(" or ")}`);
  const bad = given.find((one) => !(FRONTENDS as readonly unknown[]).includes(one));
  if (bad !== undefined)
    throw optionError(
      "frontend",
      `${JSON.stringify(bad)} is not one of ${FRONTENDS.join(", ")}`,
      "several are separated by commas",
    );
  return FRONTENDS.filter((kind) => given.includes(kind));
}

function backendOf(value: unknown): Pick<ProjectOptions, "backend"> {
  if (value === undefined) return {};
  const kind = BACKENDS.find((one) => one === value);
  if (kind === undefined) throw optionError("backend", `${JSON.stringify(value)} is not one of ${BACKENDS.join(", ")}`);
  return { backend: kind };
}
