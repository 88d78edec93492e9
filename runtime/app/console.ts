import { Console } from "node:console";

// stdout belongs to the protocol, or to nothing: what a hook prints to look at must not end up in a client's parser.
globalThis.console = new Console(process.stderr, process.stderr);
