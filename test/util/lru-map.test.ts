import { expect, test } from 'vitest';

import { LruMap } from '../../src/util/lru-map.ts';

test('forgets the entry that was unused for longest, and tells of it', () => {
  const evicted: [string, number][] = [];
  const map = new LruMap<string, number>(2, (value, key) => evicted.push([key, value]));
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
  expect(evicted).toEqual([['b', 2]]);
});

test('setting an entry again makes it the youngest', () => {
  const map = new LruMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([3, undefined, 4]);
});

test('deleting and clearing leave nothing behind', () => {
  const map = new LruMap<string, number>(2);
  map.set('a', 1);
  expect([map.delete('a'), map.delete('a'), map.get('a')]).toEqual([true, false, undefined]);
  map.set('b', 2);
  map.clear();
  expect([map.get('b'), map.size]).toEqual([undefined, 0]);
});
