import { describe, expect, it } from 'vitest';

import { measure } from '../../bench/pool/measure.ts';
import { MinimalPool } from '../../bench/pool/minimal-pool.ts';
import { SCENARIOS } from '../../bench/pool/scenarios.ts';
import type { ScenarioName } from '../../bench/pool/scenarios.ts';
import { SUBJECTS } from '../../bench/pool/subjects.ts';
import type { SubjectName } from '../../bench/pool/subjects.ts';
import { median, table } from '../../bench/pool/table.ts';

describe('The benchmark of pools', () => {
  const scenarios = Object.keys(SCENARIOS) as ScenarioName[];
  const subjects = Object.keys(SUBJECTS) as SubjectName[];

  it('runs every scenario on every pool', async () => {
    // Memory takes some runs of the collector each.
    const runs = scenarios.flatMap((scenario) =>
      subjects.slice(0, scenario === 'memory' ? 2 : Infinity).map((subject) => ({ scenario, subject })),
    );
    for (const { scenario, subject } of runs) {
      expect([scenario, subject, Number.isFinite(await measure(scenario, subject, 0.001))]).toEqual([
        scenario,
        subject,
        true,
      ]);
    }
    expect(runs.length).toBe(subjects.length * 3 + 2);
  });

  it('has a minimal pool that serves first come, first served, from beyond a thousand in line too', async () => {
    const pool = new MinimalPool(['a']);
    const order: number[] = [];
    await pool.acquire();
    const waiting = Array.from({ length: 2_500 }, async (_, i) => {
      const connection = await pool.acquire();
      order.push(i);
      pool.release(connection);
    });
    pool.release('a');
    await Promise.all(waiting);
    expect(order).toEqual(Array.from({ length: 2_500 }, (_, i) => i));
  });

  it('shows medians in a table', () => {
    expect([median([3, 1, 2]), median([1, 2, 3, 10])]).toEqual([2, 2.5]);
    expect(
      table([
        ['pool', 'ns'],
        ['tarn', '1,234'],
      ]),
    ).toBe('| pool |    ns |\n| ---- | ----: |\n| tarn | 1,234 |');
  });
});
