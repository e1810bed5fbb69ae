import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-5.9';
import { nodesOf, placeOf, readSourceFiles, type SourceFile } from './source-files.ts';
import type { Verdict } from './verdict.ts';

const CODES_FILE = 'errors/codes.ts';
const BUILT_IN = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'AggregateError',
  'EvalError',
  'URIError',
]);
// Codecs are pure and do not know their column: whoever calls one names it, with the TypeError as cause.
const CODEC_CHECKS = 'dialects/expected.ts';
const CODE_SHAPE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;

/** Holds the error codes, the places that throw, `docs/errors.md` and the tests below `root` against each other. */
export function checkErrors(root: string): Verdict {
  const sources = readSourceFiles(join(root, 'src'));
  const tests = readSourceFiles(join(root, 'test')).filter(({ path }) => !path.startsWith('tooling/'));
  const guide = join(root, 'docs', 'errors.md');
  const codes = readCodes(sources);
  const faults = [
    ...orderFaults(codes),
    ...sources.flatMap((file) => [...bareThrows(file)]),
    ...unusedCodes(codes, sources, tests),
    ...guideFaults(codes, existsSync(guide) ? readFileSync(guide, 'utf8') : ''),
  ];
  return { faults, summary: `${codes.length} error codes in src, docs/errors.md and tests` };
}

function readCodes(sources: readonly SourceFile[]): string[] {
  const file = sources.find(({ path }) => path === CODES_FILE);
  return file === undefined ? [] : [...stringsOf(file)].filter((text) => CODE_SHAPE.test(text));
}

function* orderFaults(codes: readonly string[]): Generator<string> {
  if (codes.length === 0) yield `src/${CODES_FILE}: lists no code`;
  for (const [index, code] of codes.entries()) {
    const previous = codes[index - 1];
    if (codes.indexOf(code) < index) yield `src/${CODES_FILE}: ${code} is listed twice`;
    else if (previous !== undefined && areaOf(previous) === areaOf(code) && previous > code) {
      yield `src/${CODES_FILE}: ${code} belongs before ${previous}`;
    }
  }
}

/** Built-in errors that are thrown or rejected with: they have no code and no cure. */
function* bareThrows(file: SourceFile): Generator<string> {
  for (const node of nodesOf(file.tree)) {
    const name = builtInName(thrownBy(node));
    if (name === 'TypeError' && file.path === CODEC_CHECKS) continue;
    if (name !== undefined)
      yield `src/${placeOf(file, node)}: throws a bare ${name}; make it a HermeticError with a code and a cure`;
  }
}

function thrownBy(node: ts.Node): ts.Expression | undefined {
  if (ts.isThrowStatement(node)) return node.expression;
  const rejects = ts.isCallExpression(node) && /(^|\.)(reject|throw)$/.test(node.expression.getText());
  return rejects ? node.arguments[0] : undefined;
}

function builtInName(thrown: ts.Expression | undefined): string | undefined {
  if (thrown === undefined || !(ts.isNewExpression(thrown) || ts.isCallExpression(thrown))) return undefined;
  const name = thrown.expression.getText();
  return BUILT_IN.has(name) ? name : undefined;
}

function* unusedCodes(
  codes: readonly string[],
  sources: readonly SourceFile[],
  tests: readonly SourceFile[],
): Generator<string> {
  const raised = new Set(sources.filter(({ path }) => path !== CODES_FILE).flatMap((file) => [...stringsOf(file)]));
  const tested =
    tests
      .map(({ text }) => text)
      .join('\n')
      .match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [];
  const testedWords = new Set<string>(tested);
  for (const code of codes) {
    if (!raised.has(code)) yield `src/${CODES_FILE}: nothing in src raises ${code}`;
    else if (!testedWords.has(code)) yield `test: no test mentions ${code}`;
  }
}

function* guideFaults(codes: readonly string[], guide: string): Generator<string> {
  const sections = guide.split(/^## /m).slice(1);
  const headings = sections.map((section) => section.split('\n', 1)[0]?.trim() ?? '');
  for (const code of codes) {
    if (!headings.includes(code)) yield `docs/errors.md: no heading "## ${code}"`;
  }
  for (const [index, heading] of headings.entries()) {
    if (!codes.includes(heading)) yield `docs/errors.md: "## ${heading}" is no code of src/${CODES_FILE}`;
    if (headings.indexOf(heading) < index) yield `docs/errors.md: "## ${heading}" stands twice`;
    for (const part of ['**Cause.**', '**Cure.**']) {
      if (!sections[index]?.includes(part)) yield `docs/errors.md: "## ${heading}" has no ${part}`;
    }
  }
}

function* stringsOf(file: SourceFile): Generator<string> {
  for (const node of nodesOf(file.tree)) {
    if (ts.isStringLiteralLike(node)) yield node.text;
  }
}

function areaOf(code: string): string {
  return code.slice(0, code.indexOf('_'));
}
