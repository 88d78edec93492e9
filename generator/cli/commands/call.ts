import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { RuntimeError } from "../../../runtime/core/errors.js";
import { printable } from "../../../runtime/core/log.js";
import type { Message } from "../../../runtime/core/message.js";
import { isObject } from "../../../runtime/era/envelope.js";
import { handshake, type Connection } from "../../../runtime/era/handshake.js";
import { paramsOf } from "../../../runtime/relay/look.js";
import { relabeled } from "../../../runtime/wire/json-edit.js";
import { sliceOf } from "../../../runtime/wire/json-slice.js";
import { reasonOf } from "../../config/load.js";
import { GeneratorError } from "../../errors.js";
import { readList } from "../../introspect/pages.js";
import type { Invocation } from "../commands.js";
import { tapped } from "../exact.js";
import { nearest } from "../nearest.js";
import { backendOf, timeout } from "../reach.js";
import { readStream } from "../read-stream.js";
import { selectServer, theServer } from "../select.js";
import { VERSION } from "../version.js";
import { checkNames, checkObject, pairsOf, typedArguments } from "./call-arguments.js";
import { tellResult } from "./call-result.js";

/** A person waits: as long as a proxy would. */
const REQUEST_MS = 10 * 60_000;
const CONNECT_MS = 30_000;
/** All lists together may not be larger, in bytes. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** What is asked of the server, all words of the command line read. */
type Errand =
  | { readonly kind: "tool"; readonly name: string; readonly given: Given }
  | { readonly kind: "prompt"; readonly name: string; readonly given: Given }
  | { readonly kind: "resource"; readonly uri: string };

/** Arguments as words, or as the JSON text of an object. */
type Given = { readonly words: readonly string[] } | { readonly json: string };

/** `mcpgen call`: one tool, resource or prompt. Resolves to the exit code: 1 where the tool says that it failed. */
export async function call(invocation: Invocation): Promise<number> {
  const { print, signal } = invocation;
  const errand = await errandOf(invocation);
  const server = await theServer(await selectServer(invocation), invocation);
  const { target, era = "auto", label } = server;
  if (target.kind === "spec")
    throw new GeneratorError("usage", `there is nobody to call: ${label} is a description of a server`, {
      why: "a call needs the server itself",
      hint: 'for example --cmd "python server.py", or --url https://host/mcp',
    });
  const { log } = print;
  let argumentsText: string | undefined;
  const tap = tapped(await backendOf(target, { log }), (message) =>
    argumentsText !== undefined && message.method === "tools/call" ? withArguments(message, argumentsText) : message,
  );
  print.progress(`connecting to ${label} …`);
  const connection = await handshake(tap.backend, {
    era,
    signal,
    connectTimeoutMs: CONNECT_MS,
    requestTimeoutMs: REQUEST_MS,
    ...timeout(invocation, "connect-timeout", "connectTimeoutMs"),
    ...timeout(invocation, "request-timeout", "requestTimeoutMs"),
    // Declared is what can be answered: nothing, since nobody may sit here.
    clientCapabilities: {},
    clientInfo: { name: "mcpgen", version: VERSION },
    onNotification: (message) => tellNotification(message, invocation),
    onRequest: refuse,
    log,
  });
  try {
    const { method, params, text } = await prepared(errand, connection, signal);
    argumentsText = text;
    tap.forget(method);
    const step = "name" in errand ? `${errand.kind} ${errand.name}` : errand.uri;
    print.progress(`calling ${step} …`);
    const meta = print.errTerminal ? { _meta: { progressToken: 1 } } : {};
    await connection.request(method, { ...params, ...meta }, { step: printable(step, 200), signal });
    const answer = tap.answerTo(method);
    const result = answer?.bytes && sliceOf(answer.bytes, ["result"])?.toString("utf8");
    return await tellResult(result ?? JSON.stringify(answer?.rpc.result ?? null), invocation);
  } finally {
    await connection.caller.close("called");
  }
}

async function errandOf(invocation: Invocation): Promise<Errand> {
  const { flags } = invocation;
  const words = [...flags.list("tool"), ...flags.list("arguments")];
  const uri = flags.text("resource");
  const prompt = flags.text("prompt");
  const both = uri !== undefined && prompt !== undefined;
  if (both || (uri !== undefined && (words.length > 0 || flags.has("json-args") || flags.has("args-file"))))
    throw new GeneratorError("usage", `--resource and ${both ? "--prompt" : "arguments"} contradict each other`, {
      why: both ? "one thing is called at a time" : "a resource has its address, and takes no arguments",
      hint: both ? "give one of them" : "leave them out",
    });
  if (uri !== undefined) return { kind: "resource", uri };
  const [name, ...rest] = prompt === undefined ? words : [prompt, ...words];
  if (name === undefined)
    throw new GeneratorError("usage", "nothing to call is given", {
      why: "call takes the name of a tool, or --resource URI, or --prompt NAME",
      hint: "mcpgen inspect lists what there is",
    });
  return { kind: prompt === undefined ? "tool" : "prompt", name, given: await givenArguments(rest, invocation) };
}

