import { describe, expect, it } from 'vitest';

import { LabelGate } from '../../src/pool/label-gate.ts';

interface Somebody {
  readonly id: number;
  readonly label: string | undefined;
  readonly rank: number;
  readonly arrival: number;
  previous: Somebody | undefined;
  next: Somebody | undefined;
  queue: unknown;
}

function somebody(id: number, label: string | undefined): Somebody {
  return { id, label, rank: 0, arrival: id, previous: undefined, next: undefined, queue: undefined };
}

describe('LabelGate', () => {
  it('lets as many of a label through as may have a connection, and everybody without a label', () => {
    const gate = new LabelGate<Somebody>(2, 1);
    expect(['a', 'a', 'a', 'b', undefined, undefined, undefined].map((label) => gate.enter(label))).toEqual([
      true,
      true,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('caps by name, and not what is not named', () => {
    const gate = new LabelGate<Somebody>({ a: 1 }, 1);
    expect(['a', 'a', 'b', 'b', 'constructor', 'constructor'].map((label) => gate.enter(label))).toEqual([
      true,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect([gate.capOf('a'), gate.capOf('b'), gate.capOf(undefined)]).toEqual([1, Infinity, Infinity]);
  });

  it('lets the next of the same label go on when one is done, first come, first served', () => {
    const gate = new LabelGate<Somebody>(1, 1);
    gate.enter('a');
    gate.enter('b');
    for (const id of [1, 2]) gate.hold(somebody(id, 'a'));
    gate.hold(somebody(3, 'b'));
    expect([gate.leave('a')?.id, gate.leave('a')?.id, gate.leave('a')?.id, gate.length]).toEqual([1, 2, undefined, 1]);
    expect([gate.enter('a'), gate.enter('b')]).toEqual([true, false]);
  });

  it('forgets who gave up, and labels that nobody has any more', () => {
    const gate = new LabelGate<Somebody>(1, 1);
    gate.enter('a');
    const [first, second] = [somebody(1, 'a'), somebody(2, 'a')];
    gate.hold(first);
    gate.hold(second);
    expect([gate.remove(first), gate.remove(first), [...gate].map(({ id }) => id)]).toEqual([true, false, [2]]);
    expect([gate.leave('a')?.id, gate.leave('a'), gate.length]).toEqual([2, undefined, 0]);
  });
});
