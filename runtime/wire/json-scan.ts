import { isUtf8 } from "node:buffer";
import { RuntimeError } from "../core/errors.js";
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  joined,
  skipSpace,
} from "./bytes.js";

export interface ScanOptions {
  /** Deepest nesting of arrays and objects; the message itself is level 1. */
  readonly maxDepth: number;
}

/** Brackets, braces, commas and colons: what makes a small message a large heap. */
const MAX_TOKENS = 1_000_000;

/** Members on which decisions are made, at the top level and in `params`. */
const TOP = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);
const PARAMS = new Set(["name", "uri", "arguments", "_meta"]);

/**
 * Checks what a client sends before anybody parses it: valid JSON throughout, depth, number of tokens, and nothing that
 * two parsers could read differently: no member twice at the top level (nor `name`, `uri`, `arguments`, `_meta` in
 * `params`), none that differs from a known one only in case. One pass, iterative, no copy.
 * In a batch the same holds for each element. Throws RuntimeError `bad_message` naming which, `too_large` past 1,000,000 tokens.
 * Returns what keeps it from being a message, though it is JSON: see `scanMessage`.
 */
export function scan(bytes: readonly Uint8Array[], options: ScanOptions): string | undefined {
  const text = joined(bytes);
  if (!isUtf8(text)) throw invalid("not valid UTF-8", 0);
  const scanner = new Scanner(text, options.maxDepth);
  scanner.run();
  return scanner.misshapen;
}

/**
 * The same, and what every reader of JSON-RPC would refuse, some of them without a word: no `"jsonrpc":"2.0"`, `params` that
 * are no object, a request that is a response too. Throws RuntimeError `bad_message`, of the first message that is wrong.
 * Source: JSON-RPC 2.0, section 4; MCP schema, `JSONRPCMessage`.
 */
export function scanMessage(bytes: readonly Uint8Array[], options: ScanOptions): void {
  const wrong = scan(bytes, options);
  if (wrong !== undefined) throw new RuntimeError("bad_message", wrong);
}

const VERSION = '"2.0"';

/** What may come next. A state machine in place of recursion: depth must cost no stack. */
type Expect = "value" | "first value" | "first key" | "key" | "separator";

class Scanner {
  readonly #text: Buffer;
  readonly #maxDepth: number;
  /** Opening brackets of what is open. */
  readonly #open: number[] = [];
  #at = 0;
  #tokens = 0;
  /** Depth of a message's own object: 1, or 2 inside a batch. */
  #top = 1;
  #inParams = false;
  /** What is wrong with the first message that is none, though it is JSON. */
  misshapen: string | undefined;
  /** Member of the top level whose value comes next. */
  #pending = "";
  #topSeen = new Set<string>();
  #paramsSeen = new Set<string>();

