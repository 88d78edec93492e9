import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

interface Rule {
  /** Files it speaks of, by the start of their path. The longest match counts. */
  readonly from: string;
  /** Own modules it may import, by the start of their path. */
  readonly own: readonly string[];
  /** npm packages it may import. */
  readonly npm: readonly string[];
  /** Own modules of which it may import types only. */
  readonly types?: readonly string[];
  /** Node's own modules. Default true. */
  readonly node?: boolean;
}

/** docs/architecture.md, "Who may import whom". */
const RULES: readonly Rule[] = [
  { from: "runtime/core/", own: ["runtime/core/"], npm: [] },
  { from: "runtime/wire/", own: ["runtime/core/", "runtime/wire/"], npm: ["ws"] },
  { from: "runtime/era/", own: ["runtime/core/", "runtime/wire/", "runtime/era/"], npm: [] },
  {
    from: "runtime/relay/",
    own: ["runtime/core/", "runtime/wire/", "runtime/era/", "runtime/relay/"],
    npm: [],
  },
  { from: "runtime/guard/", own: ["runtime/core/", "runtime/guard/"], npm: [] },
  { from: "runtime/auth/", own: ["runtime/core/", "runtime/auth/"], npm: ["jose"] },
  {
    from: "runtime/contract/",
    own: ["runtime/core/", "runtime/wire/", "runtime/era/", "runtime/contract/"],
    npm: [],
  },
  {
    from: "runtime/backends/",
    own: ["runtime/core/", "runtime/wire/", "runtime/era/", "runtime/guard/", "runtime/backends/"],
    npm: ["ws"],
  },
  {
    from: "runtime/frontends/",
    own: ["runtime/core/", "runtime/wire/", "runtime/era/", "runtime/guard/", "runtime/frontends/"],
    npm: ["ws"],
  },
  {
    from: "runtime/app/",
    own: [
      ...["runtime/core/", "runtime/guard/", "runtime/auth/", "runtime/contract/", "runtime/app/", "runtime/serve.ts"],
      "runtime/relay/relay.ts",
    ],
    npm: [],
    types: ["runtime/wire/tls.ts"],
  },
  {
    from: "runtime/serve.ts",
    own: ["runtime/core/", "runtime/era/", "runtime/relay/"],
    npm: [],
    types: ["runtime/auth/authenticator.ts"],
  },
  { from: "runtime/index.ts", own: ["runtime/"], npm: [] },
  {
    from: "generator/ir/",
    own: ["generator/ir/", "generator/errors.ts", "runtime/core/log.ts"],
    npm: [],
    types: ["runtime/"],
  },
  {
    from: "generator/introspect/",
    own: ["generator/ir/", "generator/introspect/", "generator/errors.ts", "runtime/core/", "runtime/era/"],
    npm: ["@modelcontextprotocol/sdk"],
  },
  {
    from: "generator/emit/",
    own: [
      "generator/ir/",
      "generator/emit/",
      "generator/errors.ts",
      "generator/package-root.ts",
      "runtime/core/log.ts",
      // The form of a validator's table and the judgement of patterns are one fact for their writer and their reader.
      "runtime/guard/schema/table.ts",
      "runtime/guard/schema/pattern.ts",
      // Examples are proved by what will judge arguments.
      "runtime/guard/arguments.ts",
    ],
    npm: ["ts-morph", "handlebars", "prettier", "json-schema-to-typescript", "ajv", "esbuild"],
  },
  {
    from: "generator/emitters/project/",
    own: ["generator/ir/", "generator/emit/", "generator/emitters/project/", "generator/errors.ts"],
    npm: ["ts-morph"],
    node: false,
  },
  {
    from: "generator/emitters/client/",
    own: ["generator/ir/", "generator/emit/", "generator/emitters/client/", "generator/errors.ts"],
    npm: ["ts-morph"],
    node: false,
  },
  {
    from: "generator/emitters/openapi/",
    own: ["generator/ir/", "generator/emit/", "generator/emitters/openapi/", "generator/errors.ts"],
    npm: ["openapi-types", "yaml"],
    node: false,
  },
  {
    from: "generator/emitters/graphql/",
    own: ["generator/ir/", "generator/emit/", "generator/emitters/graphql/", "generator/errors.ts"],
    npm: ["graphql"],
    node: false,
  },
  {
    from: "generator/emitters/protobuf/",
    own: ["generator/ir/", "generator/emit/", "generator/emitters/protobuf/", "generator/errors.ts"],
    npm: ["protobufjs"],
    node: false,
  },
  { from: "generator/emitters/index.ts", own: ["generator/emit/", "generator/emitters/"], npm: [] },
  {
    from: "generator/vendor/",
    own: ["generator/vendor/", "generator/emit/", "generator/errors.ts", "generator/package-root.ts"],
    npm: ["ts-morph"],
  },
  {
    from: "generator/output/",
    own: [
      "generator/output/",
      "generator/emit/",
      "generator/errors.ts",
      "generator/package-root.ts",
      "generator/ir/",
      "runtime/core/log.ts",
    ],
    npm: ["esbuild"],
  },
  {
    from: "generator/config/",
    own: ["generator/config/", "generator/errors.ts", "generator/ir/"],
    npm: ["yaml", "esbuild"],
  },
  {
    from: "generator/plugins/",
    own: [
      ...["generator/plugins/", "generator/emit/", "generator/emitters/index.ts", "generator/errors.ts"],
      "runtime/core/log.ts",
    ],
    npm: [],
  },
  { from: "generator/cli/", own: ["generator/", "runtime/"], npm: ["yargs", "yaml", "esbuild"] },
  {
    from: "generator/testing/",
    own: ["generator/", "runtime/"],
    npm: [
      ...["ajv", "typescript", "esbuild", "ts-morph", "fast-check", "graphql", "protobufjs", "yaml"],
      ...["@redocly/openapi-core", "openapi-typescript", "@hey-api/openapi-ts"],
      ...["@graphql-codegen/core", "@graphql-codegen/typescript"],
      ...["@modelcontextprotocol/client", "@modelcontextprotocol/sdk", "ws", "vitest"],
    ],
  },
  {
    from: "generator/generate.ts",
    own: ["generator/ir/", "generator/emit/", "generator/vendor/", "generator/errors.ts"],
    npm: [],
  },
  { from: "generator/package-root.ts", own: ["generator/errors.ts"], npm: [] },
  { from: "generator/index.ts", own: ["generator/"], npm: [] },
  { from: "generator/errors.ts", own: [], npm: [], node: false },
  {
    from: "fixtures/",
    own: ["fixtures/"],
    npm: [
      "@modelcontextprotocol/sdk",
      "@modelcontextprotocol/server",
      "@modelcontextprotocol/node",
      "@modelcontextprotocol/client",
      "zod",
      "ws",
    ],
  },
];

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const typeOnly = ts.isImportDeclaration(node)
        ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        : node.isTypeOnly;
      found.push({ specifier: (node.moduleSpecifier as ts.StringLiteral).text, typeOnly, dynamic: false });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [target] = node.arguments;
      const specifier = target && ts.isStringLiteral(target) ? target.text : "(computed)";
      found.push({ specifier, typeOnly: false, dynamic: true });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function sourceFiles(folder: string, endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && endings.some((ending) => e.name.endsWith(ending)))
    .map((e) => relative(root, join(e.parentPath, e.name)).split("\\").join("/"))
    .sort();
}

