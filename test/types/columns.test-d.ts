import { sql } from 'kysely';

import { expression, Model, t } from 'hermetic';

import { same } from './expect.ts';

class Versioned extends Model('versioned', {
  id: t.integer().primaryKey(),
  name: t.text(),
  count: t.integer().version(),
  mark: t.uuid().serverUpdate(),
  total: t.integer().generated('1'),
  rowVersion: t.xmin(),
}) {}

export function needsNoVersionsInTheConstructor(): void {
  const versioned = new Versioned({ id: 1, name: 'a' });
  new Versioned({ id: 1, name: 'a', count: 4 });
  same<typeof versioned.count, number>();
  same<typeof versioned.rowVersion, number>();
  // @ts-expect-error The name is missing.
  new Versioned({ id: 1 });
}

export function typesExpressionsByTheirColumns(versioned: Versioned): void {
  versioned.count = expression(Versioned, (eb) => eb('count', '+', 1));
  versioned.name = expression(sql<string>`upper('a')`);
  // @ts-expect-error The value is a number.
  versioned.name = expression(sql<number>`1`);
  // @ts-expect-error No such column.
  versioned.count = expression(Versioned, (eb) => eb('counts', '+', 1));
}

export function typesTheNextVersion(): void {
  t.timestamp().version((previous) => new Date((previous?.getTime() ?? 0) + 1));
  t.integer().version('manual');
  // @ts-expect-error The next version of a number is a number.
  t.integer().version(() => 'next');
}
