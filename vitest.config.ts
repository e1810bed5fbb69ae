import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const inProject = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Files that take long, which would otherwise be waited for at the end. */
const LONG = /examples\/|weak-identity|work-queue|tooling\/public-api|rollback-model|leak-watch/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [
      ...sorted.filter(({ moduleId }) => LONG.test(moduleId)),
      ...sorted.filter(({ moduleId }) => !LONG.test(moduleId)),
    ];
  }
}

export default defineConfig({
  resolve: {
    alias: [
      { find: /^hermetic$/, replacement: inProject('src/index.ts') },
      { find: /^hermetic\/pool$/, replacement: inProject('src/pool/index.ts') },
      { find: /^hermetic\/otel$/, replacement: inProject('src/otel/index.ts') },
      { find: /^hermetic\/fastify$/, replacement: inProject('src/web/fastify.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: [inProject('test/support/global-setup.ts')],
    pool: 'forks',
    // A worker serves many files: starting one for each took a sixth of the time.
    isolate: false,
    // One more than there are cores: some of them wait for the database.
    maxWorkers: availableParallelism() + 1,
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 10_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: process.env['CI'] === 'true' ? ['dot'] : ['default'],
    allowOnly: false,
    passWithNoTests: false,
  },
});
