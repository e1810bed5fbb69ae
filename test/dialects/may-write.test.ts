import { expect, test } from 'vitest';

import { mayWrite } from '../../src/dialects/may-write.ts';

test('texts that only read are known by their words', () => {
  const readers = [
    'select 1',
    '  -- a comment\n /* another */ SELECT 1',
    '((select 1) union select 2)',
    'values (1)',
    'table users',
    'with one as (select 1) select * from one',
    'explain select 1',
    'show search_path',
    'pragma table_info(users)',
  ];
  expect(readers.filter(mayWrite)).toEqual([]);
});

test('everything else may write', () => {
  const writers = [
    'insert into users values (1)',
    'update users set a = 1',
    'create table t (a)',
    'with gone as (delete from users returning *) select * from gone',
    'select * into copy from users',
    'select * from users for update',
    'select * from users for no key update skip locked',
    'explain analyze delete from users',
    'pragma foreign_keys = off',
    'vacuum',
    '',
  ];
  expect(writers.filter((sql) => !mayWrite(sql))).toEqual([]);
});
