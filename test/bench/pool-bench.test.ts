import { describe, expect, it } from 'vitest';

import { measure } from '../../bench/pool/measure.ts';
import { MinimalPool } from '../../bench/pool/minimal-pool.ts';
import { SCENARIOS } from '../../bench/pool/scenarios.ts';
import type { ScenarioName } from '../../bench/pool/scenarios.ts';
import { SUBJECTS } from '../../bench/pool/subjects.ts';
import type { SubjectName } from '../../bench/pool/subjects.ts';
import { median, table } from '../../bench/pool/table.ts';

describe('The benchmark of pools', () => {
  it('runs every scenario on every pool', async () => {
    const results: [string, boolean][] = [];
    for (const scenario of Object.keys(SCENARIOS) as ScenarioName[]) {
      for (const subject of Object.keys(SUBJECTS) as SubjectName[]) {
        results.push([`${scenario} ${subject}`, Number.isFinite(await measure(scenario, subject, 0.001))]);
      }
    }
    expect(results).toEqual(results.map(([name]) => [name, true]));
    expect(results.length).toBe(Object.keys(SCENARIOS).length * Object.keys(SUBJECTS).length);
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
