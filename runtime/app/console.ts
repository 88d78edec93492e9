import { Console } from "node:console";

// stdout belongs to the protocol, or to nothing: what a hook prints to look at must not end up in a client's parser.
globalThis.console = new Console(process.stderr, process.stderr);

// A reader that goes away (`proxy --help | head -1`) is no failure of the proxy, and a log that nobody reads stops nothing.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
