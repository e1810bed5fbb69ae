import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compile } from './build/compile.ts';
import { readEntryPoints } from './checks/entry-points.ts';
import { describeApi } from './checks/public-api.ts';

const COMMITTED = 'api';
const DECLARATIONS = join('.tmp', 'declarations');
const FRESH = join('.tmp', 'api');

if (compile(DECLARATIONS, ['--emitDeclarationOnly', '--declarationMap', 'false', '--sourceMap', 'false'])) snapshot();
else process.exitCode = 1;

function snapshot(): void {
  const files = [...readEntryPoints('.')].map(([name, path]): [string, string] => [name, resolve(DECLARATIONS, path)]);
  const texts = describeApi(new Map(files));
  if (process.argv.includes('--update')) write(COMMITTED, texts);
  else compare(texts);
}

function write(folder: string, texts: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of texts) writeFileSync(join(folder, `${name}.txt`), text);
}

function compare(texts: ReadonlyMap<string, string>): void {
  mkdirSync(COMMITTED, { recursive: true });
  write(FRESH, texts);
  const changed = [...texts].filter(([name, text]) => committedText(name) !== text).map(([name]) => name);
  for (const name of changed) showDifference(name);
  const extra = readdirSync(COMMITTED).filter((file) => !texts.has(file.replace(/\.txt$/, '')));
  for (const file of extra) console.error(`api/${file} describes no entry point of package.json; delete it`);
  if (changed.length > 0)
    console.error('The public API changed. If that is meant: npm run api:update, and say why in the commit.');
  if (changed.length > 0 || extra.length > 0) process.exitCode = 1;
  console.log(
    `${texts.size} entry points against api/: ${changed.length + extra.length === 0 ? 'unchanged' : 'changed'}`,
  );
}

function committedText(name: string): string | undefined {
  const file = `${name}.txt`;
  return readdirSync(COMMITTED).includes(file) ? readFileSync(join(COMMITTED, file), 'utf8') : undefined;
}

function showDifference(name: string): void {
  const committed = committedText(name) === undefined ? '/dev/null' : join(COMMITTED, `${name}.txt`);
  spawnSync('git', ['--no-pager', 'diff', '--no-index', '--no-color', committed, join(FRESH, `${name}.txt`)], {
    stdio: 'inherit',
  });
}
