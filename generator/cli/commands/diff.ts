import { resolve } from "node:path";
import { loadConfig } from "../../config/load.js";
import { GeneratorError } from "../../errors.js";
import { writeFileWhole } from "../../output/file.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import { paint } from "../paint.js";
import { VERSION } from "../version.js";
import { FORMATS } from "./diff-format.js";
import { linesOf } from "./diff-line.js";
import { compareSides } from "./diff-pair.js";
import { failOnOf, judge, type JudgedChange } from "./diff-policy.js";
import type { Location, Report } from "./diff-report.js";
import { namesTarget, readSide, sideName, type Places, type Side, type SideName } from "./diff-side.js";

/** `mcpgen diff`: what changed between two contracts, and whether that is a reason to stop. */
export async function diff(invocation: Invocation): Promise<number> {
  const { flags, print, cwd, signal } = invocation;
  const format = formatOf(invocation);
  const failOn = failOnOf(flags.list("fail-on"));
  const config = await loadConfig(cwd, flags.text("config"));
  const places: Places = {
    config,
    invocation,
    lock: resolve(cwd, flags.text("lock") ?? resolve(config?.folder ?? cwd, "mcpgen.lock")),
  };
  const label = config?.label ?? "the config";
  // A rule that there is not is found before any server is asked.
  judge([], config?.diff ?? {}, { failOn, today: "", label });

  const only = flags.text("name");
  const [old, now] = sidesOf(places);
  const before = await readSide(old, only, places);
  const after = await readSide(withNames(now, before, places), only, places);
  signal.throwIfAborted();
  const { servers, changes, left } = compareSides(before, after, only);
  const today = new Date().toISOString().slice(0, 10);
  const judged = judge(changes, config?.diff ?? {}, { failOn, today, label });

  const output = flags.text("output");
  const toFile = output !== undefined && output !== "-";
  const report: Report = {
    ...{ before: before.label, after: after.label, servers, changes: judged.changes, notices: judged.notices, failOn },
    ...{ locations: locate(judged.changes, before, after), version: VERSION },
    ...{ paint: toFile ? paint(false) : print.paint, width: toFile ? 100 : print.width },
  };
  const text = FORMATS[format](report);
  for (const notice of judged.notices) print.warn(notice);
  for (const name of left) print.note(`${name} is in ${before.label} and was not compared`);
  if (!toFile) print.out(text);
  else {
    await writeFileWhole(resolve(cwd, output), text);
    print.note(`wrote ${output}`);
  }
  return judged.changes.some(({ failing }) => failing) ? EXIT.failed : EXIT.done;
}

function formatOf({ flags }: Invocation): keyof typeof FORMATS {
  const given = flags.text("format");
  if (flags.flag("json") && given !== undefined && given !== "json")
    throw new GeneratorError("usage", `two formats are given: --json and --format ${given}`, {
      hint: "give one of them",
    });
  return flags.flag("json") ? "json" : ((given ?? "human") as keyof typeof FORMATS);
}

/**
 * The two sides, by what is given: nothing, and it is the lock against the servers; one, and it is that against what it is most likely meant
 * to be compared with; two.
 */
function sidesOf(places: Places): readonly [SideName, SideName] {
  const { flags } = places.invocation;
  const [old, now] = [flags.text("old"), flags.text("new")];
  const asked = namesTarget(places.invocation);
  const lock: SideName = { kind: "file", path: places.lock };
  const live: SideName = asked ? { kind: "options" } : { kind: "config", names: [] };
  if (old === undefined) return [lock, live];
  const first = sideName(old, places);
  if (now !== undefined) {
    if (asked)
      throw new GeneratorError("usage", `three sides are given: ${old}, ${now} and a server`, {
        hint: "leave one out",
      });
    return [first, sideName(now, places)];
  }
  if (asked) return [first, live];
  if (first.kind === "git") return [first, { kind: "file", path: first.path }];
  return first.kind === "config" ? [lock, first] : [first, live];
}

/** With no server named, those of the config that the other side knows. */
function withNames(side: SideName, before: Side, { config }: Places): SideName {
  if (side.kind !== "config" || side.names.length > 0) return side;
  const names = [...(config?.servers.keys() ?? [])];
  // Without any, the options say what is missing.
  if (names.length === 0) return { kind: "options" };
  const known = before.isLock ? names.filter((name) => before.servers.has(name)) : names;
  if (known.length === 1 || (known.length > 0 && before.isLock)) return { kind: "config", names: known };
  throw new GeneratorError("usage", `none of the servers of ${config?.label ?? ""} is clearly meant`, {
    why: `they are ${names.join(", ")}; ${before.label} holds ${[...before.servers.keys()].filter((name) => name !== "").join(", ") || "one without a name"}`,
    hint: "choose one with --name SERVER, or give it as NEW",
  });
}

/** Lines in the file on disk, that of the later side if there is one. */
function locate(changes: readonly JudgedChange[], before: Side, after: Side): readonly (Location | undefined)[] {
  const file = after.file ?? before.file;
  if (!file) return changes.map(() => undefined);
  const lines = linesOf(
    file,
    changes.map(({ server, place }) => ({ server, place })),
  );
  return lines.map((line) => ({ path: file.path, line }));
}
