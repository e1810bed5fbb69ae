import { SCENARIOS } from './scenarios.ts';
import type { Scenario, ScenarioName } from './scenarios.ts';
import { SUBJECTS } from './subjects.ts';
import type { SubjectName } from './subjects.ts';

/** What one checkout of a pool costs in a scenario: the best of some batches, after one to warm up. */
export async function measure(scenarioName: ScenarioName, subjectName: SubjectName, scale = 1): Promise<number> {
  const scenario: Scenario = SCENARIOS[scenarioName];
  const checkouts = Math.max(1, Math.round(scenario.checkouts * scale));
  const subject = SUBJECTS[subjectName]();
  await scenario.run(subject, Math.ceil(checkouts / 4));
  let best = Infinity;
  for (let batch = 0; batch < scenario.batches; batch++) {
    best = Math.min(best, await scenario.run(subject, checkouts));
  }
  return best;
}

// As a program: `measure.ts contended tarn 1` prints one number.
if (import.meta.main) {
  const [scenario, subject, scale] = process.argv.slice(2);
  const result = await measure(scenario as ScenarioName, subject as SubjectName, Number(scale));
  console.log(result);
  // Some of the pools would keep the process alive.
  process.exit(0);
}