/** Throws GeneratorError `usage` where they are given in two ways, or are no JSON object. */
async function givenArguments(words: readonly string[], { flags, cwd, stdin, signal }: Invocation): Promise<Given> {
  const json = flags.text("json-args");
  const file = flags.text("args-file");
  const isStdin = words.length === 1 && words[0] === "-";
  const ways = [
    ...(json === undefined ? [] : ["--json-args"]),
    ...(file === undefined ? [] : ["--args-file"]),
    ...(words.length === 0 ? [] : [isStdin ? "-" : "NAME=VALUE"]),
  ];
  if (ways.length > 1)
    throw new GeneratorError("usage", `arguments are given in two ways: ${ways.slice(0, 2).join(" and ")}`, {
      hint: "give them in one",
    });
  if (json !== undefined) return { json: checkObject(json, "--json-args") };
  if (isStdin) return { json: checkObject(await readStream(stdin, signal), "stdin") };
  if (file === undefined) return { words };
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), "utf8");
  } catch (error) {
    throw new GeneratorError("usage", `--args-file: cannot read ${file}`, {
      why: reasonOf(error),
      hint: "check the path",
      cause: error,
    });
  }
  return { json: checkObject(text, file) };
}

interface Prepared {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The arguments of a tool as they go on the wire: numbers stay as they were typed. */
  readonly text?: string;
}

/** What the server says of the thing counts: arguments by its description, a name that it does not have is told before the call. */
async function prepared(errand: Errand, connection: Connection, signal: AbortSignal): Promise<Prepared> {
  if (errand.kind === "resource") return { method: "resources/read", params: { uri: errand.uri } };
  const { kind, name, given } = errand;
  const list = kind === "tool" ? "tools" : "prompts";
  const { items, failure } = await readList({
    method: `${list}/list`,
    member: list,
    budget: { leftBytes: MAX_LIST_BYTES },
    ask: (params, step) => connection.request(`${list}/list`, params, { step, signal }),
  });
  const known = items.filter(isObject);
  const item = known.find((one) => one["name"] === name);
  if (!item) throw failure ?? noSuch(kind, name, known);
  const shown = `the ${kind} ${name}`;
  if (kind === "tool") {
    const text = "json" in given ? given.json : typedArguments(given.words, item["inputSchema"], shown);
    return { method: "tools/call", params: { name, arguments: JSON.parse(text) as unknown }, text };
  }
  if ("json" in given) return { method: "prompts/get", params: { name, arguments: JSON.parse(given.json) as unknown } };
  const declared = Array.isArray(item["arguments"]) ? item["arguments"].filter(isObject) : [];
  const names = (of: readonly Readonly<Record<string, unknown>>[]): string[] => of.map((one) => String(one["name"]));
  const pairs = pairsOf(given.words);
  const required = names(declared.filter((one) => one["required"] === true));
  checkNames([...pairs.keys()], { known: names(declared), required, open: false, item: shown });
  const texts = Object.fromEntries([...pairs].map(([key, values]) => [key, values.at(-1)]));
  return { method: "prompts/get", params: { name, ...(pairs.size > 0 && { arguments: texts }) } };
}

function noSuch(kind: string, name: string, known: readonly Readonly<Record<string, unknown>>[]): GeneratorError {
  const names = known.map((one) => String(one["name"]));
  const near = nearest(name, names);
  return new GeneratorError("usage", `the server has no ${kind} ${printable(name, 80)}`, {
    why: names.length === 0 ? `it lists no ${kind}s` : `its ${kind}s are ${printable(names.join(", "), 500)}`,
    hint: near === undefined ? "mcpgen inspect lists what there is" : `did you mean ${printable(near, 80)}?`,
  });
}

const withArguments = (message: Message, text: string): Message =>
  relabeled(message, { edits: { params: { members: { arguments: { set: text } } } } });

function tellNotification(message: Message, { print }: Invocation): void {
  const { method } = message;
  const params = paramsOf(message);
  if (method === "notifications/progress") {
    const { progress, total, message: text } = params;
    const of = typeof total === "number" ? ` of ${total}` : "";
    print.progress(
      `${typeof progress === "number" ? progress : "?"}${of}${typeof text === "string" ? ` ${text}` : ""}`,
    );
  }
  if (method === "notifications/message")
    print.log("info", `the server says: ${printable(JSON.stringify(params["data"] ?? null), 500)}`);
}

/** A server may ask although nothing was declared. */
function refuse({ method }: Message): Promise<unknown> {
  if (method === "ping") return Promise.resolve({});
  throw new RuntimeError(
    "unknown_route",
    "mcpgen call answers no questions: it has neither a person nor a model to ask",
  );
}
