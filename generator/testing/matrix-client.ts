import type { Wire } from "./matrix-wire.js";

type Json = Record<string, unknown>;

/** What a server may ask of a client, and what it is answered: a result's JSON text. */
export const ANSWERS: Readonly<Record<string, string>> = {
  "sampling/createMessage": '{"role":"assistant","content":{"type":"text","text":"hi"},"model":"m","x":1.0}',
  "elicitation/create": '{"action":"accept","content":{"name":"Ada","n":12345678901234567890}}',
  "roots/list": '{"roots":[{"uri":"file:///r"}]}',
};

/** One client on a wire, with ids of its own choosing. */
export interface RawClient {
  /** The whole answer, as it came. Rejects when there is none in time. */
  request(
    method: string,
    params?: object,
    options?: { readonly id?: string | number; readonly text?: string },
  ): Promise<string>;
  notify(method: string, params?: object): Promise<void>;
  /** Resolves with the first notification, past or future, that fits. */
  heard(method: string, fits?: (params: Json) => boolean): Promise<string>;
  /** Initialized, with all that a client can declare. Resolves to the answer. */
  initialize(): Promise<string>;
  readonly wire: Wire;
}

const PATIENCE_MS = 20_000;

export function rawClient(wire: Wire): RawClient {
  const waiting = new Map<string | number, (text: string) => void>();
  const notes: { readonly text: string; readonly method: string; readonly params: Json }[] = [];
  const listeners = new Set<() => void>();
  let next = 100;

  wire.onText = (text) => {
    const message = JSON.parse(text) as { id?: string | number; method?: string; params?: Json };
    const { id, method, params = {} } = message;
    if (method === undefined) {
      if (id === undefined) return;
      waiting.get(id)?.(text);
      waiting.delete(id);
    } else if (id === undefined) {
      notes.push({ text, method, params });
      for (const listener of listeners) listener();
    } else void wire.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${ANSWERS[method] ?? "{}"}}`);
  };

  const inTime = <T>(what: string, work: (done: (value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing heard of ${what}`)), PATIENCE_MS);
      work((value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });

  const client: RawClient = {
    wire,
    request(method, params, { id = ++next, text } = {}) {
      const answer = inTime<string>(method, (done) => waiting.set(id, done));
      answer.catch(() => undefined); // a send that fails tells more
      const body = text ?? JSON.stringify({ jsonrpc: "2.0", id, method, ...(params && { params }) });
      return wire.send(body).then(() => answer);
    },
    notify: (method, params) => wire.send(JSON.stringify({ jsonrpc: "2.0", method, ...(params && { params }) })),
    heard: (method, fits = () => true) =>
      inTime(method, (done) => {
        const look = (): void => {
          const found = notes.find((note) => note.method === method && fits(note.params));
          if (!found) return;
          listeners.delete(look);
          done(found.text);
        };
        listeners.add(look);
        look();
      }),
    async initialize() {
      const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
      const clientInfo = { name: "matrix", version: "1" };
      const answer = await client.request("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
      await client.notify("notifications/initialized");
      return answer;
    },
  };
  return client;
}
