import ts from "typescript";

/** What a piece of TypeScript does, apart from its data: to compare code made of hostile text with code made of harmless text. */
export interface Syntax {
  /** Syntax errors. */
  readonly errors: readonly string[];
  /** Kinds of statements, wherever they stand. */
  readonly statements: ReadonlySet<string>;
  /** What is called, tagged or instantiated, digits as `#`: `new RegExp`, `validate#`. */
  readonly calls: ReadonlySet<string>;
  /** Modules imported, whichever way. */
  readonly imports: ReadonlySet<string>;
  /** Tokens with the marker in them that are neither strings, comments nor names of properties. */
  readonly escaped: readonly string[];
}

const isCode = (node: ts.Node): boolean =>
  !ts.isStringLiteral(node) && !ts.isNoSubstitutionTemplateLiteral(node) && !isPropertyName(node);

const isPropertyName = (node: ts.Node): boolean =>
  (ts.isPropertySignature(node.parent) || ts.isPropertyAssignment(node.parent)) && node.parent.name === node;

/** Throws nothing: what does not parse is told in `errors`. */
export function syntaxOf(path: string, text: string, marker: string): Syntax {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const { diagnostics = [] } = ts.transpileModule(text, { fileName: path, reportDiagnostics: true });
  const found = { statements: new Set<string>(), calls: new Set<string>(), imports: new Set<string>() };
  const escaped: string[] = [];
  const callee = (node: ts.Node): string => node.getText(source).replace(/\d+/g, "#").replace(/\s+/g, " ");
  const visit = (node: ts.Node): void => {
    if (ts.isStatement(node)) found.statements.add(ts.SyntaxKind[node.kind]);
    if (ts.isCallExpression(node)) found.calls.add(callee(node.expression));
    if (ts.isNewExpression(node)) found.calls.add(`new ${callee(node.expression)}`);
    if (ts.isTaggedTemplateExpression(node)) found.calls.add(`tag ${callee(node.tag)}`);
    if (ts.isImportDeclaration(node)) found.imports.add(node.moduleSpecifier.getText(source));
    if (ts.isImportTypeNode(node) || ts.isExternalModuleReference(node)) found.imports.add(node.getText(source));
    const isToken = node.getChildCount(source) === 0;
    if (isToken && node.getText(source).includes(marker) && isCode(node)) escaped.push(node.getText(source));
    node.forEachChild(visit);
  };
  visit(source);
  return {
    errors: diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    ...found,
    escaped,
  };
}
