import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { ts } from "ts-morph";
import { GeneratorError } from "../errors.js";

/** Runtime modules that belong together. */
export interface Closure {
  /** Paths below `runtime/`, such as `core/message.ts`, in code-unit order. */
  readonly modules: readonly { readonly path: string; readonly source: string }[];
  /** npm packages that they import, in code-unit order. */
  readonly packages: readonly string[];
}

/**
 * These modules and all that they import, types included: the copy must compile. Read from `<root>/runtime`.
 * Throws GeneratorError `internal` on an import that is dynamic, leaves the runtime, or leads nowhere: the runtime itself is wrong then.
 */
export function closureOf(root: string, entries: readonly string[]): Closure {
  const modules = new Map<string, string>();
  const packages = new Set<string>();
  const todo = [...entries];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (modules.has(path)) continue;
    const source = readModule(root, path);
    modules.set(path, source);
    for (const specifier of importsOf(source, path)) {
      if (specifier.startsWith(".")) todo.push(resolveImport(specifier, path));
      else if (!isBuiltin(specifier)) packages.add(packageOf(specifier));
    }
  }
  return {
    modules: [...modules].map(([path, source]) => ({ path, source })).sort((a, b) => (a.path < b.path ? -1 : 1)),
    packages: [...packages].sort(),
  };
}

function readModule(root: string, path: string): string {
  try {
    return readFileSync(join(root, "runtime", path), "utf8");
  } catch (error) {
    throw new GeneratorError("internal", `there is no runtime module ${path}`, { cause: error });
  }
}

/**
 * Every module that a source names: static imports, re-exports, and `import("…")` in a type. The scanner is enough for
 * most, in a fifth of the parser's time; only the parser can tell a type from a dynamic import.
 */
function importsOf(source: string, path: string): readonly string[] {
  if (!/\bimport\s*\(|\bimport\s+\w+\s*=/.test(source))
    return ts.preProcessFile(source, true, false).importedFiles.map(({ fileName }) => fileName);
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, false);
  const found: string[] = [];
  const add = (node: ts.Node): void => {
    if (!ts.isStringLiteral(node)) throw new GeneratorError("internal", `runtime/${path} has a computed import`);
    found.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isImportEqualsDeclaration(node)) throw new GeneratorError("internal", `runtime/${path} uses import =`);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      throw new GeneratorError("internal", `runtime/${path} imports dynamically: its closure cannot be read`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function resolveImport(specifier: string, from: string): string {
  const path = posix.normalize(posix.join(posix.dirname(from), specifier)).replace(/\.js$/, ".ts");
  if (path.startsWith("../") || !path.endsWith(".ts"))
    throw new GeneratorError("internal", `runtime/${from} imports ${specifier}, which is outside runtime/`);
  return path;
}

const isBuiltin = (specifier: string): boolean => specifier.startsWith("node:") || builtinModules.includes(specifier);

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
