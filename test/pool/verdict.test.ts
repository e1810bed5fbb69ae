import { describe, expect, it } from 'vitest';

import type { PoolHolder } from '../../src/pool/pool.ts';
import { judgeTimeout } from '../../src/pool/verdict.ts';
import type { TimeoutEvidence } from '../../src/pool/verdict.ts';

function holder(facts: Partial<PoolHolder> = {}): PoolHolder {
  return {
    label: undefined,
    heldMs: 3_000,
    idleMs: 0,
    isRunning: false,
    inTransaction: false,
    lastStatement: 'select 1',
    line: undefined,
    ...facts,
  };
}

function holders(count: number, facts: Partial<PoolHolder>): PoolHolder[] {
  return Array.from({ length: count }, () => holder(facts));
}

function evidence(facts: Partial<TimeoutEvidence> = {}): TimeoutEvidence {
  return {
    status: { size: 5, checkedIn: 0, checkedOut: 15, overflow: 10, waiting: 3, connecting: 0 },
    holders: holders(15, { isRunning: true }),
    waitedMs: 2_000,
    lateMs: 0,
    blockedMs: 0,
    cap: undefined,
    isSuspended: false,
    holdersWaiting: 0,
    connectFailures: undefined,
    oldestConnectMs: undefined,
    ...facts,
  };
}

const leaking = { idleMs: 2_000, inTransaction: true, label: 'GET /leak', line: 'examples/leak.ts:12:3' };

