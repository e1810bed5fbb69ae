import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const PROGRAMS = join('test', 'consumer');
// What a user has beside the package. Drivers are missing on purpose: its declarations must not need them.
const NEIGHBOURS = ['kysely', 'fastify', '@opentelemetry/api', '@types/node'];

const BASE_OPTIONS = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable', 'esnext.collection'],
  types: ['node'],
  strict: true,
  declaration: true,
  rootDir: '.',
};

/** A project outside this one that has the packed package installed, and nothing of its sources. */
export class ConsumerProject {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hermetic-consumer-'));

  constructor(tarball: string) {
    const modules = join(this.#folder, 'node_modules');
    mkdirSync(join(modules, 'hermetic'), { recursive: true });
    spawnSync('tar', ['-xzf', resolve(tarball), '-C', join(modules, 'hermetic'), '--strip-components=1'], {
      stdio: 'inherit',
    });
    for (const name of NEIGHBOURS) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(resolve('node_modules', name), join(modules, name), 'junction');
    }
    writeFileSync(join(this.#folder, 'package.json'), '{ "name": "consumer", "type": "module", "private": true }');
    cpSync(PROGRAMS, this.#folder, { recursive: true });
  }

  /**
   * Compiles every program, declarations included.
   *
   * @param typescript - folder below node_modules of the compiler.
   * @param options - `module` and `moduleResolution`; an own `outDir`.
   * @returns What the compiler complained about, library files of `hermetic` included.
   */
  compile(
    typescript: string,
    options: { readonly module: string; readonly moduleResolution: string; readonly outDir: string },
  ): string[] {
    const project = join(this.#folder, `tsconfig.${options.outDir}.json`);
    writeFileSync(project, JSON.stringify({ compilerOptions: { ...BASE_OPTIONS, ...options }, include: ['*.ts'] }));
    const compiler = resolve('node_modules', typescript, 'bin', 'tsc');
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', project, '--pretty', 'false'], {
      cwd: this.#folder,
      encoding: 'utf8',
    });
    return stdout.split('\n').filter((line) => isOurs(line));
  }

  /** Runs what `compile` left in `outDir` and compares what it prints with `expected.json`. */
  run(outDir: string): string[] {
    const expected = JSON.parse(readFileSync(join(PROGRAMS, 'expected.json'), 'utf8')) as Record<string, string[]>;
    return Object.entries(expected).flatMap(([program, lines]) => {
      const file = join(this.#folder, outDir, `${program}.js`);
      const { stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      return stdout.trim() === lines.join('\n')
        ? []
        : [`test/consumer/${program}.ts prints\n${stdout}${stderr}instead of\n${lines.join('\n')}`];
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// Errors inside other packages' declarations are theirs; everything else is ours.
function isOurs(line: string): boolean {
  if (!line.includes('error TS')) return false;
  const foreign = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(line)?.[1];
  return foreign === undefined || foreign === 'hermetic';
}
