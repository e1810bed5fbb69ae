import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios.ts';
import type { Scenario, ScenarioName } from './scenarios.ts';
import { SUBJECTS } from './subjects.ts';
import { amount, median, table } from './table.ts';

/** The bars of this library, as multiples of the minimal pool, or in bytes. */
const BARS: Record<ScenarioName, string> = {
  uncontended: '≤ 3×',
  contended: '≤ 2×',
  burst: 'linear',
  memory: '≤ 450 bytes',
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    scale: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    only: { type: 'string' },
  },
});

const chosen = <T extends string>(all: Record<T, unknown>, wanted: string | undefined): T[] => {
  const names = Object.keys(all) as T[];
  return wanted === undefined ? names : names.filter((name) => wanted.split(',').includes(name));
};
const scenarios = chosen(SCENARIOS, values.scenario);
const subjects = chosen(SUBJECTS, values.only === undefined ? undefined : `minimal,${values.only}`);

/** In a process of its own: no pool sees code that was optimised for another. */
function measured(scenario: string, subject: string): number {
  const program = fileURLToPath(new URL('measure.ts', import.meta.url));
  const flags = ['--expose-gc', '--conditions=hermetic-source', '--disable-warning=ExperimentalWarning'];
  return Number(execFileSync(process.execPath, [...flags, program, scenario, subject, values.scale]));
}

/** Every subject once in each round, in an order that moves on: what the machine does besides hits all alike. */
function measureAll(scenario: ScenarioName): Map<string, number[]> {
  const results = new Map<string, number[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (let i = 0; i < subjects.length; i++) {
      const subject = subjects[(i + round) % subjects.length] ?? 'minimal';
      results.get(subject)?.push(measured(scenario, subject));
    }
  }
  return results;
}

function report(name: ScenarioName): string {
  const { title, unit }: Scenario = SCENARIOS[name];
  const results = measureAll(name);
  const floor = results.get('minimal') ?? [];
  const rows = [...results].map(([subject, all]) => {
    // A ratio inside each round, then the median: a slow second of the machine slows both.
    const ratio = median(all.map((value, round) => value / (floor[round] ?? Number.NaN)));
    const spread = `${amount(Math.min(...all), unit)} … ${amount(Math.max(...all), unit)}`;
    return [subject, amount(median(all), unit), `${ratio.toFixed(1)}×`, spread];
  });
  return `### ${title} (bar ${BARS[name]})\n\n${table([['pool', 'one checkout', 'to minimal', 'spread'], ...rows])}\n`;
}

console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}, ${values.rounds} rounds. CPU time.\n`,
);
for (const scenario of scenarios) console.log(report(scenario));
