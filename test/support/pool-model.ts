import * as fc from 'fast-check';

import { FakeCollector } from './fake-collector.ts';
import { poolAction, scheduleShape } from './pool-actions.ts';
import { PoolSchedule } from './pool-schedule.ts';

/** Runs that many random schedules against a pool each. @throws the smallest schedule that breaks a promise. */
export async function checkPoolModel(seed: number, schedules: number): Promise<void> {
  const collector = new FakeCollector();
  const property = fc.asyncProperty(
    scheduleShape,
    fc.array(poolAction, { minLength: 5, maxLength: 60 }),
    async (shape, actions) => {
      await new PoolSchedule(shape, collector).run(actions);
    },
  );
  collector.install();
  try {
    await fc.assert(property, { seed, numRuns: schedules });
  } finally {
    collector.uninstall();
  }
}
