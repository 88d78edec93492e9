import { readFile } from "node:fs/promises";
import type { EmittedFile } from "../../emit/emitter.js";
import { GeneratorError } from "../../errors.js";
import { checkOutput, type CheckReport } from "../../output/check.js";
import { unifiedDiff } from "../../output/diff.js";
import { writeFileWhole } from "../../output/file.js";
import { outputError } from "../../output/paths.js";
import { writeOutput } from "../../output/write.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import type { Flags } from "../flags.js";
import { checkLockFlags } from "../lock-flags.js";
import { drift } from "../lock-refusal.js";
import { openLockSession, type LockChange, type LockSession } from "../lock.js";
import { selectServer, theServer } from "../select.js";
import { reportCheck, reportWritten } from "./generate-report.js";
import { generateOutputs, type Generated } from "./generate-run.js";
import type { PlannedOutput } from "./outputs.js";
import { languageOf, optionsOf, placeOf, type Language, type Place } from "./schema-place.js";

/** `mcpgen schema`: one server's contract in another language, to stdout, a file or a folder. */
export async function schemaCommand(invocation: Invocation): Promise<number> {
  const { flags, cwd, signal } = invocation;
  const language = languageOf(flags.text("language") ?? "");
  checkLockFlags(flags);
  const place = placeOf(language, invocation);
  checkFlags(flags, place);
  const selection = await selectServer(invocation);
  const output = await planned(language, place, { selection, invocation });
  const session = await openLockSession(invocation, { folder: "config" in selection ? selection.config.folder : cwd });
  const [generated] = await generateOutputs([output], invocation, { session });
  if (!generated) throw new GeneratorError("internal", `nothing was generated for ${output.shown}`);

  // Numbers must stay as they are once they are in use, and so must names where somebody keeps a lock.
  const writesLock = language === "protobuf" || session.isThere;
  if (flags.flag("check")) {
    const report = await checkPlace(place, generated.files);
    return reportCheck([{ output, report }], {
      ...(writesLock && { lock: session.check() }),
      // --format json is the form of the schema.
      print: { ...invocation.print, json: flags.flag("json") },
      command: "mcpgen schema",
    });
  }
  if (writesLock) await session.guard();
  else if (flags.flag("locked")) throw drift(session.check());
  signal.throwIfAborted();
  await put(place, generated, { invocation, lock: writesLock ? session : undefined });
  return EXIT.done;
}

async function planned(
  language: Language,
  place: Place,
  {
    selection,
    invocation,
  }: { readonly selection: Awaited<ReturnType<typeof selectServer>>; readonly invocation: Invocation },
): Promise<PlannedOutput> {
  const { flags, cwd } = invocation;
  const server = await theServer(selection, invocation);
  const options = { ...optionsOf(language, place, flags) };
  const { BUILT_IN } = await import("../../emitters/index.js");
  const emitter = BUILT_IN.find(({ name }) => name === language);
  if (!emitter) throw new GeneratorError("internal", `there is no emitter ${language}`);
  emitter.parseOptions(options);
  return {
    server,
    dir: place.kind === "stdout" ? cwd : place.path,
    shown: place.shown,
    emitters: [{ emitter, options }],
    globs: { include: flags.list("include"), exclude: flags.list("exclude") },
    // A schema is no output of `generate`, whose filters are kept by their folder.
    filteredBy: "config",
  };
}

async function put(
  place: Place,
  { output, files, spec }: Generated,
  { invocation, lock }: { readonly invocation: Invocation; readonly lock: LockSession | undefined },
): Promise<void> {
  const { flags, signal } = invocation;
  // What was done is told on stderr: stdout is for the schema, in whatever format.
  const print = { ...invocation.print, json: false };
  const saved = async (): Promise<{ readonly lock?: LockChange }> => (lock ? { lock: await lock.save() } : {});
  if (place.kind === "folder") {
    const changes = await writeOutput(place.path, files, { force: flags.flag("force"), signal });
    reportWritten([{ output, changes, spec }], { dryRun: false, run: true, print, ...(await saved()) });
    return;
  }
  const text = single(files, output);
  if (place.kind === "file") {
    await writeFileWhole(place.path, text);
    print.note(`wrote ${place.shown}`);
  }
  reportWritten([], { dryRun: false, run: true, print, ...(await saved()) });
  if (place.kind === "stdout") print.out(text);
}

async function checkPlace(place: Place, files: readonly EmittedFile[]): Promise<CheckReport> {
  if (place.kind === "stdout") throw new GeneratorError("internal", "stdout cannot be compared");
  if (place.kind === "folder") return checkOutput(place.path, files);
  const { path, shown } = place;
  const text = files[0]?.contents ?? "";
  const before = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw outputError(`cannot read ${shown}`, path, error);
  });
  const diff = before === undefined ? "" : unifiedDiff(before, text, { path: shown, maxLines: DIFF_LINES });
  return {
    ok: before === text,
    stale: diff === "" ? [] : [{ path: shown, diff }],
    missing: before === undefined ? [shown] : [],
    surplus: [],
  };
}

/** Lines of a diff that are shown. */
const DIFF_LINES = 40;

function single(files: readonly EmittedFile[], { shown, emitters }: PlannedOutput): string {
  const [file, ...more] = files;
  if (file && more.length === 0) return file.contents;
  throw new GeneratorError("internal", `${emitters[0]?.emitter.name ?? ""} made ${files.length} files for ${shown}`);
}

function checkFlags(flags: Flags, place: Place): void {
  if (flags.flag("check") && place.kind === "stdout")
    throw new GeneratorError("usage", "--check needs --output", {
      why: "it compares with a file or a folder",
      hint: "add --output FILE",
    });
  if (!flags.flag("force")) return;
  if (flags.flag("check"))
    throw new GeneratorError("usage", "--check and --force contradict each other", {
      why: "--check writes nothing",
      hint: "give one of them",
    });
  if (place.kind !== "folder")
    throw new GeneratorError("usage", "--force has no effect here", {
      why: "it is for a folder with files that are not ours; one file is replaced in any case",
      hint: "leave --force out",
    });
}
