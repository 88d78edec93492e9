import { readFileSync } from "node:fs";
import { readSpec } from "../ir/read.js";
import { planNames } from "../ir/names.js";
import { printTypes } from "../emit/types.js";
import { printClient } from "../emit/client.js";
import { fileHeader } from "../emit/header.js";
const spec = readSpec(JSON.parse(readFileSync(process.argv[2]!, "utf8")), "x");
for (let i = 0; i < 3; i++) { const t0 = performance.now(); const names = planNames(spec); const t1 = performance.now();
  const types = await printTypes(spec, names); const t2 = performance.now();
  const client = printClient(spec, names, { typesModule: "./types.gen.js", header: fileHeader(spec) }); const t3 = performance.now();
  console.log({ names: t1 - t0, types: t2 - t1, client: t3 - t2, typesBytes: Buffer.byteLength(types), clientBytes: Buffer.byteLength(client) }); }
