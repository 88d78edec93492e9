import type { EmitTarget } from "../emit/emitter.js";
import type { UrlKind } from "./address.js";

export type Era = "auto" | "legacy" | "modern";

/** PEM files, absolute. */
export interface TlsFiles {
  /** Who vouches for the server; default: whom Node trusts. */
  readonly ca?: string;
  /** What we show of ourselves, where the server wants to know its clients. */
  readonly cert?: string;
  readonly key?: string;
}

/** A server as it will be reached, all paths absolute and all variables filled in. */
export type Target =
  | {
      readonly kind: "stdio";
      readonly argv: readonly string[];
      /** Absolute. */
      readonly cwd: string;
      /** As the user wrote it, where they did. */
      readonly givenCwd?: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | UrlTarget
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number;
      readonly tls: boolean;
      readonly tlsFiles: TlsFiles;
    }
  /** Absolute; and as the user wrote it. */
  | { readonly kind: "unix"; readonly path: string; readonly givenPath: string }
  /** Absolute, or `-` for stdin. */
  | { readonly kind: "spec"; readonly path: string };

export interface UrlTarget {
  readonly kind: UrlKind;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tlsFiles: TlsFiles;
}

/** A server that can be asked. */
export type LiveTarget = Exclude<Target, { kind: "spec" }>;

export interface Server {
  /** Short and harmless, for notices: the program, the URL without its query, the address, the file. */
  readonly label: string;
  /** Its key in the config, or what --name says: so the lock calls it. Without one, the lock takes the name that it gives itself. */
  readonly name?: string;
  readonly target: Target;
  readonly era?: Era;
}

export const hasUrl = (target: Target): target is UrlTarget => "url" in target;

/** Whether the connection is one of TLS. */
export const isSecure = (target: Target): boolean =>
  hasUrl(target) ? /^(?:https|wss):/i.test(target.url) : target.kind === "tcp" && target.tls;

/** What a generated project may know of the server. The values of variables and headers stay behind. */
export function emitTarget({ target }: Server): EmitTarget | undefined {
  if (hasUrl(target)) {
    const { kind, url, headers } = target;
    return { kind, url, headerNames: Object.keys(headers).sort() };
  }
  if (target.kind === "stdio") {
    const cwd = target.givenCwd === undefined ? {} : { cwd: target.givenCwd };
    return { kind: "stdio", argv: target.argv, ...cwd, envNames: Object.keys(target.env).sort() };
  }
  if (target.kind === "unix") return { kind: "unix", path: target.givenPath };
  if (target.kind === "spec") return undefined;
  const { kind, host, port, tls } = target;
  return { kind, host, port, tls };
}

/** Values of this target that must never be shown. */
export function secretsOf(target: Target): readonly string[] {
  if (target.kind === "stdio") return Object.values(target.env);
  if (!hasUrl(target)) return [];
  const bearer = Object.values(target.headers).flatMap((value) => [value, ...value.split(" ").slice(1)]);
  return [...bearer, ...new URL(target.url).searchParams.values()];
}

export function labelOf(target: Target): string {
  if (hasUrl(target)) {
    const { protocol, host, pathname, search } = new URL(target.url);
    return `${protocol}//${host}${pathname}${search === "" ? "" : "?…"}`;
  }
  if (target.kind === "stdio") return target.argv[0] ?? "";
  if (target.kind === "unix") return target.givenPath;
  if (target.kind === "spec") return target.path === "-" ? "stdin" : target.path;
  const { host, port, tls } = target;
  return `${tls ? "tls" : "tcp"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
