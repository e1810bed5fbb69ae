import { describe, expect, it } from 'vitest';

import type { PoolErrand, PoolVerdict } from '../../src/errors/pool-report.ts';
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
    holdersWaiting: new Set(),
    errands: [],
    connectFailures: undefined,
    pastFailures: undefined,
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

  it('takes no pause for a leak: idle for all of a short wait, and 100 ms beside one that tells nothing', () => {
    const causes = [
      [0, 99],
      [10, 99],
      [10, 100],
      [50, 49],
      [50, 50],
      [150, 99],
      [150, 100],
      [300, 149],
      [300, 150],
    ].map(([waitedMs = 0, idleMs]) => judgeTimeout(evidence({ waitedMs, holders: holders(15, { idleMs }) })).cause);
    const [no, yes] = ['overload', 'leak'];
    expect(causes).toEqual([no, no, yes, no, yes, no, yes, no, yes]);
  });

  it('does not hold a standstill of the loop against those who could not give back meanwhile', () => {
    const blocked = 'the event loop stood still for 1.9 s of this wait, so for that long nothing could be released';
    const brief = holders(15, { ...leaking, idleMs: 1_950 });
    expect([
      judgeTimeout(evidence({ holders: brief, blockedMs: 1_900 })),
      judgeTimeout(evidence({ holders: holders(15, { idleMs: 2_000 }), blockedMs: 1_900 })),
    ]).toEqual([
      { cause: 'blocked event loop', evidence: blocked },
      {
        cause: 'blocked event loop',
        evidence: `${blocked}; also: leak, as 15 of 15 connections have been idle for 2.0 s or more`,
      },
    ]);
  });

  it('says self-starvation when every holder waits itself', () => {
    const all = holders(15, leaking);
    expect(judgeTimeout(evidence({ holders: all, holdersWaiting: new Set(all) }))).toEqual({
      cause: 'self-starvation',
      evidence: '15 of 15 connections are held by tasks that are themselves waiting here for another one',
    });
  });

  it('does not say so while one holder is at work, though it mentions those who wait', () => {
    const waiting = holders(14, leaking);
    const facts = { holders: [...waiting, holder({ isRunning: true })], holdersWaiting: new Set(waiting) };
    expect(judgeTimeout(evidence(facts))).toEqual({
      cause: 'overload',
      evidence:
        'of 15 connections checked out, 1 at work now and 0 a moment ago, 14 held by tasks that themselves wait here for another one, for 3 callers in line',
    });
  });

  it('says leak where those who do not wait themselves lie idle', () => {
    const waiting = holders(8, leaking);
    const facts = { holders: [...waiting, ...holders(7, leaking)], holdersWaiting: new Set(waiting) };
    expect(judgeTimeout(evidence(facts))).toEqual({
      cause: 'leak',
      evidence:
        '7 of 15 connections have been idle in transaction for 2.0 s or more; 7 were taken by GET /leak at examples/leak.ts:12:3; 8 held by tasks that themselves wait here for another one',
    });
  });

  it('says that the loop was blocked when the timer was late by half of the wait, and otherwise mentions it', () => {
    const verdicts = [
      { lateMs: 1_000, waitedMs: 2_000 },
      { lateMs: 1_000, waitedMs: 31_000 },
      { lateMs: 30, waitedMs: 80 },
      { lateMs: 900, waitedMs: 31_000 },
      { lateMs: 15, waitedMs: 20 },
    ].map((facts) => judgeTimeout(evidence(facts)));
    expect(verdicts.map(({ cause }) => cause)).toEqual([
      'blocked event loop',
      'overload',
      'overload',
      'overload',
      'overload',
    ]);
    const load = 'of 15 connections checked out, 15 at work now and 0 a moment ago, for 3 callers in line';
    const late = 'late, so for that long nothing could be released either';
    expect(verdicts.slice(1).map((verdict) => verdict.evidence)).toEqual([
      `${load}; also: the timer of this checkout fired 1.0 s ${late}`,
      `${load}; also: the timer of this checkout fired 30 ms ${late}`,
      load,
      load,
    ]);
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
    const facts = {
      connectFailures: { count: 1, lastMs: 0, error },
      cap: { label: 'GET /a', most: 1 },
      holders: [...holders(3, leaking), holder({ label: 'GET /a', isRunning: true })],
    };
    expect([judgeTimeout(evidence({ ...facts, isSuspended: true })), judgeTimeout(evidence(facts))]).toEqual([
      { cause: 'overload', evidence: 'the pool is suspended, and lends nothing until resume()' },
      {
        cause: 'overload',
        evidence: 'GET /a had 1 connection, all that maxPerLabel allows it: 1 at work now and 0 a moment ago',
      },
    ]);
  });

  it('blames a cap only when the label has all that it may', () => {
    expect(judgeTimeout(evidence({ cap: { label: 'GET /a', most: 2 } }))).toEqual({
      cause: 'overload',
      evidence:
        'of 15 connections checked out, 15 at work now and 0 a moment ago, for 3 callers in line; others of GET /a, which has 0 connections of the 2 that maxPerLabel allows it, stand in line before this one',
    });
  });

  it('names all that is so: the main cause, then the others', () => {
    const error = new Error('sorry, too many clients already');
    const facts = {
      holders: holders(2, leaking),
      connectFailures: { count: 1, lastMs: 300, error },
      waitedMs: 4_000,
      blockedMs: 1_000,
    };
    expect(judgeTimeout(evidence(facts))).toEqual({
      cause: 'database down',
      evidence:
        'the last attempt to connect failed, most recently 0.3 s ago: sorry, too many clients already; also: the event loop stood still for 1.0 s of this wait, so for that long nothing could be released',
    });
    expect(judgeTimeout(evidence({ ...facts, blockedMs: 0 })).evidence).toBe(
      'the last attempt to connect failed, most recently 0.3 s ago: sorry, too many clients already; also: leak, as 2 of 2 connections have been idle in transaction for 2.0 s or more; 2 were taken by GET /leak at examples/leak.ts:12:3',
    );
  });

  it('tells what the pool itself does with connections that nobody holds', () => {
    const status = { ...evidence().status, checkedOut: 1, waiting: 1 };
    const judged = (errand: PoolErrand, held: PoolHolder[] = []): PoolVerdict =>
      judgeTimeout(evidence({ status, holders: held, errands: [errand] }));
    expect([
      judged({ kind: 'tested', count: 1, oldestMs: 300 }),
      judged({ kind: 'tested', count: 2, oldestMs: 1_000 }, [holder({ isRunning: true })]),
      judged({ kind: 'tested', count: 1, oldestMs: 900 }, [holder({ isRunning: true })]),
      judged({ kind: 'reset', count: 1, oldestMs: 1_000 }),
      judged({ kind: 'reset', count: 1, oldestMs: 300 }),
      judged({ kind: 'closed', count: 3, oldestMs: 2_000 }),
      judged({ kind: 'given up', count: 1, oldestMs: 2_000 }),
    ]).toEqual([
      { cause: 'database down', evidence: '1 connection is being tested, for 0.3 s so far, without an answer' },
      {
        cause: 'database down',
        evidence: '2 connections are being tested, the oldest for 1.0 s, without an answer',
      },
      {
        cause: 'overload',
        evidence:
          'of 1 connection checked out, 1 at work now and 0 a moment ago; 1 connection is being tested, for 0.9 s so far, for 1 caller in line',
      },
      { cause: 'database down', evidence: '1 connection is being reset, for 1.0 s so far, without an answer' },
      {
        cause: 'overload',
        evidence: 'nobody holds a connection; 1 connection is being reset, for 0.3 s so far, for 1 caller in line',
      },
      {
        cause: 'overload',
        evidence:
          'nobody holds a connection; 3 connections are being closed, the oldest for 2.0 s, for 1 caller in line',
      },
      {
        cause: 'overload',
        evidence:
          'nobody holds a connection; 1 attempt to connect that was given up has not ended, for 2.0 s so far, for 1 caller in line',
      },
    ]);
  });

  it('says that the database is down while most of a pool is reopened after an outage', () => {
    const fresh = holder({ idleMs: undefined, heldMs: 5, lastStatement: undefined });
    const past = { count: 4, lastMs: 200, error: new Error('connect ETIMEDOUT') };
    const facts = {
      holders: [fresh],
      errands: [{ kind: 'connecting', count: 4, oldestMs: 200 }] as const,
      pastFailures: past,
    };
    expect([
      judgeTimeout(evidence(facts)),
      judgeTimeout(evidence({ ...facts, pastFailures: { ...past, lastMs: 2_001 } })),
      judgeTimeout(evidence({ ...facts, holders: holders(2, leaking) })),
      judgeTimeout(evidence({ ...facts, holders: [holder({ isRunning: true })] })).cause,
      judgeTimeout(evidence({ ...facts, holders: holders(5, { isRunning: true }) })),
    ]).toEqual([
      {
        cause: 'database down',
        evidence:
          '4 attempts to connect failed until 0.2 s ago, the last one saying: connect ETIMEDOUT; now 4 attempts to connect are under way, the oldest for 0.2 s',
      },
      {
        cause: 'database down',
        evidence: '4 attempts to connect are under way, the oldest for 0.2 s, and none of 1 holder has run a statement',
      },
      {
        cause: 'leak',
        evidence:
          '2 of 2 connections have been idle in transaction for 2.0 s or more; 2 were taken by GET /leak at examples/leak.ts:12:3; also: 4 attempts to connect are under way, the oldest for 0.2 s; 4 attempts to connect failed until 0.2 s ago, the last one saying: connect ETIMEDOUT',
      },
      'database down',
      {
        cause: 'overload',
        evidence:
          'of 15 connections checked out, 5 at work now and 0 a moment ago; 4 attempts to connect are under way, the oldest for 0.2 s; 4 attempts to connect failed until 0.2 s ago, the last one saying: connect ETIMEDOUT, for 3 callers in line',
      },
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
    const down = evidence({ connectFailures: { count: 4, lastMs: 300, error }, lateMs: 1_500, holders: [] });
    expect(judgeTimeout(down)).toEqual({
      cause: 'database down',
      evidence:
        'the last 4 attempts to connect failed, most recently 0.3 s ago: connect ECONNREFUSED 127.0.0.1:5432; also: blocked event loop, as the timer of this checkout fired 1.5 s late, so for that long nothing could be released either',
    });
  });

  it('forgets failures from before the wait', () => {
    const old = evidence({ connectFailures: { count: 4, lastMs: 60_000, error: 'no' } });
    expect(judgeTimeout(old).cause).toBe('overload');
  });

  it('says that the database is down when connects hang for half of the wait', () => {
    expect(judgeTimeout(evidence({ errands: [{ kind: 'connecting', count: 2, oldestMs: 1_000 }] }))).toEqual({
      cause: 'database down',
      evidence: '2 attempts to connect still without an answer, the oldest after 1.0 s',
    });
    expect(judgeTimeout(evidence({ errands: [{ kind: 'connecting', count: 2, oldestMs: 900 }] })).cause).toBe(
      'overload',
    );
  });

  it('says that the database is down when nobody has a connection and all wait for young connects', () => {
    const errands = [{ kind: 'connecting', count: 4, oldestMs: 500 }] as const;
    expect(judgeTimeout(evidence({ errands, holders: [] }))).toEqual({
      cause: 'database down',
      evidence: '4 attempts to connect still without an answer, the oldest after 0.5 s',
    });
  });

  it('puts an error that is no Error into words', () => {
    const odd = evidence({ connectFailures: { count: 1, lastMs: 0, error: 'nope' } });
    expect(judgeTimeout(odd).evidence).toBe('the last attempt to connect failed, most recently 0.0 s ago: nope');
  });
});
