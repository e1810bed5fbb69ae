import { describe, expect, test } from 'vitest';

import { evaluatorOf } from '../../src/loading/evaluate.ts';
import type { Verdict } from '../../src/loading/evaluate.ts';
import type { Condition } from '../../src/loading/query-spec.ts';
import { mapperOf } from '../../src/mapping/configure.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { toConditions } from '../../src/session/where-arguments.ts';
import { ABSENT } from '../../src/state/instance-state.ts';

class Sample extends Model('samples', {
  id: t.serial().primaryKey(),
  size: t.integer().nullable(),
  big: t.bigint().nullable(),
  word: t.text().nullable(),
  day: t.date().nullable(),
  ratio: t.double().nullable(),
  key: t.uuid().nullable(),
  price: t.numeric().nullable(),
  seen: t.timestamp().nullable(),
  notes: t.json().nullable(),
}) {}

const mapper = mapperOf(Sample);
const UUID = '00000000-0000-4000-8000-00000000000a';

function conditions(...all: unknown[][]): Condition[] {
  return all.flatMap((args) => toConditions(mapper, args));
}

function verdict(values: Partial<Record<keyof Sample, unknown>>, ...all: unknown[][]): Verdict | undefined {
  const row = mapper.columns.map(({ property }) => values[property as keyof Sample] ?? null);
  return evaluatorOf(mapper, conditions(...all))?.(row);
}

describe('a condition in memory', () => {
  test('is true, false, or unknown where a null is compared', () => {
    expect(verdict({ size: 3 }, ['size', '>', 2])).toBe(true);
    expect(verdict({ size: 3 }, ['size', '>', 3])).toBe(false);
    expect(verdict({ size: null }, ['size', '>', 3])).toBe(null);
    expect(verdict({ size: null }, ['size', '!=', 3])).toBe(null);
  });

  test('is never unknown when it asks for null', () => {
    expect([verdict({}, ['size', 'is', null]), verdict({ size: 1 }, ['size', 'is', null])]).toEqual([true, false]);
    expect([verdict({}, ['size', 'is not', null]), verdict({ size: 1 }, ['size', '!=', null])]).toEqual([false, true]);
    expect([verdict({}, ['notes', 'is', null]), verdict({ seen: new Date() }, ['seen', 'is', null])]).toEqual([
      true,
      false,
    ]);
  });

  test('with a list is unknown when only its null could match', () => {
    expect(verdict({ size: 1 }, ['size', 'in', [1, null]])).toBe(true);
    expect(verdict({ size: 2 }, ['size', 'in', [1, null]])).toBe(null);
    expect(verdict({ size: 1 }, ['size', 'not in', [1, null]])).toBe(false);
    expect(verdict({ size: 2 }, ['size', 'not in', [1, null]])).toBe(null);
    expect(verdict({ size: 2 }, ['size', 'not in', [1]])).toBe(true);
    expect(verdict({}, ['size', 'not in', [1]])).toBe(null);
    expect([verdict({}, ['size', 'in', []]), verdict({}, ['size', 'not in', []])]).toEqual([false, true]);
  });

  test('joins by AND: one false decides, else one unknown', () => {
    expect(verdict({ word: 'a' }, ['size', '=', 1], ['word', '=', 'b'])).toBe(false);
    expect(verdict({ word: 'a' }, ['size', '=', 1], ['word', '=', 'a'])).toBe(null);
    expect(verdict({ word: 'a' }, ['word', '=', 'a'], ['size', '=', 1])).toBe(null);
    expect(verdict({ size: 1, word: 'a' }, [{ size: 1, word: ['a', 'b'] }])).toBe(true);
    expect(verdict({ size: 1 })).toBe(true);
  });

  test('compares numbers with bigints', () => {
    expect(verdict({ big: 5n }, ['big', '=', 5])).toBe(true);
    expect(verdict({ big: 5n }, ['big', '<', 6])).toBe(true);
    expect(verdict({ size: 5 }, ['size', 'in', [5n]])).toBe(true);
  });

  test('knows days by their text and UUIDs in any case', () => {
    expect(verdict({ day: '2024-02-29' }, ['day', '<', '2024-03-01'])).toBe(true);
    expect(verdict({ key: UUID }, ['key', '=', UUID.toUpperCase()])).toBe(true);
  });

  test('is unsure of what is not loaded, unless another condition is false', () => {
    expect(verdict({ size: ABSENT }, ['size', '=', 1])).toBe('unsure');
    expect(verdict({ size: ABSENT }, ['size', 'is', null])).toBe('unsure');
    expect(verdict({ size: ABSENT, word: 'a' }, ['size', '=', 1], ['word', '=', 'b'])).toBe(false);
    expect(verdict({ size: ABSENT }, ['word', '=', 'b'], ['size', '=', 1])).toBe('unsure');
    expect(evaluatorOf(mapper, conditions(['size', '=', 1]))?.([])).toBe('unsure');
  });

  test('is unsure where databases differ: NaN, and years of five digits', () => {
    expect(verdict({ ratio: Number.NaN }, ['ratio', '>', 1])).toBe('unsure');
    expect(verdict({ day: '12024-01-01' }, ['day', '>', '2024-01-01'])).toBe('unsure');
    expect(verdict({ ratio: 1 }, ['ratio', '=', Number.NaN])).toBe(undefined);
    expect(verdict({ day: '2024-01-01' }, ['day', 'in', ['12024-01-01']])).toBe(undefined);
  });

  test('is left to the database: expressions, patterns, the order of texts, exact decimals, instants, JSON', () => {
    const left = (...args: unknown[]): unknown => verdict({}, args);
    expect(left((eb: (...args: unknown[]) => unknown) => eb('size', '=', 1))).toBe(undefined);
    expect(left('word', 'like', 'a%')).toBe(undefined);
    expect(left('word', '<', 'a')).toBe(undefined);
    expect(left('price', '=', '1.5')).toBe(undefined);
    expect(left('seen', '=', new Date())).toBe(undefined);
    expect(left('notes', '=', {})).toBe(undefined);
    expect(left('size', 'is distinct from', 1)).toBe(undefined);
    expect(verdict({}, ['size', '=', 1], ['word', 'like', 'a'])).toBe(undefined);
  });
});
