import protobuf from "protobufjs";
import { GeneratorError } from "../../errors.js";
import { defaultJsonName } from "./name.js";
import type { ProtoPlan } from "./plan.js";

/**
 * Proves that the files of a plan can be parsed, that what they import and what their fields name is there, and that no two names, numbers or
 * JSON names of one message are the same. Throws GeneratorError `verify`: it is our bug, and never reaches the disk.
 */
export function verifyProto(plan: ProtoPlan): void {
  const root = new protobuf.Root();
  const common = protobuf.common.get("google/protobuf/struct.proto");
  if (common?.nested) root.addJSON(common.nested);
  const paths = new Set([...plan.files.map(({ path }) => path), "google/protobuf/struct.proto"]);
  for (const { path, contents } of plan.files) {
    const { imports = [] } = attempt(path, () => protobuf.parse(contents, root, { keepCase: true }));
    const missing = imports.find((one) => !paths.has(one));
    if (missing !== undefined) throw failure(path, `it imports ${missing}, which is not there`);
  }
  attempt(plan.package, () => root.resolveAll());
  for (const message of plan.messages.values()) {
    const { name, fields } = message;
    unique(
      name,
      fields.map((field) => field.name),
    );
    unique(
      name,
      fields.map((field) => defaultJsonName(field.name)),
    );
    unique(
      name,
      fields.map((field) => field.jsonName),
    );
    unique(
      name,
      fields.map((field) => String(field.number)),
    );
  }
  const values = [...plan.enums.values()].flatMap((one) => [one.zero, ...one.values.map(({ name }) => name)]);
  unique(plan.package, values);
  for (const { name, values: own } of plan.enums.values())
    unique(name, ["0", ...own.map(({ number }) => String(number))]);
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(what, error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error), error);
  }
}

function unique(owner: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw failure(owner, `${name} is there twice`);
    seen.add(name);
  }
}

function failure(what: string, why: string, cause?: unknown): GeneratorError {
  return new GeneratorError("verify", `generated ${what} is not valid protobuf`, { why, cause });
}
