import * as fc from 'fast-check';

import { FakeCollector } from './fake-collector.ts';
import { crowdAction, poolAction, scheduleShape } from './pool-actions.ts';
import { PoolSchedule } from './pool-schedule.ts';

/** Most are short, which finds much in little time; some are long, or crowded, for what takes many steps to come about. */
const schedule = fc.oneof(
  { weight: 3, arbitrary: fc.array(poolAction, { minLength: 5, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.array(poolAction, { minLength: 20, maxLength: 60, size: 'max' }) },
  { weight: 1, arbitrary: fc.array(crowdAction, { minLength: 15, maxLength: 40, size: 'max' }) },
);

/** Runs that many random schedules against a pool each. @throws the smallest schedule that breaks a promise. */
export async function checkPoolModel(seed: number, schedules: number): Promise<void> {
  const collector = new FakeCollector();
  const property = fc.asyncProperty(scheduleShape, schedule, async (shape, actions) => {
    await new PoolSchedule(shape, collector).run(actions);
  });
  collector.install();
  try {
    await fc.assert(property, { seed, numRuns: schedules });
  } finally {
    collector.uninstall();
  }
}
