import { mkdirSync } from "node:fs";
import { ownProgram, runProgram, systemProgram, type RunResult } from "./gate-run.js";

/** A finding of buf or protoc. */
export interface ProtoFault {
  /** Relative to the folder that was looked at, "/"-separated; empty where it belongs to no file. */
  readonly file: string;
  readonly text: string;
}

const LINT = { use: ["STANDARD"] };
const BREAKING = { use: ["WIRE_JSON"] };
/** What comes back takes the number that was reserved for it, which changes nothing for anybody. */
const BACK = { ...BREAKING, except: ["RESERVED_ENUM_NO_DELETE", "RESERVED_MESSAGE_NO_DELETE"] };

/** `buf lint` STANDARD over all files of a folder, which is the root of their paths. */
export const protoLintFaults = (folder: string): Promise<readonly ProtoFault[]> => buf(["lint"], folder);

/** `buf build`: compiles all files of a folder into one image, a FileDescriptorSet. */
export const protoBuildFaults = (folder: string, image: string): Promise<readonly ProtoFault[]> =>
  buf(["build", "--output", image], folder);

/** `buf breaking` WIRE_JSON of a folder against an image. `comesBack`: members that were gone are there again. */
export const protoBreakingFaults = (
  folder: string,
  { image, comesBack = false }: { readonly image: string; readonly comesBack?: boolean },
): Promise<readonly ProtoFault[]> => buf(["breaking", "--against", image], folder, comesBack ? BACK : BREAKING);

/** Whether Google's own compiler is here: no npm package of ours brings it. */
export const hasProtoc = (): boolean => systemProgram("protoc") !== undefined;

/** `protoc` over files of a folder. Files of different folders may not have one path. */
export async function protocFaults(folder: string, files: readonly string[]): Promise<readonly ProtoFault[]> {
  const protoc = systemProgram("protoc");
  if (protoc === undefined) return [{ file: "", text: "protoc is not installed: Debian's protobuf-compiler has it" }];
  const args = [`--proto_path=${folder}`, "--descriptor_set_out=/dev/null", ...files];
  return faultsOf("protoc", await runProgram(protoc, args, { cwd: folder }), protocFault);
}

/** Writes the modules that protoc-gen-es makes of files, through buf, which needs no protoc. */
export async function protobufTypes(
  folder: string,
  { out, files }: { readonly out: string; readonly files: readonly string[] },
): Promise<readonly ProtoFault[]> {
  mkdirSync(out, { recursive: true });
  const plugin = {
    local: ownProgram("protoc-gen-es"),
    out,
    opt: ["target=ts", "json_types=true", "import_extension=js"],
  };
  const template = JSON.stringify({ version: "v2", plugins: [plugin] });
  const paths = files.flatMap((file) => ["--path", file]);
  return buf(["generate", "--template", template, ...paths], folder);
}

async function buf(
  args: readonly string[],
  folder: string,
  breaking: object = BREAKING,
): Promise<readonly ProtoFault[]> {
  const options = ["--config", JSON.stringify({ version: "v2", lint: LINT, breaking }), "--error-format=json"];
  return faultsOf("buf", await runProgram(ownProgram("buf"), [...args, ...options], { cwd: folder }), bufFault);
}

/** A program that fails has said why: what cannot be read as a finding is told as it is. */
function faultsOf(
  what: string,
  { code, stdout, stderr }: RunResult,
  read: (line: string) => ProtoFault | null,
): readonly ProtoFault[] {
  if (code === 0) return [];
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  const faults = lines.flatMap((line) => read(line) ?? []);
  return faults.length > 0
    ? faults
    : [{ file: "", text: `${what} ended with ${String(code)}: ${lines.join("\n").slice(0, 2000)}` }];
}

/** A line of `--error-format=json`. */
function bufFault(line: string): ProtoFault | null {
  if (!line.startsWith("{")) return null;
  const { path = "", start_line: at, type = "", message = "" } = JSON.parse(line) as Partial<Record<string, string>>;
  return { file: path, text: `${path}:${at ?? "?"}: ${type}: ${message}` };
}

/** `a/b.proto:3:5: "x" is not defined.` */
function protocFault(line: string): ProtoFault | null {
  const file = /^(.+?\.proto):/.exec(line)?.[1];
  return file === undefined || line.includes(": warning: ") ? null : { file, text: line };
}
