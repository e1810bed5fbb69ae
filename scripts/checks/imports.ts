import { posix } from 'node:path';
import ts from 'typescript-5.9';
import { nodesOf, type SourceFile } from './source-files.ts';

/** One import of any kind: value, type, re-export, `import('…')` as expression or as type. */
export interface Import {
  /** What stands between the quotes; undefined when it is computed. */
  readonly specifier: string | undefined;
  readonly node: ts.Node;
}

export function* importsOf(file: SourceFile): Generator<Import> {
  for (const node of nodesOf(file.tree)) {
    const named = specifierOf(node);
    if (named !== undefined) yield { specifier: ts.isStringLiteralLike(named) ? named.text : undefined, node };
  }
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument;
  if (!ts.isCallExpression(node)) return undefined;
  const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require';
  return loads ? node.arguments[0] : undefined;
}

/** The file that a relative specifier means, relative to the same folder as `from`; undefined for a package. */
export function targetOf(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : undefined;
}

/** The package of a bare specifier: `@scope/name/deep` → `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
