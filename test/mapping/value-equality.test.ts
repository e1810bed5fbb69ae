import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';

import { columnDefinitionOf, type AnyColumn } from '../../src/mapping/column-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { valueSemantics, type ValueSemantics } from '../../src/mapping/value-equality.ts';

class Money {
  cents: number;
  constructor(cents: number) {
    this.cents = cents;
  }
}

const money = t.custom({
  type: t.integer(),
  encode: (value: Money) => value.cents,
  decode: (cents) => new Money(cents),
});

function of(column: AnyColumn): ValueSemantics {
  return valueSemantics(columnDefinitionOf(column)!.type);
}

describe('equals', () => {
  it.each([
    ['null and undefined are one value', t.text(), null, undefined, true],
    ['null is not an empty text', t.text(), null, '', false],
    ['null is not zero', t.numeric(), '0', null, false],
    ['texts are compared as they are', t.text(), 'a', 'A', false],
    ['NaN is itself', t.double(), Number.NaN, Number.NaN, true],
    ['zero has no sign', t.double(), 0, -0, true],
    ['a bigint is the number it is', t.bigint(), 10n, 10, true],
    ['uuids have no case', t.uuid(), 'A0EEBC99', 'a0eebc99', true],
    ['trailing zeros of a fraction do not count', t.numeric(), '1.50', '1.5', true],
    ['leading zeros do not count', t.numeric(), '+007', '7', true],
    ['a point may stand without digits', t.numeric(), '7.', '7.000', true],
    ['zero has no sign in decimals', t.numeric(), '-0.00', '0', true],
    ['signs count', t.numeric(), '-1', '1', false],
    ['digits beyond a double count', t.numeric(), '0.10000000000000000001', '0.1', false],
    ['dates are compared by time', t.timestamp(), new Date(5), new Date(5), true],
    ['other times differ', t.timestamp(), new Date(5), new Date(6), false],
    ['json knows no order of members', t.json(), { a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 }, true],
    ['json knows the order of lists', t.json(), [1, 2], [2, 1], false],
    ['json does not store undefined members', t.json(), { a: 1, b: undefined }, { a: 1 }, true],
    ['json stores null members', t.json(), { a: 1, b: null }, { a: 1 }, false],
    ['json stores a Date as its text', t.json(), { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }, true],
    ['json tells a list from an object', t.json(), [], {}, false],
    ['json tells 1 from its text', t.json(), { a: 1 }, { a: '1' }, false],
    ['bytes are compared by content', t.bytes(), Uint8Array.of(1, 2), Buffer.from([1, 2]), true],
    ['other bytes differ', t.bytes(), Uint8Array.of(1, 2), Uint8Array.of(1, 3), false],
    ['more bytes differ', t.bytes(), Uint8Array.of(1), Uint8Array.of(1, 0), false],
    ['arrays are compared by their type of element', t.array(t.numeric()), ['1.0', null], ['1', undefined], true],
    ['longer arrays differ', t.array(t.text()), ['a'], ['a', 'b'], false],
    ['nested arrays are compared in depth', t.array(t.array(t.timestamp())), [[new Date(1)]], [[new Date(1)]], true],
    ['custom values are compared as they would be stored', money, new Money(5), new Money(5), true],
    ['custom values that would be stored otherwise differ', money, new Money(5), new Money(6), false],
  ] as const)('%s', (...[, column, left, right, equal]) => {
    expect([of(column).equals(left, right), of(column).equals(right, left)]).toEqual([equal, equal]);
  });

  it('agrees with JSON about what two values are stored as', () => {
    const same = of(t.json());
    assert(
      property(jsonValue(), jsonValue(), (left, right) => {
        const [one, other] = [left, right].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
        expect(same.equals(left, one)).toBe(true);
        if (same.equals(left, right)) expect(one).toEqual(other);
      }),
    );
  });
});

describe('copy', () => {
  it.each([
    ['json', t.json(), { list: [{ a: 1 }] }, (value: any) => value.list[0].a++],
    ['dates', t.timestamp(), new Date(5), (value: any) => value.setTime(6)],
    ['bytes', t.bytes(), Uint8Array.of(1, 2), (value: any) => value.fill(9)],
    ['buffers', t.bytes(), Buffer.from([1, 2]), (value: any) => value.fill(9)],
    ['arrays', t.array(t.json()), [{ a: 1 }], (value: any) => value[0].a++],
    ['custom objects', money, new Money(5), (value: any) => value.cents++],
  ])('keeps in-place changes of %s away', (_, column, value, change) => {
    const semantics = of(column);
    const copy = semantics.copy(value);
    const before = semantics.equals(copy, value);
    change(value);
    expect([semantics.isMutable, before, semantics.equals(copy, value)]).toEqual([true, true, false]);
  });

  it('keeps a member named __proto__ a member', () => {
    const value: unknown = JSON.parse('{ "__proto__": { "admin": true } }');
    const copy = of(t.json()).copy(value) as object;
    expect([Object.getPrototypeOf(copy), of(t.json()).equals(copy, value)]).toEqual([Object.prototype, true]);
  });

  it.each([[t.text()], [t.integer()], [t.numeric()], [t.boolean()], [t.bigint()], [t.enum('a')]])(
    'gives immutable values themselves',
    (column) => {
      const value = 'x';
      expect([of(column).isMutable, of(column).copy(value)]).toEqual([false, value]);
    },
  );

  it('gives null and undefined themselves', () => {
    const semantics = of(t.timestamp());
    expect([semantics.copy(null), semantics.copy(undefined)]).toEqual([null, undefined]);
  });
});
