import { expect, test } from 'vitest';

import { WriteLock } from '../../src/dialects/sqlite/write-lock.ts';
import { LockTimeout } from '../../src/errors/database-errors.ts';
import { ManualClock } from '../support/manual-clock.ts';

const refusal = { cause: undefined, sql: 'insert into things default values' };

function lockOf(clock: ManualClock): {
  lock: WriteLock;
  ask: (owner: { holder: string | undefined }) => Promise<void>;
} {
  const lock = new WriteLock('/data/app.db', clock);
  return { lock, ask: (owner) => lock.acquire({ owner, timeoutMs: 5_000, refusal }) };
}

test('the lock goes to those who wait in the order in which they came', async () => {
  const { lock, ask } = lockOf(new ManualClock());
  const [a, b, c] = [{ holder: 'a' }, { holder: 'b' }, { holder: 'c' }];
  const order: string[] = [];
  await ask(a);
  const others = [ask(b).then(() => order.push('b')), ask(c).then(() => order.push('c'))];

  expect([lock.isHeldBy(a), lock.waiting, lock.tryAcquire(b)]).toEqual([true, 2, false]);
  lock.release(b);
  expect(lock.isHeldBy(a)).toBe(true);
  lock.release(a);
  expect(lock.isHeldBy(b)).toBe(true);
  lock.release(b);
  await Promise.all(others);

  expect(order).toEqual(['b', 'c']);
  lock.release(c);
  expect([lock.waiting, lock.holder()]).toEqual([0, undefined]);
});

test('a wait that is too long names the file, the time and who holds the lock', async () => {
  const clock = new ManualClock();
  const { lock, ask } = lockOf(clock);
  await ask({ holder: 'POST /orders' });
  await clock.advance(1_000);
  const waiting = ask({ holder: 'job' }).catch((error: unknown) => error);
  await clock.advance(5_000);

  const error = await waiting;

  expect(error).toBeInstanceOf(LockTimeout);
  expect(error).toMatchObject({
    code: 'DATABASE_LOCK_TIMEOUT',
    retryable: true,
    sql: refusal.sql,
    message:
      'The write lock of /data/app.db was not to be had in 5000 ms: POST /orders has held it for 6000 ms. ' +
      'Shorten the transaction that holds it, or raise `busyTimeout`. [DATABASE_LOCK_TIMEOUT]',
  });
  expect([lock.waiting, clock.timerCount]).toEqual([0, 0]);
});

test('an owner that goes away leaves the line or hands the lock on', async () => {
  const clock = new ManualClock();
  const { lock, ask } = lockOf(clock);
  const [a, b, c] = [{ holder: 'a' }, { holder: 'b' }, { holder: 'c' }];
  const gone = new Error('gone');
  await ask(a);
  const leaving = ask(b);
  const staying = ask(c);

  lock.abandon(b, gone);
  await expect(leaving).rejects.toBe(gone);
  lock.abandon(a, gone);
  await staying;

  expect([lock.isHeldBy(c), clock.timerCount]).toEqual([true, 0]);
});
