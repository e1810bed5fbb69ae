import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const inProject = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^hermetic$/, replacement: inProject('src/index.ts') },
      { find: /^hermetic\/pool$/, replacement: inProject('src/pool/index.ts') },
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
    testTimeout: 10_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: process.env['CI'] === 'true' ? ['dot'] : ['default'],
    allowOnly: false,
    passWithNoTests: false,
  },
});
