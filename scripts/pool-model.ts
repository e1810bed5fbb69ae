import { availableParallelism } from 'node:os';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

import { checkPoolModel } from '../test/support/pool-model.ts';

/** Runs random schedules against the pool: `node scripts/pool-model.ts [schedules] [seed]`. */
const SCHEDULES = 100_000;
const SEED = 5_010;

interface Share {
  readonly seed: number;
  readonly schedules: number;
}

async function run({ seed, schedules }: Share): Promise<void> {
  // Refusals are part of the schedules; nobody reads where they come from.
  Error.stackTraceLimit = 0;
  await checkPoolModel(seed, schedules);
}

async function delegate(schedules: number, seed: number): Promise<void> {
  const workers = availableParallelism();
  const shares = Array.from({ length: workers }, (_, index) => ({
    seed: seed + index,
    schedules: Math.ceil(schedules / workers),
  }));
  await Promise.all(shares.map(finished));
  console.log(`${schedules} random schedules of a pool, seeds ${seed} to ${seed + workers - 1}: no promise broken`);
}

function finished(share: Share): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: share });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  });
}

if (isMainThread) await delegate(Number(process.argv[2] ?? SCHEDULES), Number(process.argv[3] ?? SEED));
else await run(workerData);
