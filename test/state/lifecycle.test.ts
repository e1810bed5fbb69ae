import { expect, test } from 'vitest';

import { requireState } from '../../src/state/entity.ts';
import type { Lifecycle } from '../../src/state/lifecycle.ts';
import { isLegalMove, LEGAL_MOVES } from '../../src/state/lifecycle.ts';
import { User } from '../support/models.ts';

const STATES = Object.keys(LEGAL_MOVES) as Lifecycle[];

/** From state to the states that it may become. */
const EXPECTED: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  transient: ['transient', 'pending', 'persistent', 'detached'],
  pending: ['transient', 'pending', 'persistent'],
  persistent: ['transient', 'persistent', 'deleted', 'detached'],
  deleted: ['transient', 'persistent', 'deleted', 'detached'],
  detached: ['transient', 'persistent', 'detached'],
};

test('there are five states', () => {
  expect(STATES).toEqual(['transient', 'pending', 'persistent', 'deleted', 'detached']);
});

test.for(STATES)('from %s leads only what the table lists', (from) => {
  expect(STATES.filter((to) => isLegalMove(from, to))).toEqual(EXPECTED[from]);
});

test('any other move is refused and changes nothing', () => {
  for (const from of STATES) {
    for (const to of STATES.filter((each) => !EXPECTED[from].includes(each))) {
      const state = requireState(new User({ name: 'Ada' }));
      for (const step of wayTo(from)) state.moveTo(step);
      expect(() => state.moveTo(to)).toThrow(expect.objectContaining({ code: 'STATE_ILLEGAL_MOVE' }));
      expect(state.lifecycle).toBe(from);
    }
  }
});

function wayTo(state: Lifecycle): Lifecycle[] {
  if (state === 'transient') return [];
  return state === 'deleted' ? ['persistent', 'deleted'] : [state];
}
