import { RuntimeError, type RuntimeErrorCode, type RuntimeErrorOptions } from "../core/errors.js";
import { printable } from "../core/log.js";
import { failureResponse, messageFromRpc, parseRpc, type Message, type RequestId, type Rpc } from "../core/message.js";
import { joined } from "../wire/bytes.js";
import { readWhole, type HttpReply } from "../wire/http-client.js";
import { mediaType } from "../wire/http-headers.js";
import type { HttpLink } from "./http-link.js";

const MAX_ERROR_BYTES = 1024 * 1024;
const SHOWN_BYTES = 800;
const SHOWN_CHARACTERS = 200;

export interface Refused {
  readonly id: RequestId;
  /** A request of a revision without sessions: there a 404 says nothing of one. */
  readonly modern: boolean;
  /** It was sent with a session id. */
  readonly inSession: boolean;
}

/**
 * The answer to a request whose reply was no success, or nothing that could be an answer. Where the body holds the server's own
 * JSON-RPC error, that is the answer; `failure` is set besides where the status means that we were not let in.
 */
export async function refusal(link: HttpLink, reply: HttpReply, { id, modern, inSession }: Refused): Promise<Message> {
  const body = await errorBody(reply);
  const rpc = errorOf(body);
  const own = rpc !== undefined && (rpc.id === id || rpc.id === null || rpc.id === undefined);
  const failure = failureOf(link, reply, { body, rpc, inSession });
  if (!own) return failureResponse(id, failure);
  // "Session not found" comes with id null; with the request's own id a 404 is about what it asked for.
  const shutOut = failure.code === "unknown_session" ? !modern && rpc.id !== id : failure.code !== "unreachable";
  return messageFromRpc({ ...rpc, id }, { relatedTo: id, failure: shutOut ? failure : undefined });
}

/** Text of a failed reply, for the log, where no request waits for it. */
export async function refusalOf(link: HttpLink, reply: HttpReply): Promise<RuntimeError> {
  const body = await errorBody(reply);
  return failureOf(link, reply, { body, rpc: errorOf(body), inSession: link.sessionId !== undefined });
}

async function errorBody(reply: HttpReply): Promise<Buffer> {
  try {
    return joined(await readWhole(reply, MAX_ERROR_BYTES));
  } catch {
    return Buffer.alloc(0); // the status says enough
  }
}

function errorOf(body: Buffer): Rpc | undefined {
  try {
    const rpc = parseRpc([body]);
    const error: unknown = rpc.error;
    return typeof error === "object" && error !== null && rpc.method === undefined ? rpc : undefined;
  } catch {
    return undefined; // a page for people
  }
}

interface Said {
  readonly body: Buffer;
  /** The JSON-RPC error that the body is. */
  readonly rpc: Rpc | undefined;
  readonly inSession: boolean;
}

function failureOf(link: HttpLink, reply: HttpReply, said: Said): RuntimeError {
  const { body, rpc } = said;
  const { status, headers } = reply;
  const shown = printable(body.subarray(0, SHOWN_BYTES).toString("utf8").trim(), SHOWN_CHARACTERS);
  const type = mediaType(headers["content-type"]) || "no content type";
  const why = shown === "" ? "the reply has no body" : `it says (${printable(type, 100)}): ${shown}`;
  const { code, text, hint, reason } = verdict(link, reply, said);
  const options: RuntimeErrorOptions = {
    status,
    why: reason ?? why,
    hint,
    ...(rpc?.error ? { rpcError: rpc.error } : {}),
  };
  return new RuntimeError(code, text, options);
}

interface Verdict {
  readonly code: RuntimeErrorCode;
  readonly text: string;
  readonly hint: string;
  readonly reason?: string;
}

/** Servers that say so with 400 say it of no request in particular. Seen: `No valid session ID provided`, `Server not initialized`. */
const saysNoSession = (rpc: Rpc | undefined): boolean =>
  rpc !== undefined && (rpc.id ?? null) === null && /session|not initialized/i.test(String(rpc.error?.message));

function verdict({ name }: HttpLink, { status, headers }: HttpReply, { rpc, inSession }: Said): Verdict {
  if (status === 401) {
    const challenge = headers["www-authenticate"];
    const text = `${name} wants authentication (HTTP 401)`;
    const hint = "give a credential, for example an Authorization header";
    return challenge === undefined
      ? { code: "unauthenticated", text, hint }
      : { code: "unauthenticated", text, hint, reason: `it asks for ${printable(challenge, SHOWN_CHARACTERS)}` };
  }
  if (status === 403)
    return {
      code: "forbidden",
      text: `${name} refuses access (HTTP 403)`,
      hint: "check the credential's rights; some servers refuse by Host or Origin",
    };
  if (inSession && (status === 404 || (status === 400 && saysNoSession(rpc)))) {
    const text = `${name} no longer knows the session (HTTP ${status})`;
    return { code: "unknown_session", text, hint: "connect again" };
  }
  const hint =
    status === 404
      ? "check the path: most servers serve MCP at /mcp"
      : status === 405
        ? "check the path; a server of the HTTP+SSE transport is reached another way"
        : status >= 500
          ? "look at the server's own log"
          : "check that this is the URL of an MCP server";
  return { code: "unreachable", text: `${name} gave no MCP answer (HTTP ${status})`, hint };
}
