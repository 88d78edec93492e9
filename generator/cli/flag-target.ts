import { resolve } from "node:path";
import { splitCommand } from "../../runtime/guard/command.js";
import { GeneratorError } from "../errors.js";
import { checkUrl, kindOfUrl, parseTcp, parseUnix, type UrlKind } from "./address.js";
import type { Invocation } from "./commands.js";
import { headersOf } from "./credentials.js";
import type { Flags } from "./flags.js";
import type { Transport } from "./option/server.js";
import { hasUrl, isSecure, type Target, type TlsFiles } from "./target.js";

/** Options that name a server, as errors name them. */
const TARGETS = { cmd: "--cmd", http: "--url", tcp: "--tcp", unix: "--unix", websocket: "--websocket", spec: "--spec" };

export const targetsGiven = (flags: Flags): readonly string[] => [
  ...Object.entries(TARGETS).flatMap(([flag, shown]) => (flags.has(flag) ? [shown] : [])),
  ...(flags.rest.length > 0 ? ["the command after --"] : []),
];

/** The server that the options name, if they do. Throws GeneratorError `usage` where it is not of the `kind` that was asked for. */
export async function flagTarget(invocation: Invocation, kind: Transport | undefined): Promise<Target | undefined> {
  const [shown = ""] = targetsGiven(invocation.flags);
  const target = bareTarget(invocation, kind);
  if (!target) return undefined;
  if (kind !== undefined && kind !== target.kind)
    throw new GeneratorError("usage", `the ${kind} backend does not go with ${shown}`, {
      why: `${shown} names ${target.kind === "spec" ? "a file, and starts no server" : NAMES[target.kind]}`,
      hint:
        target.kind === "spec"
          ? `leave the backend out; for a generated project, --option project.backend=${kind}`
          : "leave the backend out: it is told from the target",
    });
  return adjusted(target, invocation, target.kind === "stdio" ? "a stdio server" : shown);
}

function bareTarget({ flags, cwd }: Invocation, kind: Transport | undefined): Target | undefined {
  const url = flags.text("http");
  if (url !== undefined) return urlTarget(url, "--url", isUrlKind(kind) ? kind : kindOfUrl(url));
  const websocket = flags.text("websocket");
  if (websocket !== undefined) return urlTarget(websocket, "--websocket", "websocket");
  const tcp = flags.text("tcp");
  if (tcp !== undefined) return { kind: "tcp", ...parseTcp(tcp, "--tcp"), tlsFiles: {} };
  const unix = flags.text("unix");
  if (unix !== undefined) {
    const givenPath = parseUnix(unix);
    return { kind: "unix", path: resolve(cwd, givenPath), givenPath };
  }
  const spec = flags.text("spec");
  if (spec !== undefined) return { kind: "spec", path: spec === "-" ? "-" : resolve(cwd, spec) };
  const cmd = flags.text("cmd");
  const argv = cmd === undefined ? flags.rest : splitCommand(cmd);
  return argv.length === 0 ? undefined : { kind: "stdio", argv, cwd, env: {} };
}

const isUrlKind = (kind: Transport | undefined): kind is UrlKind =>
  kind === "http" || kind === "sse" || kind === "websocket";

const urlTarget = (url: string, what: string, kind: UrlKind): Target => ({
  kind,
  url: checkUrl(url, what, kind),
  headers: {},
  tlsFiles: {},
});

const NAMES: Readonly<Record<Transport, string>> = {
  stdio: "a stdio server",
  http: "an HTTP server",
  sse: "an HTTP+SSE server",
  tcp: "a TCP server",
  unix: "a server behind a Unix socket",
  websocket: "a WebSocket server",
};

/** A transport was asked for, and no server. */
export function nothingFor(kind: Transport): GeneratorError {
  const [what, looked, hint] = {
    stdio: ["a command", "--cmd nor a command after --", '--cmd "python server.py"'],
    http: ["a URL", "--http nor --url", "--url https://host/mcp"],
    sse: ["a URL", "--http nor --url", "--url https://host/sse"],
    tcp: ["an address", "--tcp nor a server of a config", "--tcp localhost:5000"],
    unix: ["a path", "--unix nor a server of a config", "--unix /tmp/mcp.sock"],
    websocket: ["a URL", "--websocket nor --url", "--websocket wss://host/mcp"],
  }[kind] as [string, string, string];
  return new GeneratorError("usage", `the ${kind} backend needs ${what}`, {
    why: `neither ${looked} is given`,
    hint,
  });
}

const STDIO_FLAGS = ["args", "cwd", "env"] as const;
const HEADER_FLAGS = ["auth-token", "auth-token-file", "header", "header-file"] as const;
const TLS_FLAGS = ["backend-tls-ca", "backend-tls-cert", "backend-tls-key"] as const;

/** The target with what --args, --env, --header, --backend-tls-ca and their kin add. Throws GeneratorError `usage` on those without effect. */
export async function adjusted(target: Target, invocation: Invocation, what: string): Promise<Target> {
  const { flags, cwd } = invocation;
  const idle = (names: readonly string[], why: string): void => {
    const name = names.find((one) => flags.has(one));
    if (name === undefined) return;
    throw new GeneratorError("usage", `--${name} has no effect on ${what}`, { why, hint: `leave --${name} out` });
  };
  if (target.kind !== "stdio") idle(STDIO_FLAGS, "it is for servers started over stdio");
  if (!hasUrl(target)) idle(HEADER_FLAGS, "it is for HTTP and WebSocket servers");
  if (!isSecure(target)) idle(TLS_FLAGS, "it is for servers over TLS: https://, wss:// and tls://");
  if (target.kind === "spec" || target.kind === "unix") return target;
  if (target.kind === "tcp") return { ...target, tlsFiles: tlsFiles(target.tlsFiles, invocation) };
  if (hasUrl(target))
    return {
      ...target,
      headers: { ...target.headers, ...(await headersOf(invocation)) },
      tlsFiles: tlsFiles(target.tlsFiles, invocation),
    };
  const given = flags.text("cwd");
  return {
    ...target,
    argv: [...target.argv, ...flags.list("args")],
    ...(given === undefined ? {} : { cwd: resolve(cwd, given), givenCwd: given }),
    env: { ...target.env, ...Object.fromEntries(flags.list("env").map(parseVariable)) },
  };
}

function tlsFiles(known: TlsFiles, { flags, cwd }: Invocation): TlsFiles {
  const given = (["ca", "cert", "key"] as const).flatMap((key) => {
    const file = flags.text(`backend-tls-${key}`);
    return file === undefined ? [] : [[key, resolve(cwd, file)] as const];
  });
  const files: TlsFiles = { ...known, ...Object.fromEntries(given) };
  if ((files.cert === undefined) === (files.key === undefined)) return files;
  throw new GeneratorError("usage", "a certificate needs its key, and a key its certificate", {
    why: `only the ${files.cert === undefined ? "key" : "certificate"} is given`,
    hint: "give both --backend-tls-cert and --backend-tls-key",
  });
}

function parseVariable(text: string): [string, string] {
  const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  // What stands there may be a secret that lost its name.
  throw new GeneratorError("usage", "--env needs the form NAME=value", {
    hint: "for example --env API_URL=http://localhost; quotes around a value with blanks",
  });
}
