import { validateHeaderName, validateHeaderValue } from "node:http";
import { RuntimeError } from "../core/errors.js";

/** The URL of a server, http or https. Throws RuntimeError `config`. */
export function serverUrl(text: string): URL {
  const refuse = (what: string, hint: string): RuntimeError => new RuntimeError("config", what, { hint });
  if (!URL.canParse(text)) throw refuse("the server's URL is no URL", "give it as http://HOST:PORT/PATH or https://…");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw refuse(`the server's URL has the scheme ${url.protocol}`, "use http: or https:");
  if (url.username !== "" || url.password !== "")
    throw refuse("the server's URL holds credentials", "give them in an Authorization header");
  return url;
}

/** Headers for every request, their names in lower case. Throws RuntimeError `config` that names a bad one; its value may be a secret. */
export function requestHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new RuntimeError("config", `the header ${JSON.stringify(name)} is not valid in HTTP`, { cause });
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
