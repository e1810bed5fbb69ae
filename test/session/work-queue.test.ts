import { expect, test } from 'vitest';

import { WorkQueue } from '../../src/session/work-queue.ts';
import { settle } from '../support/manual-clock.ts';
import { gate } from '../support/scripted-connector.ts';

test('runs one piece of work at a time, in the order of the calls', async () => {
  const queue = new WorkQueue();
  const log: string[] = [];
  const work = (name: string) =>
    queue.run(name, async () => {
      log.push(`${name} starts`);
      await settle(3);
      log.push(`${name} ends`);
      return name;
    });
  expect(await Promise.all(['a', 'b', 'c'].map(work))).toEqual(['a', 'b', 'c']);
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  expect([queue.running, queue.length]).toEqual([undefined, 0]);
});

test('lets nothing in between two that wait', async () => {
  const queue = new WorkQueue();
  const { opened, open } = gate();
  const log: string[] = [];
  const first = queue.run('first', () => opened);
  const second = queue.run('second', () => log.push('second'));
  void first.then(() => queue.run('late', () => log.push('late')));
  expect([queue.running, queue.length]).toEqual(['first', 1]);
  open();
  await second;
  await queue.run('last', () => {});
  expect(log).toEqual(['second', 'late']);
});

test('goes on after work that fails, also at once', async () => {
  const queue = new WorkQueue();
  const boom = new RangeError('boom');
  const fails = queue.run('fails', () => {
    throw boom;
  });
  const works = queue.run('works', () => 1);
  await expect(fails).rejects.toBe(boom);
  expect(await works).toBe(1);
});

test('once closed refuses what waits and what comes, and ends with what runs', async () => {
  const queue = new WorkQueue();
  const { opened, open } = gate();
  const reason = new RangeError('closed');
  const running = queue.run('running', () => opened.then(() => 'done'));
  const waiting = queue.run('waiting', () => 'never');
  let isQuiet = false;
  const closed = queue.close(reason).then(() => (isQuiet = true));
  await expect(waiting).rejects.toBe(reason);
  await expect(queue.run('late', () => 'never')).rejects.toBe(reason);
  expect(isQuiet).toBe(false);
  open();
  expect(await running).toBe('done');
  await closed;
  expect(isQuiet).toBe(true);
  await queue.close(reason);
});
