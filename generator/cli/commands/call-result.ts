import { resolve } from "node:path";
import { printable } from "../../../runtime/core/log.js";
import { isObject, type Members } from "../../../runtime/era/envelope.js";
import { GeneratorError } from "../../errors.js";
import { writeFileWhole } from "../../output/file.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import { printExact, readExact } from "../exact.js";

/** A piece of content as it is shown. Bytes are for a file. */
type Piece = { readonly text: string } | { readonly bytes: Buffer; readonly what: string };

/**
 * Tells a result (JSON as it came): whole as JSON or YAML, for people its content. Resolves to the exit code. Throws GeneratorError
 * `output`, and `usage` where --output cannot hold what came.
 */
export async function tellResult(result: string, invocation: Invocation): Promise<number> {
  const { flags, print, cwd } = invocation;
  const value = JSON.parse(result) as unknown;
  const failed = isObject(value) && value["isError"] === true;
  const format = formatOf(invocation);
  const output = flags.text("output");
  const file = output === undefined || output === "-" ? undefined : output;
  const pieces = format === "human" ? piecesOf(value) : [{ text: await printed(result, format) }];
  if (failed && format === "human") {
    for (const piece of pieces) print.fail(shown(piece, true));
    return EXIT.failed;
  }
  if (file === undefined) {
    const safe = print.terminal && format === "human";
    for (const piece of pieces) print.out(`${shown(piece, safe).replace(/\n$/, "")}\n`);
  } else {
    await writeFileWhole(resolve(cwd, file), contentsOf(pieces, file));
    print.note(`wrote ${file}`);
  }
  return failed ? EXIT.failed : EXIT.done;
}

function formatOf({ flags }: Invocation): "human" | "json" | "yaml" {
  const given = flags.text("format");
  if (flags.flag("json") && given !== undefined && given !== "json")
    throw new GeneratorError("usage", `two formats are given: --json and --format ${given}`, {
      hint: "give one of them",
    });
  return flags.flag("json") ? "json" : ((given ?? "human") as "human" | "json" | "yaml");
}

async function printed(result: string, format: "json" | "yaml"): Promise<string> {
  if (format === "json") return printExact(readExact(result));
  const { stringify } = await import("yaml");
  return stringify(JSON.parse(result), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** What people want of a result: the texts, what is structured where no text says the same, and what else there is. */
function piecesOf(result: unknown): readonly Piece[] {
  if (!isObject(result)) return [{ text: JSON.stringify(result, null, 2) }];
  const { content, contents, messages, structuredContent } = result;
  if (Array.isArray(contents)) return contents.map((one) => resourcePiece(one));
  if (Array.isArray(messages))
    return messages.filter(isObject).map((one) => said(String(one["role"]), contentPiece(one["content"])));
  const pieces = Array.isArray(content) ? content.map((one) => contentPiece(one)) : [];
  const says = (piece: Piece): boolean => "text" in piece && sameJson(piece.text, structuredContent);
  if (structuredContent !== undefined && !pieces.some(says))
    return [...pieces, { text: JSON.stringify(structuredContent, null, 2) }];
  return pieces.length > 0 || Array.isArray(content) ? pieces : [{ text: JSON.stringify(result, null, 2) }];
}

const said = (role: string, piece: Piece): Piece => ("text" in piece ? { text: `${role}: ${piece.text}` } : piece);

function contentPiece(block: unknown): Piece {
  if (!isObject(block)) return { text: JSON.stringify(block) };
  const { type, text, data, mimeType, resource, uri, name } = block;
  if (type === "text" && typeof text === "string") return { text };
  if ((type === "image" || type === "audio") && typeof data === "string") return binary(type, mimeType, data);
  if (type === "resource") return resourcePiece(resource);
  if (type === "resource_link" && typeof uri === "string")
    return { text: typeof name === "string" ? `${name}: ${uri}` : uri };
  return { text: JSON.stringify(block, null, 2) };
}

function resourcePiece(resource: unknown): Piece {
  const { text, blob, mimeType }: Members = isObject(resource) ? resource : {};
  if (typeof text === "string") return { text };
  if (typeof blob === "string") return binary("resource", mimeType, blob);
  return { text: JSON.stringify(resource, null, 2) };
}

function binary(kind: string, mimeType: unknown, base64: string): Piece {
  const bytes = Buffer.from(base64, "base64");
  const type = typeof mimeType === "string" ? ` ${mimeType}` : "";
  return { bytes, what: `${kind}${type}, ${bytes.length} bytes` };
}

/** `safe`: foreign text cannot play with the terminal. */
function shown(piece: Piece, safe: boolean): string {
  const text = "text" in piece ? piece.text : `[${piece.what}; --output FILE writes it]`;
  return safe
    ? text
        .split("\n")
        .map((line) =>
          line
            .split("\t")
            .map((part) => printable(part, Infinity))
            .join("\t"),
        )
        .join("\n")
    : text;
}

function contentsOf(pieces: readonly Piece[], file: string): string | Buffer {
  const [first, ...others] = pieces;
  if (first && "bytes" in first && others.length === 0) return first.bytes;
  const binaries = pieces.filter((piece) => "bytes" in piece);
  if (binaries.length === 0) return pieces.map((piece) => `${shown(piece, false).replace(/\n$/, "")}\n`).join("");
  throw new GeneratorError("usage", `${file} cannot hold ${pieces.length} pieces of content`, {
    why: `${binaries.length} of them are no text`,
    hint: "take the whole result with --format json",
  });
}

function sameJson(text: string, value: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false; // it is prose
  }
}
