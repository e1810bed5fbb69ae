import ts from 'typescript-5.9';
import { nodesOf, placeOf, type SourceFile } from './source-files.ts';

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.test-d)?\.ts$/;
const HOLLOW_NAME = /(Manager|Helper|Helpers|Util|Utils|Base|Abstract|Impl|Data|Info)$|^(Base|Abstract)[A-Z]/;
const MARK = /\b(TODO|FIXME|XXX|HACK)\b/;
const SILENCER = /@ts-(ignore|nocheck|expect-error)|(?:oxlint|eslint)-disable/;
const SWITCHED_OFF = new Set(['only', 'skip', 'todo']);
const LONGEST_FILE = 400;

/** What a source file of the library breaks: its name, its size, its names, marks of unfinished work. */
export function* sourceFaults(file: SourceFile): Generator<string> {
  yield* nameFaults(file);
  const lines = file.text.split('\n').length - 1;
  if (lines > LONGEST_FILE) yield `${file.path}: ${lines} lines, at most ${LONGEST_FILE}; split it by noun`;
  for (const [index, line] of file.text.split('\n').entries()) {
    const found = MARK.exec(line)?.[0] ?? SILENCER.exec(line)?.[0];
    if (found !== undefined) yield `${file.path}:${index + 1}: ${found}; finish it instead`;
  }
  for (const node of nodesOf(file.tree)) {
    if (ts.isAsExpression(node) && node.type.kind === ts.SyntaxKind.AnyKeyword)
      yield `${placeOf(file, node)}: "as any"; narrow from unknown`;
    const name = declaredName(node);
    if (name !== undefined && HOLLOW_NAME.test(name))
      yield `${placeOf(file, node)}: the name ${name} says nothing; name what it is`;
  }
}

/** What a test file breaks: tests that are switched off, marks of unfinished work. */
export function* testFaults(file: SourceFile): Generator<string> {
  yield* nameFaults(file);
  for (const node of nodesOf(file.tree)) {
    if (!ts.isPropertyAccessExpression(node) || !SWITCHED_OFF.has(node.name.text)) continue;
    if (/^(test|it|describe)\b/.test(node.expression.getText()))
      yield `${placeOf(file, node)}: .${node.name.text} in a committed test`;
  }
}

function* nameFaults({ path }: SourceFile): Generator<string> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!KEBAB_CASE.test(name)) yield `${path}: file names are kebab-case`;
}

function declaredName(node: ts.Node): string | undefined {
  const named = ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
  return named ? node.name?.text : undefined;
}

/** How often a type is forced: `any` anywhere, and casts other than `as const`. */
export function forcedTypes(files: readonly SourceFile[]): { any: number; casts: number } {
  const count = { any: 0, casts: 0 };
  for (const file of files) {
    for (const node of nodesOf(file.tree)) {
      if (node.kind === ts.SyntaxKind.AnyKeyword) count.any += 1;
      if (ts.isAsExpression(node) && node.type.getText() !== 'const') count.casts += 1;
    }
  }
  return count;
}

/** Lines of every function that has a body, shortest first. */
export function functionLengths(files: readonly SourceFile[]): number[] {
  const lengths = files.flatMap((file) => [...nodesOf(file.tree)].filter(hasBody).map((node) => linesOf(file, node)));
  return lengths.sort((a, b) => a - b);
}

function hasBody(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

function linesOf({ tree }: SourceFile, node: ts.Node): number {
  return (
    tree.getLineAndCharacterOfPosition(node.end).line - tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
  );
}
