import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Model, one, sessionFactory, t } from '../../src/index.ts';
import type { Page, Query } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';

class Shelf extends Model('shelves', { id: t.serial().primaryKey(), place: t.integer().nullable() }) {}

class Thing extends Model('things', {
  id: t.serial().primaryKey(),
  rank: t.integer().nullable(),
  size: t.integer(),
  shelfId: t.integer().nullable(),
  get shelf() {
    return one(() => Shelf, 'shelfId');
  },
}) {}

type Things = Query<typeof Thing>;
type ThingPage = Page<typeof Thing, Thing>;

const few = fc.integer({ min: 0, max: 2 });
const row = fc.record({ rank: fc.option(few), size: few, shelfId: fc.option(fc.integer({ min: 1, max: 3 })) });

const ordering = fc.record({
  column: fc.constantFrom('rank', 'size', 'shelf.place'),
  direction: fc.constantFrom('asc', 'desc'),
  nulls: fc.constantFrom('first', 'last', undefined),
});

/** What happens between two pages. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('insert'), row }),
  fc.record({ kind: fc.constant('delete'), at: fc.nat() }),
);

function ordered(
  query: Things,
  { column, direction, nulls }: { column: string; direction: string; nulls?: string | undefined },
): Things {
  return query.orderBy(column as 'rank', (order) => {
    const directed = direction === 'asc' ? order.asc() : order.desc();
    return nulls === undefined ? directed : nulls === 'first' ? directed.nullsFirst() : directed.nullsLast();
  });
}

describe.for(DATABASES)('pages of changing rows on $name', (database) => {
  test('show each row that is there throughout exactly once, in order, forwards and back', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Shelf, Thing]);
    const Session = sessionFactory(engine, { models: { Shelf, Thing } });
    await Session.begin((session) => session.insertMany(Shelf, [{ place: 1 }, { place: null }, { place: 0 }]));

    const scenario = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 14 }),
      orderings: fc.array(ordering, { maxLength: 3 }),
      size: fc.integer({ min: 1, max: 4 }),
      changes: fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 8 }),
      isBackwards: fc.boolean(),
    });

    await fc.assert(
      fc.asyncProperty(scenario, async ({ rows, orderings, size, changes, isBackwards }) => {
        await using session = Session();
        await session.find(Thing).delete();
        await session.insertMany(Thing, rows);
        const query = orderings.reduce(ordered, session.find(Thing));
        const before = (await query.orderBy('id')).map(({ id }) => id);
        const throughout = new Set(before);
        const seen: number[] = [];
        const read = (page: ThingPage | undefined): Promise<ThingPage> => {
          if (!isBackwards) return query.page({ size, after: page?.next });
          return query.page({ size, before: page?.previous });
        };

        let page = isBackwards ? await lastPage(query) : await read(undefined);
        for (let step = 0; ; step++) {
          const ids = page.items.map(({ id }) => id);
          seen.push(...(isBackwards ? ids.toReversed() : ids));
          if ((isBackwards ? page.previous : page.next) === null) break;
          for (const each of changes[step] ?? []) {
            if (each.kind === 'insert') await session.insertMany(Thing, [each.row]);
            else {
              const id = before[each.at % before.length] ?? 0;
              throughout.delete(id);
              await session.find(Thing).where('id', '=', id).delete();
            }
          }
          page = await read(page);
        }

        expect(new Set(seen).size).toBe(seen.length);
        const stayed = before.filter((id) => throughout.has(id));
        expect(seen.filter((id) => throughout.has(id))).toEqual(isBackwards ? stayed.toReversed() : stayed);
      }),
      { seed: 20_261_122, numRuns: database.name === 'sqlite' ? 120 : 40 },
    );
  });
});

/** An empty page behind everything, from which the way leads back. */
async function lastPage(query: Things): Promise<ThingPage> {
  const all = await query.page({ size: 100 });
  const { next } = await query.page({ size: Math.max(1, all.items.length - 1) });
  return next === null ? all : query.page({ size: 1, after: next });
}
