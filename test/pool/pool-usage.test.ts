import { describe, expect, it } from 'vitest';

import { NullPool, StaticPool } from '../../src/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openPool, watch } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

describe('usage()', () => {
  it('tells for each label what it holds and wants, most connections first', async () => {
    const { pool, take, ask, clock } = openPool({ size: 4, maxOverflow: 0, maxPerLabel: { 'GET /a': 1 } });
    expect(pool.usage()).toEqual([]);
    await take(1, { label: 'GET /a' });
    await clock.advance(500);
    await take(2, { label: 'job' });
    await clock.advance(250);
    await take(1);
    for (const label of ['GET /a', 'GET /a', 'GET /c', undefined]) ask(label === undefined ? {} : { label });
    expect(pool.usage()).toEqual([
      { label: 'job', held: 2, waiting: 0, oldestHeldMs: 250 },
      { label: 'GET /a', held: 1, waiting: 2, oldestHeldMs: 750 },
      { label: undefined, held: 1, waiting: 1, oldestHeldMs: 0 },
      { label: 'GET /c', held: 0, waiting: 1, oldestHeldMs: undefined },
    ]);
  });

  it('is told by every kind of pool', async () => {
    const clock = new ManualClock();
    const connector = new ScriptedConnector();
    connector.connects = ['ok', 'ok', 'never'];
    const shared = new StaticPool(connector, { clock });
    const single = new NullPool(connector, { clock });
    await shared.checkout({ label: 'a' });
    await shared.checkout({ label: 'a' });
    await single.checkout({ label: 'b' });
    watch(single.checkout({ label: 'b' }));
    await clock.advance(100);
    expect([shared.usage(), single.usage()]).toEqual([
      [{ label: 'a', held: 2, waiting: 0, oldestHeldMs: 100 }],
      [{ label: 'b', held: 1, waiting: 1, oldestHeldMs: 100 }],
    ]);
  });
});
