import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importsOf } from '../checks/imports.ts';
import { parse } from '../checks/source-files.ts';

/**
 * Compiles src into `folder`, which is emptied first.
 *
 * @param flags - more compiler flags.
 * @returns False when the compiler found errors; it has printed them.
 */
export function compile(folder: string, flags: readonly string[] = []): boolean {
  rmSync(folder, { recursive: true, force: true });
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  const run = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', folder, ...flags], {
    stdio: 'inherit',
  });
  if (run.status !== 0) return false;
  rewriteDeclarations(folder);
  return true;
}

// The compiler rewrites `./x.ts` in JavaScript only; in declarations it stays, and inferred imports lose their extension.
function rewriteDeclarations(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.d.ts')) continue;
    const file = join(folder, path);
    writeFileSync(
      file,
      withJavaScriptExtensions(path, readFileSync(file, 'utf8'), (target) => existsSync(join(file, '..', target))),
    );
  }
}

/** Rewrites relative specifiers to `.js`. `exists` answers for paths relative to the file's folder. */
export function withJavaScriptExtensions(path: string, text: string, exists: (target: string) => boolean): string {
  let result = text;
  for (const { specifier } of importsOf(parse(path, text))) {
    if (specifier === undefined || !specifier.startsWith('.')) continue;
    const stem = specifier.replace(/\.[jt]s$/, '');
    const target = exists(`${stem}.d.ts`) ? `${stem}.js` : `${stem}/index.js`;
    result = result.replaceAll(`'${specifier}'`, `'${target}'`).replaceAll(`"${specifier}"`, `"${target}"`);
  }
  return result;
}
