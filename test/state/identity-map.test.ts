import { setImmediate as macrotask } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { configure, Model, t } from 'hermetic';

import { requireState } from '../../src/state/entity.ts';
import { IdentityMap } from '../../src/state/identity-map.ts';
import type { InstanceState } from '../../src/state/instance-state.ts';

class Thing extends Model('things', {
  id: t.integer().primaryKey(),
  name: t.text(),
  tags: t.json<string[]>().nullable(),
}) {}

const [mapper] = configure([Thing]);
const collectGarbage = globalThis.gc;

function loaded(id: number): InstanceState {
  const state = requireState(new Thing({ id, name: `n${id}`, tags: ['a'] }));
  state.committed = [id, `n${id}`, ['a']];
  state.key = id;
  return state;
}

/** Lets everything go that is in the map. */
function sweepTwice(map: IdentityMap, isNeeded: (state: InstanceState) => boolean = () => false): void {
  map.sweep(isNeeded);
  for (const state of map.held()) map.set(state);
  map.sweep(isNeeded);
}

async function collect(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    collectGarbage?.();
    await macrotask();
  }
}

describe('IdentityMap', () => {
  test('holds young objects strongly', async () => {
    const map = new IdentityMap(1);
    map.set(loaded(1));
    map.sweep(() => false);
    await collect();
    expect([...map]).toHaveLength(1);
  });

  test('lets old clean objects go', async () => {
    const map = new IdentityMap(1);
    map.set(loaded(1));
    sweepTwice(map);
    await collect();
    expect([...map]).toEqual([]);
  });

  test('keeps old objects that are changed or needed', async () => {
    const map = new IdentityMap(1);
    map.set(loaded(1));
    map.set(loaded(2));
    map.set(loaded(3));
    const changed = map.get(mapper as never, 1)?.entity as Thing;
    changed.name = 'edited';
    sweepTwice(map, (state) => state.key === 2);
    await collect();
    expect([...map].map((state) => state.key)).toEqual([1, 2]);
  });

  test('a late finaliser leaves the newer object of the same key alone', async () => {
    const map = new IdentityMap(1);
    map.set(loaded(1));
    sweepTwice(map);
    const newer = loaded(1);
    map.set(newer);
    await collect();
    expect(map.get(mapper as never, 1)).toBe(newer);
  });

  test('an edit makes an object strong again', async () => {
    const map = new IdentityMap(1);
    let thing: Thing | undefined = loaded(1).entity as Thing;
    map.set(requireState(thing));
    sweepTwice(map);
    expect([...map.held()]).toEqual([]);
    thing.name = 'edited';
    thing = undefined;
    await collect();
    expect([...map.held()].map((state) => state.entity)).toEqual([{ id: 1, name: 'edited', tags: ['a'] }]);
  });

  test('reading a value that can change in place makes its object strong again', () => {
    const map = new IdentityMap(1);
    const thing = loaded(1).entity as Thing;
    map.set(requireState(thing));
    sweepTwice(map);
    thing.tags?.push('b');
    expect([...map.held()].map((state) => state.entity)).toEqual([{ id: 1, name: 'n1', tags: ['a', 'b'] }]);
  });

  test('a value keeps its object while the program holds it', async () => {
    const map = new IdentityMap(1);
    map.set(loaded(1));
    const tags = (map.get(mapper as never, 1)?.entity as Thing | undefined)?.tags;
    sweepTwice(map);
    await collect();
    tags?.push('b');
    expect([...map].map((state) => state.guard?.values)).toEqual([[1, 'n1', ['a', 'b']]]);
  });
});
