import { RuntimeError } from "../core/errors.js";
import { printable, type Log } from "../core/log.js";
import { failureResponse, type Message } from "../core/message.js";
import { joined } from "../wire/bytes.js";
import { answeredId, isBatch, messageOf, splitBatch } from "../wire/json.js";
import type { Line } from "../wire/lines.js";
import { badAnswer } from "./bad-answer.js";

const SHOWN_BYTES = 800;
const SHOWN_CHARACTERS = 200;
const END_BYTES = 1024;

const STDOUT_HINT = "a server on stdio must print its logs to stderr: stdout carries the protocol";

/**
 * Turns lines of a server into messages. Lines that are none are tolerated, counted, and reported once. Where such a line
 * was the answer to a request, as far as its ends tell, that request is answered with the failure: nobody waits in vain.
 */
export function lineReader(program: string, log: Log, hint = STDOUT_HINT): (line: Line) => readonly Message[] {
  let noise = 0;

  const broken = (head: Uint8Array, tail: Uint8Array, failure: RuntimeError): readonly Message[] => {
    const id = answeredId(head, tail);
    if (id !== undefined) return [failureResponse(id, failure)];
    const shown = printable(Buffer.from(head.subarray(0, SHOWN_BYTES)).toString("utf8"), SHOWN_CHARACTERS);
    log(noise++ === 0 ? "warn" : "debug", `${program} wrote a line that is no message: ${shown}`, {
      why: failure.text,
      count: noise,
      hint,
    });
    return [];
  };

  return (line) => {
    if ("oversize" in line) {
      const text = `a message of ${line.oversize} bytes from ${program} is over the limit`;
      return broken(line.head, line.tail, new RuntimeError("too_large", text, { fault: "server" }));
    }
    try {
      return isBatch(line.bytes) ? splitBatch(line.bytes).map((one) => messageOf(one)) : [messageOf(line.bytes)];
    } catch (error) {
      const text = joined(line.bytes);
      return broken(text.subarray(0, 4 * END_BYTES), text.subarray(-END_BYTES), badAnswer(program, error));
    }
  };
}
