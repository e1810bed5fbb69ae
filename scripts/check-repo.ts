import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { forcedTypes, functionLengths, sourceFaults, testFaults } from './checks/house-rules.ts';
import { machineTraces, registryAddresses, unlockedPackages } from './checks/machine-traces.ts';
import { readSourceFiles } from './checks/source-files.ts';
import { trackedFiles } from './checks/tracked-files.ts';
import { report } from './checks/verdict.ts';

const TEXT = /\.(ts|mts|mjs|js|json|md|txt|ya?ml|sql|sh)$|\/run$/;

const sources = readSourceFiles('src');
const tests = readSourceFiles('test');
const lock = readFileSync('package-lock.json', 'utf8');
const tracked = trackedFiles().filter((path) => TEXT.test(path));
const lengths = functionLengths(sources);
const forced = forcedTypes(sources);

report({
  faults: [
    ...sources.flatMap((file) => [...sourceFaults({ ...file, path: `src/${file.path}` })]),
    ...tests.flatMap((file) => [...testFaults({ ...file, path: `test/${file.path}` })]),
    ...tracked.flatMap((path) => machineTraces(path, readFileSync(path, 'utf8'), resolve('.'))),
    ...registryAddresses(lock),
    ...unlockedPackages(lock),
    ...ratchetFaults(),
  ],
  summary: [
    `${sources.length} source files, ${lengths.length} functions`,
    `lines of a function: median ${percentile(50)}, p90 ${percentile(90)}, longest ${percentile(100)}`,
    `any ${forced.any}, casts ${forced.casts}`,
  ].join('; '),
});

function percentile(percent: number): number {
  return lengths[Math.max(0, Math.ceil((lengths.length * percent) / 100) - 1)] ?? 0;
}

function ratchetFaults(): string[] {
  const allowed = JSON.parse(readFileSync('scripts/ratchet.json', 'utf8')) as typeof forced;
  return (['any', 'casts'] as const)
    .filter((kind) => forced[kind] > allowed[kind])
    .map((kind) => `src: ${forced[kind]} ${kind}, scripts/ratchet.json allows ${allowed[kind]}; it may only fall`);
}
