import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { evaluatorOf } from '../../src/loading/evaluate.ts';
import { mapperOf } from '../../src/mapping/configure.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { toConditions } from '../../src/session/where-arguments.ts';
import type { Session } from '../../src/session/session.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { DATABASES } from '../support/databases.ts';

class Sample extends Model('samples', {
  id: t.serial().primaryKey(),
  integer: t.integer().nullable(),
  bigint: t.bigint().nullable(),
  boolean: t.boolean().nullable(),
  double: t.double().nullable(),
  text: t.text().nullable(),
  date: t.date().nullable(),
  uuid: t.uuid().nullable(),
  colour: t.enum('red', 'green').nullable(),
  label: t.text(),
}) {}

/** Few values, so that they often meet. */
const VALUES = {
  integer: [-1, 0, 1, 2_147_483_647],
  bigint: [-1n, 0n, 2n ** 53n, 2n ** 53n + 1n],
  boolean: [true, false],
  double: [-0, 0, 0.1, -1.5, 1e300, Number.POSITIVE_INFINITY],
  text: ['', 'a', 'A', 'ä', 'a ', '\u{1F600}', "'"],
  date: ['0001-01-01', '1999-12-31', '2024-02-29'],
  uuid: ['00000000-0000-4000-8000-00000000000a', 'FFFFFFFF-0000-4000-8000-00000000000A'],
  colour: ['red', 'green'],
} as const;

type Name = keyof typeof VALUES;

const ORDERED = new Set<Name>(['integer', 'bigint', 'boolean', 'double', 'date']);
const EQUALITY = ['=', '!=', '<>'];
const ORDER = ['<', '<=', '>', '>='];

const orNull = (name: Name): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: fc.constantFrom<unknown>(...VALUES[name]) },
  );

const NAMES = Object.keys(VALUES) as Name[];
const row = fc.record(
  Object.fromEntries(NAMES.map((name) => [name, orNull(name)])) as Record<Name, fc.Arbitrary<unknown>>,
);

const condition = fc.constantFrom(...NAMES).chain((name) =>
  fc.oneof(
    fc.tuple(fc.constant(name), fc.constantFrom(...EQUALITY), orNull(name)),
    // An order cannot be asked of null: `where` refuses it.
    fc.tuple(
      fc.constant(name),
      fc.constantFrom(...(ORDERED.has(name) ? ORDER : EQUALITY)),
      fc.constantFrom<unknown>(...VALUES[name]),
    ),
    fc.tuple(fc.constant(name), fc.constantFrom('in', 'not in'), fc.array(orNull(name), { maxLength: 4 })),
    fc.tuple(fc.constant(name), fc.constantFrom('is', 'is not'), fc.constant(null)),
  ),
);

type Given = [name: Name, operator: string, value: unknown];

function asked(session: Session, given: readonly Given[]): ReturnType<typeof session.find<typeof Sample>> {
  return given.reduce(
    (query, [name, operator, value]) => query.where(name, operator as '=', value as null),
    session.find(Sample),
  );
}

interface Case {
  readonly rows: readonly object[];
  readonly given: readonly Given[];
  readonly isDelete: boolean;
}

/** Inserts the rows, and has a statement and memory agree on which of them meet the conditions. */
async function check(session: Session, { rows, given, isDelete }: Case): Promise<void> {
  const labelled = rows.map((each) => ({ ...each, label: 'before' }));
  const held = await session.insertMany(Sample, labelled, { returning: true });
  const conditions = given.flatMap((each) => toConditions(mapperOf(Sample), each));
  expect(evaluatorOf(mapperOf(Sample), conditions)).toBeTypeOf('function');
  const met = new Set(await asked(session, given));
  const query = asked(session, given);
  const options = { synchronize: 'evaluate' } as const;
  expect(await (isDelete ? query.delete(options) : query.update({ label: 'after' }, options))).toBe(met.size);
  if (isDelete) expect(held.filter((each) => !session.has(each))).toEqual(held.filter((each) => met.has(each)));
  else expect(held.map(({ label }) => label)).toEqual(held.map((each) => (met.has(each) ? 'after' : 'before')));
  expect(await session.find(Sample).orderBy('id')).toEqual(held.filter((each) => session.has(each)));
}

describe.each(DATABASES)('conditions on $name', (database) => {
  test(
    'mean in memory what they mean to the database, and updates and deletes follow',
    { timeout: 60_000 },
    async () => {
      const engine = await database.createEngine();
      await engine.createAll([Sample]);
      await using session = sessionFactory(engine)();
      const rows = fc.array(row, { minLength: 1, maxLength: 12 });
      const given = fc.array(condition, { maxLength: 3 });
      const property = fc.asyncProperty(rows, given, fc.boolean(), async (rows, given, isDelete) => {
        try {
          await check(session, { rows, given, isDelete });
        } finally {
          await session.rollback();
        }
        expect(session.dirty).toEqual([]);
      });
      await fc.assert(property, { numRuns: 150 });
    },
  );
});
