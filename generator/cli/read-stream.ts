import type { Readable } from "node:stream";
import { GeneratorError } from "../errors.js";

/** The largest captured server is a hundredth of it. */
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** All of stdin as text. Throws GeneratorError `spec` past MAX_TEXT_BYTES, and the signal's reason when it fires. */
export async function readStream(stdin: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stop = (): void => {
    stdin.destroy(signal.reason as Error);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > MAX_TEXT_BYTES) throw tooLarge("stdin");
      chunks.push(chunk);
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export const tooLarge = (what: string): GeneratorError =>
  new GeneratorError("spec", `${what} is larger than ${MAX_TEXT_BYTES} bytes`, {
    why: "that is the limit for what is read at once",
    hint: "leave out what is not needed",
  });
