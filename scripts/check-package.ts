import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConsumerProject } from './build/consumer.ts';
import { report } from './checks/verdict.ts';

const FOLDER = join('.tmp', 'package');
const RESOLUTIONS = [
  { typescript: 'typescript', module: 'nodenext', moduleResolution: 'nodenext', outDir: 'newest' },
  { typescript: 'typescript-5.9', module: 'nodenext', moduleResolution: 'nodenext', outDir: 'oldest' },
  { typescript: 'typescript', module: 'esnext', moduleResolution: 'bundler', outDir: 'bundler' },
];

const tarball = pack();
if (tarball === undefined) {
  report({ faults: ['npm pack failed'], summary: 'package' });
} else {
  const faults = [
    ...lint('publint', ['run', '--strict', tarball]),
    ...lint('attw', [tarball, '--profile', 'esm-only']),
    ...consume(tarball),
  ];
  report({ faults, summary: 'package packed, linted, compiled by TypeScript 7 and 5.9, run' });
}

/** Packs as a release would, build included. */
function pack(): string | undefined {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  spawnSync('npm', ['pack', '--silent', '--pack-destination', FOLDER], { stdio: ['ignore', 'inherit', 'inherit'] });
  const file = readdirSync(FOLDER).find((name) => name.endsWith('.tgz'));
  return file === undefined ? undefined : join(FOLDER, file);
}

function lint(tool: string, args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(join('node_modules', '.bin', tool), args, { encoding: 'utf8' });
  return status === 0 ? [] : [`${tool}:\n${stdout}${stderr}`];
}

function consume(file: string): string[] {
  const project = new ConsumerProject(file);
  try {
    const compiled = RESOLUTIONS.flatMap(({ typescript, ...options }) =>
      project.compile(typescript, options).map((fault) => `${typescript}, ${options.moduleResolution}: ${fault}`),
    );
    return compiled.length > 0 ? compiled : project.run('newest');
  } finally {
    project.remove();
  }
}