  constructor(text: Buffer, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  run(): void {
    const text = this.#text;
    let expect: Expect = "value";
    this.#at = skipSpace(text, 0);
    if (text[this.#at] === OPEN_ARRAY) this.#top = 2;
    for (;;) {
      this.#at = skipSpace(text, this.#at);
      if (expect === "separator") {
        if (this.#open.length === 0) break;
        expect = this.#separator();
      } else if (expect === "key" || expect === "first key") {
        expect = this.#key(expect === "first key");
      } else {
        expect = this.#value(expect === "first value");
      }
    }
    if (this.#at !== text.length) throw invalid("text after the end of the message", this.#at);
  }

  #value(mayClose: boolean): Expect {
    const c = this.#text[this.#at];
    if (this.#pending !== "") this.#topValue(c);
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      this.#token();
      this.#open.push(c);
      const depth = this.#open.length;
      // The array around a batch is no level of a message.
      if (depth - this.#top >= this.#maxDepth)
        throw new RuntimeError("bad_message", `a message may be nested at most ${this.#maxDepth} levels deep`);
      if (depth === this.#top) this.#topSeen = new Set();
      if (depth === this.#top + 1) this.#paramsSeen = new Set();
      return c === OPEN_OBJECT ? "first key" : "first value";
    }
    if (c === CLOSE_ARRAY && mayClose) return this.#close();
    if (c === QUOTE) this.#string();
    else this.#scalar();
    return "separator";
  }

  #key(mayClose: boolean): Expect {
    const text = this.#text;
    if (text[this.#at] === CLOSE_OBJECT && mayClose) return this.#close();
    if (text[this.#at] !== QUOTE) throw invalid("a member name must be a string", this.#at);
    const start = this.#at;
    this.#string();
    const depth = this.#open.length;
    if (depth === this.#top || (depth === this.#top + 1 && this.#inParams)) this.#member(start, depth);
    this.#at = skipSpace(text, this.#at);
    if (text[this.#at] !== COLON) throw invalid(`a member name must be followed by ":"`, this.#at);
    this.#token();
    return "value";
  }

  #member(start: number, depth: number): void {
    const raw = this.#text.toString("utf8", start, this.#at);
    const name = raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
    const atTop = depth === this.#top;
    const known = atTop ? TOP : PARAMS;
    const place = atTop ? "" : " in params";
    // As Go's decoder folds: "Method" and "paramſ" are "method" and "params" there.
    const folded = name.toUpperCase().toLowerCase();
    if (folded !== name && known.has(folded))
      throw new RuntimeError("bad_message", `member ${JSON.stringify(name)}${place} must be spelled "${folded}"`);
    if (atTop) {
      this.#inParams = name === "params";
      this.#pending = name;
    } else if (!known.has(name)) return;
    const seen = atTop ? this.#topSeen : this.#paramsSeen;
    if (seen.has(name))
      throw new RuntimeError("bad_message", `member ${JSON.stringify(name.slice(0, 100))}${place} is there twice`);
    seen.add(name);
  }

  #topValue(c: number | undefined): void {
    const name = this.#pending;
    this.#pending = "";
    if (name === "params" && c !== OPEN_OBJECT) this.misshapen ??= `"params" must be an object where it is there`;
    if (name === "jsonrpc" && this.#text.toString("latin1", this.#at, this.#at + VERSION.length) !== VERSION)
      this.misshapen ??= `"jsonrpc" must be "2.0"`;
  }

  #message(): void {
    const seen = this.#topSeen;
    if (!seen.has("jsonrpc")) this.misshapen ??= `"jsonrpc": "2.0" is missing`;
    if (seen.has("method") && (seen.has("result") || seen.has("error")))
      this.misshapen ??= "a message is a request or a response, not both";
  }

  #separator(): Expect {
    const c = this.#text[this.#at];
    const object = this.#open.at(-1) === OPEN_OBJECT;
    if (c === COMMA) {
      this.#token();
      return object ? "key" : "value";
    }
    if (c === (object ? CLOSE_OBJECT : CLOSE_ARRAY)) return this.#close();
    throw invalid(`"," or the end of ${object ? "an object" : "an array"} is missing`, this.#at);
  }

  #close(): Expect {
    this.#token();
    const closed = this.#open.pop();
    if (closed === OPEN_OBJECT && this.#open.length === this.#top - 1) this.#message();
    return "separator";
  }

  #token(): void {
    this.#at++;
    if (++this.#tokens > MAX_TOKENS)
      throw new RuntimeError("too_large", `a message may hold at most ${MAX_TOKENS} brackets, commas and colons`);
  }

  /** From the opening quote to behind the closing one. */
  #string(): void {
    const text = this.#text;
    const start = this.#at;
    for (let at = start + 1; ; at++) {
      const c = text[at];
      if (c === undefined) throw invalid("a string does not end", start);
      if (c < 0x20) throw invalid("a control character in a string", at);
      if (c === QUOTE) {
        this.#at = at + 1;
        return;
      }
      if (c !== BACKSLASH) continue;
      const escape = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.toString("latin1", at + 1, at + 6));
      if (!escape) throw invalid("an unknown escape in a string", at);
      at += escape[0].length;
    }
  }

  /** A number or a literal. Source: RFC 8259, section 6. */
  #scalar(): void {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    for (; ; at++) {
      const c = text[at];
      if (c === undefined || c <= 0x20 || c === COMMA || c === CLOSE_ARRAY || c === CLOSE_OBJECT) break;
    }
    // Longer ones exist only to be slow: no number needs more digits.
    const word = at - start > 4096 ? "" : text.toString("latin1", start, at);
    if (!/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(word))
      throw invalid(word === "" && at === text.length ? "the message ends too early" : "a value is no JSON", start);
    this.#at = at;
  }
}

/** JSON-RPC 2.0, section 5.1: -32700 for what cannot be parsed, against -32600 for what is no request. */
function invalid(what: string, at: number): RuntimeError {
  const text = `not valid JSON: ${what} (byte ${at})`;
  return new RuntimeError("bad_message", text, { rpcError: { code: -32700, message: text } });
}
