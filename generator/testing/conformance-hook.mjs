// The suite's command line imports fs.globSync, which Node has since 22, for helpers that are not used here. On Node 20 it gets one that throws.
import fs from "node:fs";
import { register } from "node:module";

const STUB = `data:text/javascript,${encodeURIComponent(
  `export * from "node:fs"; export { default } from "node:fs"; export const globSync = () => { throw new Error("fs.globSync needs Node 22"); };`,
)}`;
const HOOK = `export function resolve(specifier, context, next) {
  const ours = (specifier === "fs" || specifier === "node:fs") && (context.parentURL ?? "").includes("/@modelcontextprotocol/conformance/");
  return ours ? { url: ${JSON.stringify(STUB)}, format: "module", shortCircuit: true } : next(specifier, context);
}`;
if (typeof fs.globSync !== "function") register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
