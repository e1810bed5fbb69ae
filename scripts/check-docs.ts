import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript-5.9';
import { printsAsDocumented, type Sample, samplesOf } from './checks/documented-code.ts';
import { missingFiles, missingLinks } from './checks/named-files.ts';
import { trackedFiles } from './checks/tracked-files.ts';
import { report } from './checks/verdict.ts';

// Inside the project, so that `import 'hermetic'` means this package.
const WORKSHOP = join('.tmp', 'docs');
const TYPESCRIPT = resolve('node_modules', 'typescript', 'bin', 'tsc');

interface Placed extends Sample {
  /** Where the sample was written. */
  readonly path: string;
}

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdownIn('docs')];
const samples = documents.filter((document) => existsSync(document)).flatMap(placedSamples);
rmSync(WORKSHOP, { recursive: true, force: true });
const checked = samples.filter(({ use }) => use !== 'show');
const run = samples.filter(({ use }) => use === 'run');
const faults = [...documentFaults(), ...samples.flatMap(syntaxFaults), ...typeFaults(), ...run.flatMap(runFaults)];
report({
  faults,
  summary: `${documents.length} documents, ${samples.length} samples, ${checked.length} compiled, ${run.length} run`,
});

function markdownIn(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${folder}/${name}`)
    : [];
}

function placedSamples(document: string): Placed[] {
  const folder = join(WORKSHOP, document.replaceAll('/', '-').replace(/\.md$/, ''));
  return samplesOf(document, readFileSync(document, 'utf8')).map((sample) => ({
    ...sample,
    path: join(folder, sample.file),
  }));
}

function documentFaults(): string[] {
  const files = trackedFiles();
  const named = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
  return documents.flatMap((document) => {
    if (!existsSync(document)) return [`${document}: missing`];
    const text = readFileSync(document, 'utf8');
    const linked = (target: string) => existsSync(join(dirname(document), target));
    const missing = [
      ...missingLinks(text, linked),
      ...(document === 'ARCHITECTURE.md' ? missingFiles(text, named) : []),
    ];
    return missing.map((fault) => `${document}:${fault} does not exist`);
  });
}

function syntaxFaults({ place, text }: Placed): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext },
  });
  return diagnostics.map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

/** Compiles all samples at once: one program is much faster than many. */
function typeFaults(): string[] {
  for (const { path, text } of checked) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  if (checked.length === 0) return [];
  const project = join(WORKSHOP, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ extends: relative(WORKSHOP, 'tsconfig.json'), include: ['**/*.ts'] }));
  const { stdout } = spawnSync(process.execPath, [TYPESCRIPT, '-p', project, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  return stdout
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .map(namedByDocument);
}

// `.tmp/docs/README/line-12.ts(14,3): error …` → `README.md:14: error …`
function namedByDocument(line: string): string {
  const [, path = '', row = ''] = /^(.*?)\((\d+),\d+\)/.exec(line) ?? [];
  const sample = checked.find((candidate) => resolve(candidate.path) === resolve(path));
  return sample === undefined ? line : line.replace(/^.*?\): /, `${sample.place.replace(/:\d+$/, '')}:${row}: `);
}

/** Runs a sample in an empty folder of its own, which is where its SQLite file comes to be. */
function runFaults({ path, place, output }: Placed): string[] {
  const folder = `${path}.run`;
  mkdirSync(folder, { recursive: true });
  const flags = ['--conditions=hermetic-source', '--disable-warning=ExperimentalWarning'];
  const result = spawnSync(process.execPath, [...flags, resolve(path)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (result.error !== undefined || result.status !== 0) {
    return [`${place}: ends with ${result.signal ?? result.status}\n${result.stdout}${result.stderr}`];
  }
  if (output === undefined || printsAsDocumented(result.stdout, output)) return [];
  return [`${place}: prints something else than documented:\n${result.stdout}instead of:\n${output}`];
}
