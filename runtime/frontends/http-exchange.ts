import type { ServerResponse } from "node:http";
import type { RuntimeError } from "../core/errors.js";
import { byteLength, bytesOf, failureResponse, type Message, type RequestId } from "../core/message.js";
import { COMMENT } from "../wire/sse.js";
import { behindStatus, retryAfter } from "./http-refusal.js";
import { openConnection, sendAll, type Connection } from "./http-stream.js";

/** Where an exchange streams to, once it must. */
export interface Outlet {
  /** There is a way to the client, now or once it comes back for the rest. */
  readonly reachable: boolean;
  write(data: readonly Uint8Array[]): Promise<void>;
  end(): void;
}

export interface ExchangeOptions {
  /** Requests of the POST that wait for their answers. At least one. */
  readonly ids: readonly RequestId[];
  /** The POST was a JSON array, and so is a JSON answer. */
  readonly batch: boolean;
  readonly keepAliveMs: number;
  /** Headers of the answer, asked for when it starts. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** HTTP status of an answer that goes out as JSON. Default: 200, or what its failure means. */
  readonly status?: (answer: Message) => number;
  readonly openOutlet: (connection: Connection) => Outlet;
}

/** One POST with requests, until all of them are answered: JSON, unless something must stream first. */
export interface Exchange {
  /** The client still holds the connection of this POST. */
  readonly open: boolean;
  /** Open, or to be resumed by the client. */
  readonly reachable: boolean;
  /** An answer. The last one ends the response. Resolves when the client's buffer has taken it. */
  answer(message: Message, id: RequestId): Promise<void>;
  /** Anything else that belongs here: the response becomes a stream. */
  readonly stream: (message: Message) => Promise<void>;
  /** Writes what means nothing, so that a client that is gone shows: the response becomes a stream. */
  readonly probe: () => void;
  /** No more answers will come: each request that still waits is answered with `failure`. */
  abort(failure: RuntimeError): Promise<void>;
}

export function exchange(response: ServerResponse, options: ExchangeOptions): Exchange {
  const waiting = new Set(options.ids);
  const answers: Message[] = [];
  let outlet: Outlet | undefined;
  let connection: Connection | undefined;

  const isOpen = (): boolean => !response.destroyed && !response.writableEnded;
  const toStream = (): Outlet | undefined => {
    if (outlet || !isOpen()) return outlet;
    clearTimeout(timer);
    connection = openConnection(response, { headers: options.headers(), keepAliveMs: options.keepAliveMs });
    outlet = options.openOutlet(connection);
    for (const message of answers) void outlet.write(bytesOf(message));
    return outlet;
  };
  const timer = setTimeout(toStream, options.keepAliveMs);
  response.once("close", () => clearTimeout(timer));

  const toJson = async (): Promise<void> => {
    if (!isOpen()) return;
    clearTimeout(timer);
    const chunks = options.batch ? arrayOf(answers) : answers.flatMap(bytesOf);
    const [only] = answers;
    const status = options.batch || !only ? 200 : (options.status ?? statusOf)(only);
    response.writeHead(status, {
      ...options.headers(),
      ...retryAfter(status),
      "Content-Type": "application/json",
      "Content-Length": byteLength(chunks),
    });
    await sendAll(response, chunks);
    response.end();
  };

  const answer = async (message: Message, id: RequestId): Promise<void> => {
    if (!waiting.delete(id)) return;
    if (outlet) {
      const written = outlet.write(bytesOf(message));
      if (waiting.size === 0) outlet.end();
      return written;
    }
    answers.push(message);
    if (waiting.size === 0) await toJson();
  };

  return {
    get open() {
      return isOpen();
    },
    get reachable() {
      return isOpen() || (outlet?.reachable ?? false);
    },
    answer,
    async stream(message) {
      await toStream()?.write(bytesOf(message));
    },
    probe() {
      toStream();
      void connection?.send([COMMENT]);
    },
    async abort(failure) {
      await Promise.all([...waiting].map((id) => answer(failureResponse(id, failure), id)));
    },
  };
}

const statusOf = ({ failure }: Message): number => (failure ? behindStatus(failure) : 200);

const encoder = new TextEncoder();
const [OPEN, COMMA, CLOSE] = ["[", ",", "]"].map((text) => encoder.encode(text)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

const arrayOf = (messages: readonly Message[]): readonly Uint8Array[] => [
  OPEN,
  ...messages.flatMap((message, index) => (index === 0 ? bytesOf(message) : [COMMA, ...bytesOf(message)])),
  CLOSE,
];
