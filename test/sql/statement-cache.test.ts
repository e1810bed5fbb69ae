import { expect, test } from 'vitest';

import { StatementCache } from '../../src/sql/statement-cache.ts';
import type { Statement } from '../../src/sql/statement.ts';

const statement = (sql: string): Statement => ({ sql, kind: 'read', parse: 'raw', prepare: true });

test('builds the statement of a shape once', () => {
  const cache = new StatementCache();
  const built: string[] = [];
  const get = (key: string): Statement =>
    cache.get(key, () => {
      built.push(key);
      return statement(`select ${key}`);
    });

  expect(get('a')).toBe(get('a'));
  expect(get('b').sql).toBe('select b');
  expect(built).toEqual(['a', 'b']);
});

test('forgets the statement that was unused for longest', () => {
  const cache = new StatementCache(2);
  const built: string[] = [];
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
    cache.get(key, () => {
      built.push(key);
      return statement(key);
    });
  }

  expect(built).toEqual(['a', 'b', 'c', 'b']);
  expect(cache.size).toBe(2);
});