const isTest = (file: string): boolean => /\.test\.ts$/.test(file);
const ruled = [
  ...sourceFiles("runtime", [".ts"]),
  ...sourceFiles("generator", [".ts"]),
  ...sourceFiles("fixtures", [".ts", ".js", ".mjs"]),
].filter((file) => !isTest(file));

const ruleOf = (file: string): Rule | undefined =>
  RULES.filter((rule) => file.startsWith(rule.from)).sort((a, b) => b.from.length - a.from.length)[0];

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

function violation(file: string, rule: Rule, one: Import): string | undefined {
  const { specifier } = one;
  if (specifier === "(computed)") return file.startsWith("runtime/") ? "computed import()" : undefined;
  if (specifier.startsWith("node:")) return rule.node === false ? specifier : undefined;
  if (!specifier.startsWith(".")) return rule.npm.includes(packageOf(specifier)) ? undefined : specifier;
  const target = relative(root, resolve(root, dirname(file), specifier))
    .split("\\")
    .join("/")
    .replace(/\.js$/, file.startsWith("fixtures/") ? ".js" : ".ts");
  if (file.startsWith("runtime/") && one.dynamic) return `import() of ${target}`;
  if (rule.own.some((own) => target.startsWith(own))) return undefined;
  if (one.typeOnly && rule.types?.some((own) => target.startsWith(own))) return undefined;
  return target;
}

describe("who may import whom", () => {
  it("has a rule for every source file", () => {
    expect(ruled.length).toBeGreaterThan(40);
    expect(ruled.filter((file) => !ruleOf(file))).toEqual([]);
  });

  it.each(ruled)("%s", (file) => {
    const rule = ruleOf(file);
    const got = rule ? importsOf(join(root, file)).flatMap((one) => violation(file, rule, one) ?? []) : ["no rule"];
    expect(got).toEqual([]);
  });

  it("lets nobody but the CLI import the CLI", () => {
    const got = ruled
      .filter((file) => !file.startsWith("generator/cli/"))
      .filter((file) => importsOf(join(root, file)).some(({ specifier }) => /\/cli\//.test(specifier)));
    expect(got).toEqual([]);
  });
});

/** Property reads such as `console.log` or `process.exit`, as "object.property" or the object alone. */
function uses(file: string): Set<string> {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ES2022, true);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      found.add(node.expression.text);
      found.add(`${node.expression.text}.${node.name.text}`);
    }
    if (ts.isImportSpecifier(node)) found.add((node.propertyName ?? node.name).text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const WRITERS = [
  "writeFile",
  "writeFileSync",
  "rename",
  "renameSync",
  "mkdir",
  "mkdirSync",
  "appendFile",
  "createWriteStream",
];

describe("house laws", () => {
  const laws = [
    {
      law: "only output/ and the introspection cache write files",
      forbidden: WRITERS,
      may: [
        "generator/output/",
        "generator/introspect/cache.ts",
        "generator/testing/",
        "generator/config/",
        "runtime/app/",
      ],
    },
    {
      law: "only cli/ prints, exits and reads the arguments",
      forbidden: ["console", "process.exit", "process.argv"],
      may: ["generator/cli/", "generator/testing/", "fixtures/"],
    },
  ];
  it.each(laws)("$law", ({ forbidden, may }) => {
    const got = ruled
      .filter((file) => !may.some((start) => file.startsWith(start)))
      .flatMap((file) => {
        const used = uses(file);
        return forbidden.filter((name) => used.has(name)).map((name) => `${file}: ${name}`);
      });
    expect(got).toEqual([]);
  });

  it("names no file for its lack of a name", () => {
    expect(ruled.filter((file) => /(^|\/)(utils?|helpers?|shared|common|misc)\.\w+$/.test(file))).toEqual([]);
  });
});
