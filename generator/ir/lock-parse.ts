import { printable } from "../../runtime/core/log.js";
import { GeneratorError, type GeneratorErrorOptions } from "../errors.js";
import { quoted } from "./finding.js";
import {
  aboutHash,
  itemHash,
  LISTS,
  LOCK_VERSION,
  lockedSpec,
  type LockedAbout,
  type LockedItem,
  type LockedServer,
  type LockFile,
} from "./lock-contract.js";
import { unsealed } from "./lock-seal.js";
import { problemOf } from "./lock-settled.js";
import { lineOf, readJson } from "./lock-text.js";
import { isObject, ITEM_KINDS, type Members } from "./member.js";

/** Some servers at the bounds of a spec; the largest captured one takes a fortieth. */
export const MAX_LOCK_BYTES = 256 * 1024 * 1024;

/** Each side of a conflict, in any of git's styles. No string of JSON has a line of its own. */
const CONFLICT = /^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?\r?$/m;

type Refuse = (path: readonly string[], what: string, options: GeneratorErrorOptions) => never;

const RESTORE = "restore it from version control, or delete the entry and run mcpgen generate";
const SEALED = { why: "the digits after # are not those of what stands there", hint: RESTORE };
const EDITED = { why: "its sha256 is not that of what stands there", hint: RESTORE };
const FORM = { why: "mcpgen never writes it so", hint: RESTORE };

/**
 * The lock that a file holds, all of it checked: nothing is repaired, nothing left out. Throws GeneratorError `lock` naming `fileName` and
 * line.
 */
export function parseLock(text: string, fileName: string): LockFile {
  const file = printable(fileName);
  if (text.length > MAX_LOCK_BYTES)
    throw new GeneratorError("lock", `${file} is larger than ${MAX_LOCK_BYTES} bytes`, {
      why: "no lock of servers within the bounds is",
      hint: "check that it is the file you meant",
    });
  const conflict = CONFLICT.exec(text);
  if (conflict) {
    const line = text.slice(0, conflict.index).split("\n").length;
    throw new GeneratorError("lock", `${file}:${line}: there are merge conflict markers`, {
      why: `line ${line} is ${quoted(conflict[0].trimEnd())}`,
      hint: "keep both sides where they hold different items, else that of the newer server; then run mcpgen generate",
    });
  }
  const root = readJson(text, file);
  const refuse: Refuse = (path, what, options) => {
    throw new GeneratorError("lock", `${file}:${lineOf(text, path)}: ${what}`, options);
  };
  checkRoot(root, refuse);
  const servers = member(root, "servers", [], refuse);
  for (const name of Object.keys(servers)) checkServer(servers, name, refuse);
  return root as unknown as LockFile;
}

/** A lock begins with its version, even where a merge has left marks before or after it. */
export const looksLikeLock = (text: string): boolean => /"lockVersion"\s*:/.test(text.slice(0, 1_000));

function checkRoot(root: unknown, refuse: Refuse): asserts root is Members {
  const version = isObject(root) ? root["lockVersion"] : undefined;
  if (!isObject(root) || typeof version !== "number")
    return refuse(["lockVersion"], "this is no lock of mcpgen", {
      why: "it has no lockVersion",
      hint: "name another file with --lock, or delete this one and run mcpgen generate",
    });
  if (version !== LOCK_VERSION)
    return refuse(["lockVersion"], `the lock is of version ${version}; known here: ${LOCK_VERSION}`, {
      why: version > LOCK_VERSION ? "it was written by a newer mcpgen" : "there never was such a version",
      hint: version > LOCK_VERSION ? "update mcpgen" : "restore it from version control",
    });
  known(root, ["lockVersion", "servers"], [], refuse);
}

const ABOUT = {
  required: ["sha256", "protocolVersion", "server", "capabilities", "clientCapabilities"],
  optional: ["supportedVersions", "instructions", "diagnostics"],
} as const;

