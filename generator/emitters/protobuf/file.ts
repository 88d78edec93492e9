import type { Lock } from "../../ir/lock.js";
import { byCodeUnit } from "../../ir/order.js";
import type { ToolBlocks } from "./tool.js";
import type { Unit } from "./unit.js";

export interface UnitSetting {
  /** First lines. */
  readonly header: string;
  readonly package: string;
  /** Of all files, `mcpgen/demo/v1/`; "" for a single one, which stands where no package says. */
  readonly folder: string;
}

/** Characters of tools in one file. protoc-gen-es takes more than a minute for 2 MB, and a second for this. */
const MAX_CHARACTERS = 300_000;

/** The file of each tool. A tool stays where it was; new ones go by their place in the alphabet. */
export function toolFiles(tools: readonly ToolBlocks[], lock: Lock): readonly string[] {
  const sizes = tools.map(({ blocks }) => blocks.reduce((sum, { text }) => sum + text.length, 0));
  const isSplit = sizes.reduce((sum, size) => sum + size, 0) > MAX_CHARACTERS;
  let before = 0;
  const wishes = tools.map(({ models }, i) => {
    const base = isSplit ? `tools_${Math.floor(before / MAX_CHARACTERS) + 1}` : "tools";
    before += sizes[i] ?? 0;
    return { key: models.route.key, base };
  });
  return lock.names({ target: "protobuf", owner: "files" }, wishes, {
    claims: () => [],
    nth: (base) => base,
  });
}

/** Text of a file. */
export function printUnit(
  { name: file, blocks, imports = [] }: Unit,
  { header, package: name, folder }: UnitSetting,
): string {
  const isSingle = folder === "";
  const needs = new Set(blocks.flatMap((block) => block.needs));
  const own = [
    ...imports,
    ...(needs.has("content") ? ["content"] : []),
    ...(needs.has("wrappers") ? ["wrappers"] : []),
  ];
  const paths = [
    ...(needs.has("struct") ? ["google/protobuf/struct.proto"] : []),
    ...(isSingle ? [] : [...new Set(own)].filter((one) => one !== file).map((one) => `${folder}${one}.proto`)),
  ].sort(byCodeUnit);
  return [
    `${header}syntax = "proto3";\n`,
    // A single file may stand anywhere.
    `${isSingle ? "// buf:lint:ignore PACKAGE_DIRECTORY_MATCH\n" : ""}package ${name};\n`,
    ...(paths.length === 0 ? [] : [paths.map((path) => `import "${path}";\n`).join("")]),
    ...blocks.map(({ text }) => text),
  ].join("\n");
}
