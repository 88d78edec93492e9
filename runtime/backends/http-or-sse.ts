import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { silent } from "../core/log.js";
import type { Message } from "../core/message.js";
import { httpBackend, type HttpBackendOptions } from "./http.js";
import { sseBackend } from "./sse.js";

/** What servers that know no Streamable HTTP answer to a POST. Source: MCP 2025-11-25, "Transports", "Backwards Compatibility". */
const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 404, 405]);

/**
 * An MCP server over Streamable HTTP, or, where the POST of `initialize` is refused, over the HTTP+SSE of 2024-11-05 at the
 * same URL. Which one it is shows to nobody, and is remembered for the next open() as long as it holds.
 * Throws as httpBackend does.
 */
export function httpOrSseBackend(options: HttpBackendOptions): Backend {
  const http = httpBackend(options);
  const sse = sseBackend(options);
  const { log = silent } = options;
  let onlySse = false;
  return {
    kind: "http",
    async open(signal) {
      if (onlySse)
        try {
          return await sse.open(signal);
        } catch (error) {
          const { code, status } = RuntimeError.from(error);
          if (code !== "unreachable" || !REFUSALS.has(status)) throw error;
          onlySse = false; // another server has taken its place
        }
      return eitherChannel({
        first: await http.open(signal),
        async fallBack(opening) {
          const channel = await sse.open(opening).catch((error: unknown) => {
            log("debug", "the server does not speak HTTP+SSE of 2024-11-05 either", { error });
            throw error;
          });
          onlySse = true;
          log("info", "the server speaks HTTP+SSE of 2024-11-05, not Streamable HTTP");
          return channel;
        },
      });
    },
  };
}

interface Either {
  readonly first: Channel;
  /** Another way to the same server. */
  readonly fallBack: (signal: AbortSignal) => Promise<Channel>;
}

function eitherChannel({ first, fallBack }: Either): Channel {
  const queue = new MessageQueue(1);
  const life = new AbortController();
  let current = first;
  let greeting: Message | undefined;
  let deciding: Promise<void> | undefined;
  let decide: () => void = () => undefined;
  let closing: Promise<void> | undefined;

  /** Whether the greeting has found its server in another way than it was sent. */
  const fellBack = async ({ failure }: Message, refused: Message): Promise<boolean> => {
    if (!REFUSALS.has(failure?.status) || failure?.rpcError) return false;
    let other: Channel;
    try {
      other = await fallBack(life.signal);
    } catch {
      return false; // then the refusal is the better answer
    }
    current = other;
    await first.close();
    if (life.signal.aborted) await other.close();
    else await other.send(refused);
    return true;
  };

  const receive = async (): Promise<void> => {
    for await (const message of first.incoming) {
      if (greeting && message.kind === "response" && message.id === greeting.id) {
        const refused = greeting;
        greeting = undefined;
        const moved = await fellBack(message, refused);
        decide();
        if (moved) break;
      }
      if (!queue.ended) await queue.push(message);
    }
    if (current !== first) for await (const message of current.incoming) if (!queue.ended) await queue.push(message);
  };
  void receive()
    .then(
      () => queue.end(),
      (error: unknown) => queue.end(RuntimeError.from(error, "closed")),
    )
    .finally(() => decide());

  return {
    incoming: queue,
    async send(message) {
      if (message.kind !== "response") await deciding;
      if (closing) throw new RuntimeError("closed", "the channel is closed");
      if (message.method === "initialize" && current === first) {
        greeting = message;
        deciding = new Promise((resolve) => (decide = resolve));
      }
      await current.send(message);
    },
    close(reason) {
      closing ??= (async () => {
        queue.end();
        life.abort(new RuntimeError("closed", "the channel is closed"));
        await Promise.all([first.close(reason), current.close(reason)]);
      })();
      return closing;
    },
  };
}
