import { optionError } from "../../errors.js";

export interface OpenApiOptions {
  readonly format: "json" | "yaml";
  /** Example values of bodies, parameters and answers, made from the schemas and valid by them. */
  readonly examples: boolean;
  /** Status of an answer with `isError: true`: part of a good answer, or a problem. */
  readonly toolErrorStatus: 200 | 422;
  /** A tag for each first word of tool names, instead of one for all tools. */
  readonly groupByPrefix: boolean;
  /** Where the paths begin, without a slash at its end but for the root. */
  readonly serverUrl: string;
}

/** For `mcpgen emitters`. */
export const OPTIONS: Readonly<Record<string, string>> = {
  format: "json or yaml (default json)",
  examples: "true or false: example values, valid by the schemas (default false)",
  "tool-error-status": "200 or 422: status of a tool's own failure (default 200)",
  "group-by-prefix": "true or false: a tag for each first word of tool names (default false)",
  "server-url": "URL or path that all paths begin with (default /)",
};

/** Throws GeneratorError `option` naming the key. */
export function parseOptions(raw: Readonly<Record<string, unknown>>): OpenApiOptions {
  const unknown = Object.keys(raw).find((key) => !Object.hasOwn(OPTIONS, key));
  if (unknown !== undefined)
    throw optionError(unknown, "there is no such option", `known are ${Object.keys(OPTIONS).join(", ")}`);
  const status = choice(raw, "tool-error-status", ["200", "422"]);
  return {
    format: choice(raw, "format", ["json", "yaml"]),
    examples: flag(raw, "examples"),
    toolErrorStatus: status === "422" ? 422 : 200,
    groupByPrefix: flag(raw, "group-by-prefix"),
    serverUrl: serverUrlOf(raw["server-url"]),
  };
}

type Raw = Readonly<Record<string, unknown>>;

const flag = (raw: Raw, key: string): boolean => choice(raw, key, ["false", "true"]) === "true";

/** The first is the default. Values of the command line are texts, those of a config may be booleans or numbers. */
function choice<const Value extends string>(raw: Raw, key: string, values: readonly [Value, ...Value[]]): Value {
  const given = raw[key];
  if (given === undefined) return values[0];
  const found = values.find((value) => value === given || value === JSON.stringify(given));
  if (found === undefined) throw optionError(key, `${JSON.stringify(given)} is not one of ${values.join(", ")}`);
  return found;
}

function serverUrlOf(given: unknown): string {
  if (given === undefined) return "/";
  const fail = (why: string): never => {
    throw optionError("server-url", why, 'such as "https://api.example.com/mcp" or "/mcp"');
  };
  if (typeof given !== "string" || given === "" || /[\s\p{C}{}<>"\\^`|]/u.test(given))
    return fail("it must be a URL or a path");
  const isPath = given.startsWith("/") && !given.startsWith("//");
  if (!isPath && !/^https?:\/\//i.test(given)) return fail("it must begin with http://, https:// or /");
  if (!URL.canParse(given, "http://localhost")) return fail("it is no valid URL");
  const url = new URL(given, "http://localhost");
  if (/[?#]/.test(given)) return fail("it must have neither query nor fragment");
  if (url.username !== "" || url.password !== "") return fail("it must not hold a user or password");
  return given === "/" ? given : given.replace(/\/+$/, "");
}
