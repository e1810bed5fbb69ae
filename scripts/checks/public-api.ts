import { sep } from 'node:path';
import ts from 'typescript-5.9';
import { nodesOf } from './source-files.ts';

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.esnext.collection.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  skipLibCheck: true,
};

/**
 * Writes down what a package's entry points let a program see, without comments and private members.
 *
 * A type that an exported declaration mentions, but that no program can import, comes last: it changes what users
 * compile against all the same.
 *
 * @param entries - name → its `.d.ts` file.
 * @returns name → text.
 */
export function describeApi(entries: ReadonlyMap<string, string>): Map<string, string> {
  const program = ts.createProgram([...entries.values()], COMPILER_OPTIONS);
  return new Map([...entries].map(([name, file]) => [name, new EntryPoint(program, file).describe()]));
}

class EntryPoint {
  readonly #checker: ts.TypeChecker;
  readonly #source: ts.SourceFile;
  readonly #program: ts.Program;

  constructor(program: ts.Program, file: string) {
    const source = program.getSourceFile(file);
    if (source === undefined)
      throw new Error(`No declarations at ${file}. Does package.json name a source that exists?`);
    this.#program = program;
    this.#checker = program.getTypeChecker();
    this.#source = source;
  }

  describe(): string {
    const exported = this.#exports();
    const known = new Set(exported.map(([, symbol]) => symbol));
    const reached = this.#reachedFrom(known);
    const sections = exported.map(([name, symbol]) => this.#print(name, symbol));
    if (reached.length > 0)
      sections.push(
        '// Seen through the above, not exported',
        ...reached.map((symbol) => this.#print(symbol.name, symbol)),
      );
    return `${sections.join('\n\n')}\n`;
  }

  #exports(): [string, ts.Symbol][] {
    const module = this.#checker.getSymbolAtLocation(this.#source);
    const symbols = module === undefined ? [] : this.#checker.getExportsOfModule(module);
    return symbols.map((symbol): [string, ts.Symbol] => [symbol.name, this.#resolve(symbol)]).sort(byName);
  }

  #resolve(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  #reachedFrom(known: ReadonlySet<ts.Symbol>): ts.Symbol[] {
    const seen = new Set(known);
    // A set grows while it is walked, so this reaches everything.
    for (const symbol of seen) {
      for (const mentioned of this.#mentionedBy(symbol)) seen.add(mentioned);
    }
    const printed = new Set([...known].flatMap((symbol) => this.#ownStatements(symbol)));
    const isNew = (symbol: ts.Symbol) =>
      !known.has(symbol) && !this.#ownStatements(symbol).some((statement) => printed.has(statement));
    return [...seen].filter(isNew).sort((a, b) => byName([a.name], [b.name]));
  }

  *#mentionedBy(symbol: ts.Symbol): Generator<ts.Symbol> {
    for (const statement of this.#ownStatements(symbol)) {
      for (const node of publicNodesOf(statement)) {
        const found = ts.isIdentifier(node) ? this.#checker.getSymbolAtLocation(node) : undefined;
        const mentioned = found === undefined ? undefined : this.#resolve(found);
        if (mentioned !== undefined && this.#ownStatements(mentioned).length > 0) yield mentioned;
      }
    }
  }

  #print(name: string, symbol: ts.Symbol): string {
    const statements = this.#ownStatements(symbol);
    if (statements.length === 0) return `export { ${name} }; // from ${originOf(symbol)}`;
    const text = statements.map(printWithoutComments).join('\n');
    return name === symbol.name ? text : `export { ${symbol.name} as ${name} };\n${text}`;
  }

  /** The top-level statements of this package, not of its dependencies, that declare a symbol. */
  #ownStatements(symbol: ts.Symbol): ts.Statement[] {
    const statements = (symbol.declarations ?? []).map(topLevelStatementOf);
    return [...new Set(statements)]
      .filter((statement) => statement !== undefined)
      .filter((statement) => this.#isOwn(statement));
  }

  #isOwn(statement: ts.Statement): boolean {
    const source = statement.getSourceFile();
    return (
      !this.#program.isSourceFileFromExternalLibrary(source) &&
      !this.#program.isSourceFileDefaultLibrary(source) &&
      !isForeign(source)
    );
  }
}

function isForeign(source: ts.SourceFile): boolean {
  return source.fileName.includes('/node_modules/');
}

function originOf(symbol: ts.Symbol): string {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName.split(sep).join('/') ?? 'nowhere';
  return file.replace(/^.*\/node_modules\/((?:@[^/]+\/)?[^/]+).*$/, '$1');
}

/** The statement that a declaration is, or is listed in; undefined for a member or a parameter. */
function topLevelStatementOf(declaration: ts.Declaration): ts.Statement | undefined {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return ts.isSourceFile(node.parent) && !ts.isSourceFile(node) && ts.isStatement(node) ? node : undefined;
}

function* publicNodesOf(statement: ts.Statement): Generator<ts.Node> {
  const hidden = new Set<ts.Node>();
  for (const node of nodesOf(statement)) {
    if (hidden.has(node.parent) || isHidden(node)) hidden.add(node);
    else yield node;
  }
}

function isHidden(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false;
  if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return true;
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
  );
}

function printWithoutComments(statement: ts.Statement): string {
  const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });
  const { transformed } = ts.transform(statement, [withoutHiddenMembers]);
  return transformed
    .map((node) => printer.printNode(ts.EmitHint.Unspecified, node, statement.getSourceFile()))
    .join('\n');
}

function withoutHiddenMembers(context: ts.TransformationContext): ts.Transformer<ts.Statement> {
  const visit = (node: ts.Node): ts.Node | undefined =>
    isHidden(node) ? undefined : ts.visitEachChild(node, visit, context);
  return (statement) => ts.visitEachChild(statement, visit, context);
}

function byName([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  return a < b ? -1 : Number(a > b);
}
