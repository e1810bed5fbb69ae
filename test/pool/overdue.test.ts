import { channel } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';

import { StaticPool } from '../../src/pool/index.ts';
import type { OverdueEvent, OverdueReturnEvent } from '../../src/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';
import { recordWarnings } from '../support/warnings.ts';

const callSite = { line: 'examples/leak.ts:12:3' };

/** What the pool tells of overdue leases: `held job 1000`, `back job 1500`. */
function listen(): string[] {
  const told: string[] = [];
  const hear = (name: string, describe: (event: OverdueEvent & OverdueReturnEvent) => string): void => {
    const listener = (message: unknown): void => void told.push(describe(message as OverdueEvent & OverdueReturnEvent));
    channel(name).subscribe(listener);
    onTestFinished(() => {
      channel(name).unsubscribe(listener);
    });
  };
  hear('hermetic:pool:overdue', ({ reason, holder }) => `${reason} ${holder.label} ${holder.heldMs}`);
  hear('hermetic:pool:overdue-return', ({ holder }) => `back ${holder.label} ${holder.heldMs}`);
  return told;
}

describe('A lease that is overdue', () => {
  it('is told of once, when it has been out for warnHeldAfter, and once more when it comes back', async () => {
    const told = listen();
    const { takeOne, clock } = openPool({ warnHeldAfter: 1_000 });
    const lease = await takeOne({ label: 'job' });
    await clock.advance(999);
    expect(told).toEqual([]);
    await clock.advance(5_001);
    await lease.release();
    expect(told).toEqual(['held job 1000', 'back job 6000']);
  });

  it('is warned of with its label, its work and its line', async () => {
    const warnings = recordWarnings();
    const { takeOne, clock } = openPool({ warnHeldAfter: 1_000, name: 'main' });
    const lease = await takeOne({ label: 'job', callSite });
    lease.noteStart("select * from t where name = 'Ada'");
    await clock.advance(1_000);
    const ours = (await warnings.take()).filter(({ message }) => message.includes('pool main'));
    expect(ours).toEqual([
      {
        code: 'HERMETIC_LEASE_OVERDUE',
        message:
          'A lease of pool main has been held for more than 1.0 s: job: held for 1.0 s, a statement is running, not in transaction, last statement: select * from t where name = ?, taken at examples/leak.ts:12:3. Release it in a finally, or use `await using`; do slow work before or after, not in between.',
      },
    ]);
  });

  it('is each told of at its own time', async () => {
    const told = listen();
    const { takeOne, clock } = openPool({ warnHeldAfter: 1_000 });
    for (const label of ['a', 'b', 'c']) {
      await takeOne({ label });
      await clock.advance(300);
    }
    await clock.advance(400);
    expect(told).toEqual(['held a 1000', 'held b 1000']);
    await clock.advance(300);
    expect(told.at(-1)).toBe('held c 1000');
  });

  it('is told of when it lies idle in a transaction for a minute, by default, and not while it works', async () => {
    const told = listen();
    const { takeOne, clock } = openPool();
    const [idle, busy, outside] = [await takeOne({ label: 'idle' }), await takeOne({ label: 'busy' }), await takeOne()];
    for (const lease of [idle, busy, outside]) lease.noteStart('select 1');
    await clock.advance(10_000);
    idle.noteEnd(true);
    outside.noteEnd(false);
    await clock.advance(60_000);
    expect(told).toEqual(['idle in transaction idle 70000']);
    busy.noteEnd(true);
    await clock.advance(59_999);
    expect(told.length).toBe(1);
    await clock.advance(1);
    expect(told.at(-1)).toBe('idle in transaction busy 130000');
  });

  it('is not told of when it was released in time, and leaves no timer that keeps the process', async () => {
    const told = listen();
    const { takeOne, clock } = openPool({ warnHeldAfter: 1_000 });
    await (await takeOne()).release();
    expect(clock.timerCount).toBe(0);
    await clock.advance(10_000);
    await takeOne({ label: 'late' });
    await clock.advance(1_000);
    expect(told).toEqual(['held late 1000']);
  });

  it('is told of in a pool of one connection too', async () => {
    const told = listen();
    const clock = new ManualClock();
    const pool = new StaticPool(new ScriptedConnector(), { clock, warnHeldAfter: 1_000 });
    const lease = await pool.checkout({ label: 'job' });
    await clock.advance(1_000);
    await lease.release();
    expect(told).toEqual(['held job 1000', 'back job 1000']);
  });
});
