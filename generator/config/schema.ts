import { GeneratorError } from "../errors.js";
import { CHANGE_CLASSES } from "../ir/diff-rule.js";
import type { Config, DiffConfig, DiffIgnore, OutputConfig, ServerConfig } from "./define.js";

/** Checks the value at `path` of the config. Throws Mismatch. */
type Check = (value: unknown, path: Path) => void;
type Path = readonly (string | number)[];

/** A config as loaded, every key of it known and of the right type. Throws GeneratorError `config`; `file` names the file in it. */
export function checkConfig(value: unknown, file: string): Config {
  try {
    CONFIG(value, []);
  } catch (error) {
    if (error instanceof Mismatch) throw error.at(file);
    throw error;
  }
  return value as Config;
}

class Mismatch extends Error {
  constructor(
    readonly path: Path,
    readonly what: string,
    readonly allowed: string,
  ) {
    super(what);
  }

  at(file: string): GeneratorError {
    const where = this.path.length === 0 ? "the config" : shown(this.path);
    return new GeneratorError("config", `${file}: ${where} ${this.what}`, {
      why: `allowed: ${this.allowed}`,
      hint: `correct ${where} in ${file}`,
      pointer: this.path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    });
  }
}

/** `outputs[0].emit` */
const shown = (path: Path): string =>
  path.map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`)).join("");

/** What was found, short enough for one line. */
function found(value: unknown): string {
  if (value === undefined) return "is missing";
  if (typeof value === "function") return "is a function";
  const text = JSON.stringify(value);
  return `is ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
}

const text: Check = (value, path) => {
  if (typeof value !== "string" || value === "") throw new Mismatch(path, found(value), "a string that is not empty");
};

const oneOf =
  (...names: readonly string[]): Check =>
  (value, path) => {
    if (typeof value !== "string" || !names.includes(value))
      throw new Mismatch(path, found(value), names.map((name) => JSON.stringify(name)).join(", "));
  };

const listOf =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) throw new Mismatch(path, found(value), "an array");
    value.forEach((one, i) => item(one, [...path, i]));
  };

const anything: Check = () => undefined;

const plain = (value: unknown, path: Path): Record<string, unknown> => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Mismatch(path, found(value), "an object");
  return value as Record<string, unknown>;
};

const mapOf =
  (item: Check): Check =>
  (value, path) => {
    for (const [key, one] of Object.entries(plain(value, path))) item(one, [...path, key]);
  };

/** `required` keys must be there, others may, none else. */
const shape =
  (keys: Readonly<Record<string, Check>>, ...required: readonly string[]): Check =>
  (value, path) => {
    const given = plain(value, path);
    for (const key of Object.keys(given))
      if (!Object.hasOwn(keys, key))
        throw new Mismatch([...path, key], "is no key of the config", Object.keys(keys).join(", "));
    for (const [key, check] of Object.entries(keys))
      if (given[key] !== undefined || required.includes(key)) check(given[key], [...path, key]);
  };

const SERVER_KEYS: Readonly<Record<keyof ServerConfig, Check>> = {
  command: text,
  cmd: text,
  args: listOf((value, path) => {
    if (typeof value !== "string") throw new Mismatch(path, found(value), "a string");
  }),
  cwd: text,
  env: mapOf((value, path) => {
    if (typeof value !== "string") throw new Mismatch(path, found(value), "a string; numbers and booleans in quotes");
  }),
  url: text,
  transport: oneOf("http", "sse"),
  websocket: text,
  tcp: text,
  unix: text,
  tls: shape({ ca: text, cert: text, key: text }),
  headers: mapOf(text),
  spec: text,
  era: oneOf("auto", "legacy", "modern"),
};

type Key = keyof ServerConfig;

/** Keys that name a server → the keys that go with them. */
const TARGETS = {
  command: ["args", "cwd", "env", "era"],
  cmd: ["args", "cwd", "env", "era"],
  url: ["transport", "headers", "tls", "era"],
  websocket: ["headers", "tls", "era"],
  tcp: ["tls", "era"],
  unix: ["era"],
  spec: [],
} as const satisfies Partial<Record<Key, readonly Key[]>>;

const server: Check = (value, path) => {
  shape(SERVER_KEYS)(value, path);
  const given = (Object.keys(value as ServerConfig) as Key[]).filter(
    (key) => (value as ServerConfig)[key] !== undefined,
  );
  const names = Object.keys(TARGETS) as (keyof typeof TARGETS)[];
  const [target, ...others] = names.filter((key) => given.includes(key));
  if (target === undefined || others.length > 0)
    throw new Mismatch(
      path,
      target === undefined ? "names no server" : `has both ${target} and ${others.join(" and ")}`,
      `one of ${names.join(", ")}`,
    );
  const idle = given.find((key) => key !== target && !(TARGETS[target] as readonly Key[]).includes(key));
  if (idle !== undefined)
    throw new Mismatch([...path, idle], `has no effect beside ${target}`, `${shown(path)} without it`);
};

const OUTPUT_KEYS: Readonly<Record<keyof OutputConfig, Check>> = {
  server: text,
  out: text,
  emit: listOf(text),
  options: mapOf((value, path) => mapOf(anything)(value, path)),
  include: listOf(text),
  exclude: listOf(text),
  frontend: listOf(oneOf("stdio", "http", "sse", "tcp", "unix", "websocket")),
};

const output: Check = (value, path) => {
  shape(OUTPUT_KEYS, "out")(value, path);
  if ((value as OutputConfig).emit?.length === 0)
    throw new Mismatch([...path, "emit"], "is empty", "at least one emitter");
};

const day: Check = (value, path) => {
  const [, ...parts] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(typeof value === "string" ? value : "") ?? [];
  const [year = 0, month = 0, date = 0] = parts.map(Number);
  const exact = new Date(Date.UTC(year, month - 1, date));
  if (parts.length === 0 || exact.getUTCMonth() !== month - 1 || exact.getUTCDate() !== date)
    throw new Mismatch(path, found(value), "a day as YYYY-MM-DD, in quotes");
};

const IGNORE_KEYS: Readonly<Record<keyof DiffIgnore, Check>> = {
  ...{ rule: text, server: text, item: text, pointer: text, reason: text, until: day },
};

/** Names of rules are judged where they are used: there the nearest is known. */
const DIFF_KEYS: Readonly<Record<keyof DiffConfig, Check>> = {
  severity: mapOf(oneOf(...CHANGE_CLASSES, "off")),
  ignore: listOf(shape(IGNORE_KEYS, "rule", "reason")),
};

const CONFIG: Check = (value, path) => {
  shape({ $schema: text, servers: mapOf(server), outputs: listOf(output), diff: shape(DIFF_KEYS) })(value, path);
  const { servers = {}, outputs = [] } = value as Config;
  outputs.forEach((one, i) => {
    const names = Object.keys(servers);
    const at = ["outputs", i, "server"];
    if (one.server === undefined && names.length > 1)
      throw new Mismatch(at, "is missing", `one of ${names.join(", ")}`);
    if (one.server !== undefined && !names.includes(one.server))
      throw new Mismatch(
        at,
        `is ${JSON.stringify(one.server)}, which is none of the servers`,
        names.length > 0 ? `one of ${names.join(", ")}` : "a name in servers",
      );
  });
};
