import { readFile } from "node:fs/promises";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { resolve } from "node:path";
import { reasonOf } from "../config/load.js";
import { GeneratorError } from "../errors.js";
import type { Invocation } from "./commands.js";

/** Headers for an HTTP server from --header, --header-file, --auth-token and their kin. Throws GeneratorError `usage`. */
export async function headersOf({ flags, cwd, env }: Invocation): Promise<Record<string, string>> {
  const lines = [...flags.list("header")];
  const file = flags.text("header-file");
  if (file !== undefined) {
    const text = await readSecretFile(resolve(cwd, file), "--header-file", file);
    lines.push(...text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#")));
  }
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [name, value] = parseHeader(line);
    const twice = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
    if (twice !== undefined)
      throw new GeneratorError("usage", `the header ${name} is given twice`, { hint: "give it once" });
    headers[name] = value;
  }
  const authorized = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  const given = ["auth-token", "auth-token-file"].filter((name) => flags.has(name)).map((name) => `--${name}`);
  if (authorized) given.push("an Authorization header");
  if (given.length > 1)
    throw new GeneratorError("usage", `credentials are given more than once: ${given.join(" and ")}`, {
      hint: "give one of them",
    });
  const tokenFile = flags.text("auth-token-file");
  const token =
    tokenFile === undefined
      ? (flags.text("auth-token") ?? (authorized ? undefined : env.MCPGEN_AUTH_TOKEN))
      : (await readSecretFile(resolve(cwd, tokenFile), "--auth-token-file", tokenFile)).trim();
  if (token === undefined || token === "") return headers;
  const source = tokenFile ?? (flags.has("auth-token") ? "--auth-token" : "MCPGEN_AUTH_TOKEN");
  return { ...headers, Authorization: checkValue(`Bearer ${token}`, `the token of ${source}`) };
}

/** The header itself is not in the error: it may be the secret. */
function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon)).trim();
  const value = line.slice(colon + 1).trim();
  try {
    validateHeaderName(name);
  } catch (error) {
    throw new GeneratorError("usage", "--header needs the form 'Name: value'", {
      why:
        colon < 1
          ? "one of them has no colon after a name"
          : "the name of one of them holds a character that HTTP forbids there",
      hint: "for example --header 'X-Api-Key: …'",
      cause: error,
    });
  }
  return [name, checkValue(value, `the header ${name}`)];
}

function checkValue(value: string, what: string): string {
  try {
    validateHeaderValue("x", value);
    return value;
  } catch {
    throw new GeneratorError("usage", `${what} holds a character that HTTP forbids in headers`, {
      why: "line ends, control characters and letters beyond Latin-1 are not allowed",
      hint: "check where the value comes from",
    });
  }
}

async function readSecretFile(path: string, flag: string, shown: string): Promise<string> {
  try {
    const text = await readFile(path, "utf8");
    if (text.trim() === "")
      throw new GeneratorError("usage", `${flag}: ${shown} is empty`, { hint: "put the value into it" });
    return text;
  } catch (error) {
    if (error instanceof GeneratorError) throw error;
    throw new GeneratorError("usage", `${flag}: cannot read ${shown}`, {
      why: reasonOf(error),
      hint: "check the path",
      cause: error,
    });
  }
}
