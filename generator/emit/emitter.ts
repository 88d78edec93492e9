import type { Lock } from "../ir/lock.js";
import type { ServerSpec } from "../ir/spec.js";

export interface EmittedFile {
  /** Relative to the output folder, "/"-separated, portable, never "..". */
  readonly path: string;
  /** UTF-8 text, "\n" line ends. */
  readonly contents: string;
  /** Leave the bytes alone (vendored source, machine code). Default: formatted by extension. */
  readonly verbatim?: boolean;
  /** Write only if absent: the user owns it then. Default: written on each run. */
  readonly once?: boolean;
}

/** Runtime modules for a generated project, with the npm packages they need. */
export interface Vendored {
  readonly files: readonly EmittedFile[];
  /** Package name → semver range, as in our own package.json. */
  readonly packages: Readonly<Record<string, string>>;
}

/** The emitter's only view of the world. Same spec, options, lock and assets ⇒ same bytes, on every machine. */
export interface EmitContext {
  /** Renders templates/<emitter>/<name>.hbs strictly. Throws GeneratorError `template` on a missing value. */
  render(name: string, view: object): string;
  /** These runtime modules (paths below `runtime/`, such as `backends/stdio.ts`) and all they import. Placed under `src/runtime/`. */
  vendor(entries: readonly string[]): Promise<Vendored>;
  /** The version range that our own package.json gives for a package, for the generated one. */
  packageRange(name: string): string;
  /** Names and numbers that stay as they are from run to run, kept in mcpgen.lock: whoever needs distinct names asks here. */
  readonly lock: Lock;
  /** How the server was reached, for emitters whose output reaches it again. Absent with `--spec`. Never holds secrets. */
  readonly target?: EmitTarget;
}

/** The backend that the generated project starts from. Environment values are left out: they may be secrets. */
export type EmitTarget =
  | {
      readonly kind: "stdio";
      readonly argv: readonly string[];
      readonly cwd?: string;
      readonly envNames: readonly string[];
    }
  /** `http`: Streamable HTTP, or HTTP+SSE where the server has only that. */
  | { readonly kind: "http" | "sse" | "websocket"; readonly url: string; readonly headerNames: readonly string[] }
  /** Which certificates count is said when the proxy is started: their files are on one machine only. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: boolean }
  /** As the user wrote it. */
  | { readonly kind: "unix"; readonly path: string };

export interface Emitter<Options = unknown> {
  /** Contract version; plugins/load.ts refuses others. */
  readonly api: 1;
  /** kebab-case; the --emit value and the snapshot folder. */
  readonly name: string;
  /** One line for `mcpgen emitters`. */
  readonly summary: string;
  /** Key → what it does, in one line with its values and its default: for `mcpgen emitters`. Absent: not told. */
  readonly options?: Readonly<Record<string, string>>;
  /** Defaults here and nowhere else. Throws GeneratorError `option` naming the key. */
  parseOptions(raw: Readonly<Record<string, unknown>>): Options;
  /** Pure. Throws GeneratorError `emit` with the JSON pointer of the offending part of the spec. */
  emit(spec: ServerSpec, options: Options, context: EmitContext): Promise<readonly EmittedFile[]>;
}
