import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { plant } from './plant.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A line of a program → what the compiler says first. */
const MISTAKES: readonly (readonly [line: string, message: string])[] = [
  [
    `session.find(User).with('jobs', 'jobs.titel')`,
    `'"jobs.titel"' … to parameter of type 'Checked<"jobs.titel", Unknown<"jobs.owner">>'`,
  ],
  [
    `session.get(User, 1, { with: ['jobs.titel'] })`,
    `'"jobs.titel"' … to type 'Checked<"jobs.titel", Unknown<"jobs.owner">>'`,
  ],
  [`session.find(User).with({ jobz: null })`, `'jobz' does not exist in type 'RelatedLoads<typeof User>'`],
  [`session.find(User).where('name', '=', 3)`, `'3' … to parameter of type 'Operand<string>'`],
  [
    `session.find(ReportingJob).where('owner', '=', 3)`,
    `'"owner"' … to parameter of type 'Checked<"owner", Unknown<"owner is a relationship">>'`,
  ],
  [
    `session.find(User).where('jobs.title', '=', 'Q3')`,
    `'"jobs.title"' … to parameter of type 'Checked<"jobs.title", Unknown<"jobs holds many: ask with any('jobs', …)">>'`,
  ],
  [
    `session.find(User).where({ jobs: [] })`,
    `'never[]' … to type '"this is a relationship: ask with has, any or hasNone"'`,
  ],
  [`session.find(User).any('name')`, `'"name"' … to parameter of type '"jobs"'`],
  [`export type Typo = Loaded<User, 'jobz'>`, `Type '"jobz"' does not satisfy the constraint 'AttributePath<User>'`],
  [`new ReportingJob({ title: 'Q3', owner: null })`, `'null' … to type 'User | undefined'`],
];

test('the compiler answers a mistake with one short line', { timeout: 120_000 }, async () => {
  const folder = plant({
    'tsconfig.json': JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        typeRoots: [join(ROOT, 'node_modules/@types')],
        allowImportingTsExtensions: true,
        rewriteRelativeImportExtensions: false,
      },
      include: ['mistakes.ts'],
    }),
    'package.json': '{ "type": "module" }',
    'mistakes.ts': program(),
  });
  const said = await compile(folder);
  expect(said).toEqual(MISTAKES.map(([, message]) => message));
});

function program(): string {
  const imports = [
    `import type { Loaded, Session } from '${ROOT}/src/index.ts';`,
    `import { ReportingJob, User } from '${ROOT}/test/types/readme-models.ts';`,
    'declare const session: Session;',
  ];
  return [...imports, ...MISTAKES.map(([line]) => `${line};`)].join('\n');
}

/** The first line of each fault, without what all of them say. */
async function compile(folder: string): Promise<string[]> {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
  return output
    .split('\n')
    .filter((line) => line.startsWith('mistakes.ts') || line.includes('/mistakes.ts'))
    .map((line) =>
      line
        .replace(/^.*error TS\d+: /, '')
        .replace(
          /^(?:Argument of type|Type(?!.*constraint)|Object literal may only specify known properties, and) /,
          '',
        )
        .replace(' is not assignable to', ' … to')
        .replace(/\.$/, ''),
    );
}