function checkServer(servers: Members, name: string, refuse: Refuse): void {
  const path = ["servers", name];
  const server = member(servers, name, ["servers"], refuse);
  known(server, ["about", ...LISTS, "filters", "names", "numbers"], path, refuse);
  const at = [...path, "about"];
  const about = member(server, "about", path, refuse);
  known(about, [...ABOUT.required, ...ABOUT.optional], at, refuse);
  for (const key of ABOUT.required) if (!Object.hasOwn(about, key)) refuse(at, `${quoted(key)} is missing`, FORM);
  const { sha256, ...said } = about;
  if (sha256 !== aboutHash(said as unknown as LockedAbout))
    refuse(at, `what the server ${quoted(name)} says about itself was edited by hand`, EDITED);

  for (const list of LISTS) {
    const items = member(server, list, path, refuse);
    for (const key of Object.keys(items)) checkItem(items, key, { list, path: [...path, list], refuse });
  }
  checkFilters(server, path, refuse);
  checkSettled(server, path, refuse);
  const locked = server as unknown as LockedServer;
  const spec = lockedSpec(locked);
  for (const list of LISTS) {
    const kept = new Set(spec[list].map((item) => item[ITEM_KINDS[list].key]));
    const lost = Object.keys(locked[list]).find((key) => !kept.has(key));
    if (lost !== undefined)
      refuse([...path, list, lost], `${quoted(lost)} is no ${ITEM_KINDS[list].noun} within the bounds`, FORM);
  }
}

function checkItem(
  items: Members,
  key: string,
  {
    list,
    path,
    refuse,
  }: { readonly list: (typeof LISTS)[number]; readonly path: readonly string[]; readonly refuse: Refuse },
): void {
  const locked = member(items, key, path, refuse);
  known(locked, ["item", "sha256", "diagnostics"], [...path, key], refuse);
  member(locked, "item", [...path, key], refuse);
  const { diagnostics = [], sha256 } = locked;
  if (!Array.isArray(diagnostics) || sha256 !== itemHash(key, locked as unknown as LockedItem))
    refuse([...path, key], `the ${ITEM_KINDS[list].noun} ${quoted(key)} was edited by hand`, EDITED);
}

function checkFilters(server: Members, path: readonly string[], refuse: Refuse): void {
  if (!Object.hasOwn(server, "filters")) return;
  const filters = member(server, "filters", path, refuse);
  for (const out of Object.keys(filters)) {
    const at = [...path, "filters", out];
    const filter = member(filters, out, [...path, "filters"], refuse);
    known(filter, ["include", "exclude"], at, refuse);
    for (const globs of Object.values(filter))
      if (!Array.isArray(globs) || !globs.every((glob) => typeof glob === "string" && glob !== ""))
        refuse(at, "globs are lists of strings", FORM);
  }
}

function checkSettled(server: Members, path: readonly string[], refuse: Refuse): void {
  const edited: string[][] = [];
  const unseal = (map: Members, at: readonly string[], place: readonly [string, string, string]): void => {
    texts(map, at, refuse);
    for (const [key, value] of Object.entries(map)) {
      const { line, isRight } = unsealed(value as string, [...place, key]);
      if (!isRight) edited.push([...at, key]);
      Object.defineProperty(map, key, { value: line });
    }
  };
  for (const part of ["names", "numbers"] as const) {
    const targets = member(server, part, path, refuse);
    for (const target of Object.keys(targets)) {
      const at = [...path, part, target];
      const owners = member(targets, target, [...path, part], refuse);
      for (const owner of Object.keys(owners)) {
        const map = member(owners, owner, at, refuse);
        if (part === "names") texts(map, [...at, owner], refuse);
        else {
          known(map, ["live", "reserved"], [...at, owner], refuse);
          for (const kind of Object.hasOwn(map, "reserved") ? ["live", "reserved"] : ["live"])
            unseal(member(map, kind, [...at, owner], refuse), [...at, owner, kind], [target, owner, kind]);
        }
      }
    }
  }
  const problem = problemOf(server as unknown as LockedServer);
  if (problem) refuse([...path, ...problem.path], problem.what, { why: problem.why, hint: problem.hint });
  const [first] = edited;
  if (first) refuse(first, `the number of ${quoted(first.at(-1) ?? "")} was edited by hand`, SEALED);
}

/** The object that is the member `name`. */
function member(owner: Members, name: string, path: readonly string[], refuse: Refuse): Members {
  const value = Object.hasOwn(owner, name) ? owner[name] : undefined;
  return isObject(value)
    ? value
    : refuse([...path, name], `${quoted(name)} ${value === undefined ? "is missing" : "is no object"}`, FORM);
}

function known(owner: Members, names: readonly string[], path: readonly string[], refuse: Refuse): void {
  const other = Object.keys(owner).find((name) => !names.includes(name));
  if (other !== undefined)
    refuse([...path, other], `${quoted(other)} is no member of a lock`, {
      why: `known here are ${names.join(", ")}`,
      hint: "delete it, or update mcpgen if a newer one wrote it",
    });
}

function texts(map: Members, path: readonly string[], refuse: Refuse): void {
  for (const [key, value] of Object.entries(map))
    if (typeof value !== "string") refuse([...path, key], `the value of ${quoted(key)} is no string`, FORM);
}
