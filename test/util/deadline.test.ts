import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DeadlineQueue } from '../../src/util/deadline.ts';
import type { Deadlined } from '../../src/util/deadline.ts';
import { ManualClock } from '../support/manual-clock.ts';

interface Item extends Deadlined {
  readonly name: string;
  dueAt: number;
}

const OUTSIDE = { isInOrder: false, heapIndex: -1 };

function setUp(): {
  clock: ManualClock;
  queue: DeadlineQueue<Item>;
  expired: { names: string; at: number; lateMs: number }[];
  /** Where those in order stand. */
  row: Item[];
  add: (name: string, ms: number) => Item;
  /** One that stands in order, whose deadline is known only when the queue looks. */
  addLast: (name: string, ms: number) => Item;
} {
  const clock = new ManualClock();
  const start = clock.now();
  const expired: { names: string; at: number; lateMs: number }[] = [];
  const unsettled: { item: Item; dueAt: number }[] = [];
  const row: Item[] = [];
  const queue = new DeadlineQueue<Item>(clock, {
    rows: [row],
    settle: () => {
      for (const { item, dueAt } of unsettled.splice(0)) item.dueAt = dueAt;
    },
    expire: (due, lateMs) =>
      void expired.push({ names: due.map((item) => item.name).join(''), at: clock.now() - start, lateMs }),
  });
  const add = (name: string, ms: number): Item => {
    const item = { name, dueAt: clock.now() + ms, ...OUTSIDE };
    queue.add(item);
    return item;
  };
  const addLast = (name: string, ms: number): Item => {
    const item = { name, dueAt: Infinity, ...OUTSIDE };
    unsettled.push({ item, dueAt: clock.now() + ms });
    row.push(item);
    queue.addInOrder(item);
    return item;
  };
  return { clock, queue, expired, row, add, addLast };
}

describe('DeadlineQueue', () => {
  it('expires each item at its time, on one timer', async () => {
    const { clock, expired, add } = setUp();
    add('b', 20);
    add('c', 30);
    add('a', 10);
    expect(clock.timerCount).toBe(1);
    await clock.advance(50);
    expect(expired).toEqual([
      { names: 'a', at: 10, lateMs: 0 },
      { names: 'b', at: 20, lateMs: 0 },
      { names: 'c', at: 30, lateMs: 0 },
    ]);
  });

  it('forgets what was removed, and stops the timer when nothing is left', async () => {
    const { clock, queue, expired, add } = setUp();
    const items = [add('a', 10), add('b', 20)];
    for (const item of items) queue.remove(item);
    expect([queue.size, clock.timerCount]).toEqual([0, 0]);
    await clock.advance(100);
    expect(expired).toEqual([]);
  });

  it('ignores a second removal', () => {
    const { queue, add } = setUp();
    const item = add('a', 10);
    add('b', 20);
    queue.remove(item);
    queue.remove(item);
    expect(queue.size).toBe(1);
  });

  it('expires together what is due together, and says how late the timer was', async () => {
    const { clock, expired, add } = setUp();
    add('a', 10);
    add('b', 20);
    clock.block(80);
    await clock.turn();
    expect(expired).toEqual([{ names: 'ab', at: 80, lateMs: 70 }]);
  });

  it('lets an answer that arrived during the block win', async () => {
    const { clock, queue, expired, add } = setUp();
    const item = add('a', 50);
    clock.block(80);
    queue.remove(item);
    await clock.turn();
    expect(expired).toEqual([]);
  });

  it('learns late what comes last, and then expires it at its time', async () => {
    const { clock, queue, expired, row, add, addLast } = setUp();
    add('long', 1_000);
    const first = add('a', 10);
    row.push(first);
    queue.remove(first);
    queue.addInOrder(first);
    addLast('b', 20);
    queue.remove(first);
    addLast('c', 20);
    add('d', 5);
    await clock.advance(50);
    expect(expired).toEqual([
      { names: 'd', at: 5, lateMs: 0 },
      { names: 'bc', at: 20, lateMs: 0 },
    ]);
    await clock.advance(1_000);
    expect(expired.at(-1)).toEqual({ names: 'long', at: 1_000, lateMs: 0 });
    expect(clock.timerCount).toBe(0);
  });

  it('waits for deadlines beyond the longest timer', async () => {
    const { clock, expired, add } = setUp();
    add('a', 2 ** 31 + 5);
    await clock.advance(2 ** 31);
    expect(expired).toEqual([]);
    await clock.advance(5);
    expect(expired.map((each) => each.names)).toEqual(['a']);
  });

  it('keeps time over thousands that come and go in order', async () => {
    const { clock, queue, expired, add } = setUp();
    const items = Array.from({ length: 3_000 }, (_, index) => add(`${index} `, 1_000 + index));
    for (const item of items.slice(0, 2_990)) queue.remove(item);
    add('early ', 5);
    await clock.advance(5_000);
    expect([expired.map((each) => each.names).join(''), queue.size, clock.timerCount]).toEqual([
      'early 2990 2991 2992 2993 2994 2995 2996 2997 2998 2999 ',
      0,
      0,
    ]);
  });

  it('expires everything in order under any mix of additions and removals', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.boolean()), { maxLength: 60 }),
        async (plan) => {
          const { clock, queue, expired, add } = setUp();
          const items = plan.map(([ms, stays]) => ({ item: add(`${ms} `, ms), stays }));
          for (const { item, stays } of items) if (!stays) queue.remove(item);
          await clock.advance(60);
          const kept = plan.filter(([, stays]) => stays).map(([ms]) => ms);
          const seen = expired.flatMap((each) => each.names.trim().split(/\s+/).map(Number));
          expect([seen, queue.size, clock.timerCount]).toEqual([kept.sort((a, b) => a - b), 0, 0]);
        },
      ),
      { seed: 146, numRuns: 200 },
    );
  });
});
