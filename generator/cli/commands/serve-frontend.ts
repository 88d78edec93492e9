import { readAccess, type AccessSettings } from "../../../runtime/app/access-settings.js";
import type { Listener } from "../../../runtime/app/access.js";
import type { Given } from "../../../runtime/app/flags.js";
import { readTcp } from "../../../runtime/app/tcp-settings.js";
import { readTls } from "../../../runtime/app/tls-settings.js";
import { readUnix } from "../../../runtime/app/unix-settings.js";
import type { Address } from "../../../runtime/app/values.js";
import { readEndpoint, readWeb, type WebSettings } from "../../../runtime/app/web-settings.js";
import type { Frontend } from "../../../runtime/core/frontend.js";
import type { Limits } from "../../../runtime/core/limits.js";
import type { Log } from "../../../runtime/core/log.js";
import type { TlsServer } from "../../../runtime/wire/tls.js";
import { GeneratorError } from "../../errors.js";
import { parseUnix } from "../address.js";
import { TRANSPORTS, type Transport } from "../option/server.js";

type Secured<T> = T & { readonly tls?: TlsServer };

/** Which frontends there are, and where they listen. Everything about them is checked; nothing is open. */
export interface FrontendPlan {
  readonly kinds: readonly Transport[];
  readonly web?: Secured<WebSettings>;
  readonly endpoint?: { readonly path: string };
  readonly tcp?: Secured<Address>;
  readonly unix?: { readonly path: string };
  readonly listeners: readonly Listener[];
  readonly access: AccessSettings;
}

const WEB: ReadonlySet<Transport> = new Set(["http", "sse", "websocket"]);

/** Options that only some frontends have a use for. */
const USES: Readonly<Record<string, readonly Transport[]>> = {
  "tcp-bind": ["tcp"],
  socket: ["unix"],
  endpoint: ["http", "websocket"],
  "allowed-host": [...WEB],
  "allowed-origin": [...WEB],
  "tls-cert": [...WEB, "tcp"],
  "tls-key": [...WEB, "tcp"],
  "tls-ca": [...WEB, "tcp"],
  "api-key-file": [...WEB],
  "api-key-header": [...WEB],
  "require-auth": [...WEB, "tcp"],
  "insecure-no-auth": [...WEB, "tcp"],
};

/** Throws GeneratorError `usage` on options that contradict each other or have no effect, RuntimeError `config` on values that make no sense. */
export function planFrontends(flags: Given): FrontendPlan {
  const { sockets, addresses } = binds(flags.all("bind"));
  const onlySocket = addresses.length === 0 && (sockets.length > 0 || flags.text("socket") !== undefined);
  const asked = flags.all("frontend");
  const kinds =
    asked.length > 0
      ? TRANSPORTS.filter((kind) => asked.includes(kind))
      : ([onlySocket ? "unix" : "http"] satisfies Transport[]);
  const isWeb = kinds.some((kind) => WEB.has(kind));
  const isTcp = kinds.includes("tcp");
  const isUnix = kinds.includes("unix");

  const idle = Object.entries(USES).find(
    ([name, uses]) => (flags.on(name) || flags.all(name).length > 0) && !uses.some((kind) => kinds.includes(kind)),
  );
  if (idle) throw noEffect(`--${idle[0]}`, idle[1], kinds);
  if (sockets.length > 0 && !isUnix) throw noEffect("--bind unix:PATH", ["unix"], kinds);
  if (addresses.length > 0 && !isWeb && !isTcp) throw noEffect("--bind HOST:PORT", [...WEB, "tcp"], kinds);
  const [socket, address] = [
    one([...sockets, ...flags.all("socket")], "paths of a Unix socket", "--socket PATH, or --bind unix:PATH"),
    one(
      [...addresses, ...(isWeb ? [] : flags.all("tcp-bind"))],
      "addresses",
      isTcp ? "--bind HOST:PORT for the web frontends, --tcp-bind HOST:PORT for tcp" : "--bind HOST:PORT once",
    ),
  ];
  const given: Given = {
    ...flags,
    text(name) {
      if (name === "socket") return socket;
      if (name === "bind") return address;
      if (name === "tcp-bind" && !isWeb) return address;
      return flags.text(name);
    },
  };
  const tls = readTls(given);
  const web = isWeb ? { ...readWeb(given), ...tls } : undefined;
  const tcp = isTcp ? { ...readTcp(given), ...tls } : undefined;
  const listeners = [
    ...(web ? [{ kind: "web" as const, ...web }] : []),
    ...(tcp ? [{ kind: "tcp" as const, ...tcp }] : []),
  ];
  const access = readAccess(given);
  return {
    kinds,
    ...(web && { web }),
    ...(kinds.some((kind) => USES["endpoint"]?.includes(kind)) && { endpoint: readEndpoint(given) }),
    ...(tcp && { tcp }),
    ...(isUnix && { unix: readUnix(given) }),
    listeners,
    access,
  };
}

/** In the order of TRANSPORTS, those of the web first as one. Loads what these need, and nothing else. */
export async function frontendsOf(
  { kinds, web, endpoint, tcp, unix }: Omit<FrontendPlan, "access" | "listeners">,
  options: { readonly limits: Limits; readonly log: Log },
): Promise<readonly Frontend[]> {
  const frontends: Frontend[] = [];
  if (web) {
    const { webFrontend } = await import("../../../runtime/frontends/web.js");
    const mounts = [];
    if (kinds.includes("http"))
      mounts.push((await import("../../../runtime/frontends/http.js")).streamableHttp(endpoint));
    if (kinds.includes("sse")) mounts.push((await import("../../../runtime/frontends/sse.js")).legacySse());
    if (kinds.includes("websocket"))
      mounts.push((await import("../../../runtime/frontends/websocket.js")).webSocket(endpoint));
    frontends.push(webFrontend({ ...web, mounts, ...options }));
  }
  if (tcp) frontends.push((await import("../../../runtime/frontends/tcp.js")).tcpFrontend({ ...tcp, ...options }));
  if (unix) frontends.push((await import("../../../runtime/frontends/unix.js")).unixFrontend({ ...unix, ...options }));
  if (kinds.includes("stdio"))
    frontends.push((await import("../../../runtime/frontends/stdio.js")).stdioFrontend(options));
  return frontends;
}

/** `unix:PATH` apart from HOST:PORT. */
function binds(given: readonly string[]): {
  readonly sockets: readonly string[];
  readonly addresses: readonly string[];
} {
  const isSocket = (text: string): boolean => text.startsWith("unix:");
  return {
    sockets: given.filter(isSocket).map(parseUnix),
    addresses: given.filter((text) => !isSocket(text)),
  };
}

function one(given: readonly string[], what: string, hint: string): string | undefined {
  if (given.length < 2) return given[0];
  throw new GeneratorError("usage", `${given.length} ${what} are given: ${given.join(" and ")}`, {
    why: "each frontend listens in one place",
    hint,
  });
}

const noEffect = (option: string, uses: readonly Transport[], kinds: readonly Transport[]): GeneratorError =>
  new GeneratorError("usage", `${option} has no effect here`, {
    why: `it is for the frontend ${uses.join(", ")}; here is ${kinds.join(", ")}`,
    hint: `leave it out, or add --frontend ${uses[0] ?? ""}`,
  });
