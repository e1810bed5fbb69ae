import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { modelsSource } from './checks/generated-models.ts';

/** What one compiler may use. */
interface Budget {
  readonly models: number;
  readonly instantiations: number;
  readonly seconds: number;
}

const ROOT = resolve(import.meta.dirname, '..');
const COMPILERS = {
  'typescript-7': { package: 'typescript', flags: ['--singleThreaded'] },
  'typescript-5.9': { package: 'typescript-5.9', flags: [] },
} as const;

/**
 * Emits the declarations of generated models with both compilers, then checks them alone and holds the cost to
 * `budgets.json`. Seconds are processor time of a single-threaded run. `--report` prints without judging.
 */
const { values } = parseArgs({ options: { report: { type: 'boolean', default: false } } });
const budgets = (JSON.parse(readFileSync(join(ROOT, 'budgets.json'), 'utf8')) as { types: Record<string, Budget> })
  .types;
// Inside node_modules, so that the generated program finds kysely as a user's program would.
const cache = join(ROOT, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'type-budget-'));
try {
  emitDeclarations();
  const verdicts = Object.entries(COMPILERS).map(([name, compiler]) => judge(name, compiler));
  if (!values.report && verdicts.includes(false)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

function judge(name: string, compiler: (typeof COMPILERS)[keyof typeof COMPILERS]): boolean {
  const budget = budgets[name];
  if (budget === undefined) throw new TypeError(`budgets.json has no types.${name}`);
  const project = join(folder, name);
  mkdirSync(project);
  cpSync(join(folder, 'hermetic'), join(project, 'hermetic'), { recursive: true });
  writeFileSync(join(project, 'models.ts'), modelsSource(budget.models, './hermetic'));
  writeProject(project, { outDir: 'out', include: ['models.ts'] });
  compile(compiler.package, ['-p', project]);
  const checkOnly = ['--noEmit', '--declaration', 'false', '--emitDeclarationOnly', 'false', '--extendedDiagnostics'];
  const output = compile(compiler.package, ['-p', project, ...checkOnly, ...compiler.flags]);
  const instantiations = figure(output, 'Instantiations');
  const seconds = Number((figure(output, 'CPU user') + figure(output, 'CPU system')).toFixed(1));
  const fits = instantiations <= budget.instantiations && seconds <= budget.seconds;
  const text = `${budget.models} models: ${instantiations} of ${budget.instantiations} instantiations, ${seconds} of ${budget.seconds} s`;
  process.stdout.write(`${fits ? 'ok  ' : 'OVER'} ${name}, ${text}\n`);
  return fits;
}

/** What a user's compiler sees: declarations, not sources. */
function emitDeclarations(): void {
  writeProject(folder, {
    outDir: 'hermetic',
    rootDir: join(ROOT, 'src'),
    include: ['mapping/t.ts', 'model/model.ts', 'session/query.ts'].map((file) => join(ROOT, 'src', file)),
  });
  compile('typescript', ['-p', folder]);
}

function writeProject(project: string, more: { outDir: string; include: string[]; rootDir?: string }): void {
  const { include, ...paths } = more;
  const compilerOptions = { ...paths, noEmit: false, declaration: true, emitDeclarationOnly: true };
  const options = { ...compilerOptions, declarationMap: false, typeRoots: [join(ROOT, 'node_modules/@types')] };
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions: options, include }),
  );
}

function compile(packageName: string, options: readonly string[]): string {
  const tsc = join(dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)), 'bin', 'tsc');
  // The shell's own clock is the only one that counts a child's processor time and not the time it waited.
  const timed = [
    '-c',
    `TIMEFORMAT=$'CPU user: %U\\nCPU system: %S'; time "$@"`,
    'bash',
    process.execPath,
    tsc,
    ...options,
  ];
  const { status, stdout, stderr } = spawnSync('bash', timed, { encoding: 'utf8' });
  if (status !== 0) throw new TypeError(`${packageName} refuses the program:\n${stdout.slice(0, 4000)}`);
  return `${stdout}\n${stderr}`;
}

function figure(output: string, name: string): number {
  const found = new RegExp(`^${name}:\\s*([\\d.]+)`, 'm').exec(output)?.[1];
  if (found === undefined) throw new TypeError(`The compiler reported no '${name}':\n${output}`);
  return Number(found);
}