describe('judgeTimeout', () => {
  it('says overload when all are at work', () => {
    expect(judgeTimeout(evidence())).toEqual({
      cause: 'overload',
      evidence: 'of 15 connections checked out, 15 at work now and 0 a moment ago, for 3 callers in line',
    });
  });

  it('says leak when holders sit idle in transaction, by label and line', () => {
    expect(judgeTimeout(evidence({ holders: holders(15, leaking) }))).toEqual({
      cause: 'leak',
      evidence:
        '15 of 15 connections have been idle in transaction for 2.0 s or more; 15 were taken by GET /leak at examples/leak.ts:12:3',
    });
  });

  it('names the three largest groups of a mixed leak', () => {
    const mixed = [
      ...holders(2, { ...leaking, label: 'b' }),
      ...holders(5, leaking),
      ...holders(1, { ...leaking, label: 'd', line: undefined }),
      ...holders(3, { ...leaking, label: undefined, inTransaction: false }),
      ...holders(2, { isRunning: true }),
    ];
    expect(judgeTimeout(evidence({ holders: mixed }))).toEqual({
      cause: 'leak',
      evidence:
        '11 of 13 connections have been idle (8 in transaction) for 2.0 s or more; 5 were taken by GET /leak at examples/leak.ts:12:3; 3 were taken at examples/leak.ts:12:3; 2 were taken by b at examples/leak.ts:12:3',
    });
  });

  it('counts a holder that never ran a statement as idle since it came', () => {
    const silent = holders(15, { idleMs: undefined, heldMs: 1_200 });
    expect(judgeTimeout(evidence({ holders: silent }))).toEqual({
      cause: 'leak',
      evidence: '15 of 15 connections have been idle for 1.2 s or more',
    });
  });

  it('does not call it a leak when most are at work, or idle for less than half of the wait', () => {
    const few = [...holders(7, leaking), ...holders(8, { isRunning: true })];
    const brief = holders(15, { ...leaking, idleMs: 999 });
    expect([judgeTimeout(evidence({ holders: few })).cause, judgeTimeout(evidence({ holders: brief })).cause]).toEqual([
      'overload',
      'overload',
    ]);
  });

  it('says self-starvation, before leak, when half of the holders wait themselves', () => {
    const starving = { holders: holders(15, leaking), holdersWaiting: 8 };
    expect(judgeTimeout(evidence(starving))).toEqual({
      cause: 'self-starvation',
      evidence: '8 of 15 connections are held by tasks that are themselves waiting here for another one',
    });
    expect(judgeTimeout(evidence({ ...starving, holdersWaiting: 7 })).cause).toBe('leak');
  });

  it('says that the loop was blocked when the timer was a second late, or late by much of a short wait', () => {
    const causes = [
      { lateMs: 1_000, waitedMs: 31_000 },
      { lateMs: 30, waitedMs: 80 },
      { lateMs: 900, waitedMs: 31_000 },
      { lateMs: 15, waitedMs: 40 },
    ].map((facts) => judgeTimeout(evidence(facts)).cause);
    expect(causes).toEqual(['blocked event loop', 'blocked event loop', 'overload', 'overload']);
  });

  it('says that the loop was blocked when it stood still for half of the wait, though not at its end', () => {
    expect(judgeTimeout(evidence({ blockedMs: 1_000 }))).toEqual({
      cause: 'blocked event loop',
      evidence: 'the event loop stood still for 1.0 s of this wait, so for that long nothing could be released',
    });
    expect(judgeTimeout(evidence({ blockedMs: 900 })).cause).toBe('overload');
  });

  it('says that the pool is suspended, or the label capped, before all else', () => {
    const error = new Error('refused');
    const facts = { connectFailures: { count: 1, lastMs: 0, error }, cap: { label: 'GET /a', most: 1 } };
    expect([judgeTimeout(evidence({ ...facts, isSuspended: true })), judgeTimeout(evidence(facts))]).toEqual([
      { cause: 'overload', evidence: 'the pool is suspended, and lends nothing until resume()' },
      { cause: 'overload', evidence: 'GET /a had 1 connection, all that maxPerLabel allows it' },
    ]);
  });

  it('looks into errors that say nothing themselves', () => {
    const error = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5432'),
      new Error('connect ECONNREFUSED 127.0.0.1:5432'),
    ]);
    const down = evidence({ connectFailures: { count: 1, lastMs: 0, error } });
    expect(judgeTimeout(down).evidence).toBe(
      'the last attempt to connect failed, most recently 0.0 s ago: connect ECONNREFUSED ::1:5432, connect ECONNREFUSED 127.0.0.1:5432',
    );
  });

  it('says that the database is down, before all else, after failures during the wait', () => {
    const error = new Error('connect ECONNREFUSED 127.0.0.1:5432');
    const down = evidence({ connectFailures: { count: 4, lastMs: 300, error }, lateMs: 5_000, holders: [] });
    expect(judgeTimeout(down)).toEqual({
      cause: 'database down',
      evidence: 'the last 4 attempts to connect failed, most recently 0.3 s ago: connect ECONNREFUSED 127.0.0.1:5432',
    });
  });

  it('forgets failures from before the wait', () => {
    const old = evidence({ connectFailures: { count: 4, lastMs: 60_000, error: 'no' } });
    expect(judgeTimeout(old).cause).toBe('overload');
  });

  it('says that the database is down when connects hang for half of the wait', () => {
    const status = { ...evidence().status, connecting: 2 };
    expect(judgeTimeout(evidence({ status, oldestConnectMs: 1_000 }))).toEqual({
      cause: 'database down',
      evidence: '2 attempts to connect still without an answer, the oldest after 1.0 s',
    });
    expect(judgeTimeout(evidence({ status, oldestConnectMs: 900 })).cause).toBe('overload');
  });

  it('says that the database is down when nobody has a connection and all wait for young connects', () => {
    const status = { ...evidence().status, checkedOut: 0, connecting: 4 };
    expect(judgeTimeout(evidence({ status, holders: [], oldestConnectMs: 500 }))).toEqual({
      cause: 'database down',
      evidence: '4 attempts to connect still without an answer, the oldest after 0.5 s',
    });
  });

  it('puts an error that is no Error into words', () => {
    const odd = evidence({ connectFailures: { count: 1, lastMs: 0, error: 'nope' } });
    expect(judgeTimeout(odd).evidence).toBe('the last attempt to connect failed, most recently 0.0 s ago: nope');
  });
});
