import { describe, expect, test } from 'vitest';

import { createStatements } from '../../src/engine/create-all.ts';
import type { Engine } from '../../src/engine/engine.ts';
import {
  CheckViolation,
  ConstraintViolation,
  DatabaseError,
  DisconnectError,
  ForeignKeyViolation,
  NotNullViolation,
  UniqueViolation,
} from '../../src/errors/database-errors.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import { HermeticError } from '../../src/errors/hermetic-error.ts';
import { DATABASES } from '../support/databases.ts';
import { column, id, table } from '../support/tables.ts';

const SECRET = 'hunter2';

const owners = table('owners', [id, column('email', { name: 'text' })], {
  indexes: [{ name: 'owners_email_key', columns: ['email'], unique: true }],
});
const things = table(
  'things',
  [
    id,
    column('status', { name: 'enum', values: ['on', 'off'] }),
    column('owner_id', { name: 'integer' }, { nullable: true }),
  ],
  { foreignKeys: [{ columns: ['owner_id'], targetTable: 'owners', targetColumns: ['id'] }] },
);

async function failure(work: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DatabaseError)) throw new Error('no DatabaseError', { cause: error });
  return error;
}

/** Everything that the error says of itself: all but the driver's error. */
function shown(error: DatabaseError): string {
  return JSON.stringify({ ...error, message: error.message, stack: error.stack, cause: undefined });
}

async function prepare(engine: Engine): Promise<(sql: string, parameters?: unknown[]) => Promise<DatabaseError>> {
  for (const sql of createStatements(engine.dialect, [owners, things], true)) await engine.execute(sql);
  await engine.execute(`insert into owners (email) values ('${SECRET}')`);
  return (sql, parameters) => {
    let count = 0;
    const text = engine.dialect.name === 'postgres' ? sql.replaceAll('?', () => `$${++count}`) : sql;
    return failure(engine.execute(text, parameters));
  };
}

for (const database of DATABASES) {
  describe(database.name, () => {
    test('constraint violations are told apart, name the place and show no value', async () => {
      const fails = await prepare(await database.createEngine());

      const unique = await fails('insert into owners (email) values (?)', [SECRET]);
      const foreign = await fails('insert into things (status, owner_id) values (?, ?)', ['on', 4_711]);
      const notNull = await fails('insert into owners (email) values (?)', [null]);
      const check = await fails('insert into things (status) values (?)', [SECRET]);

      expect([unique, foreign, notNull, check].map((error) => error.constructor)).toEqual([
        UniqueViolation,
        ForeignKeyViolation,
        NotNullViolation,
        CheckViolation,
      ]);
      expect([unique, foreign, notNull, check].map(({ code }) => code)).toEqual([
        'DATABASE_UNIQUE_VIOLATION',
        'DATABASE_FOREIGN_KEY_VIOLATION',
        'DATABASE_NOT_NULL_VIOLATION',
        'DATABASE_CHECK_VIOLATION',
      ]);
      expect(unique).toBeInstanceOf(ConstraintViolation);
      expect([unique.table, unique.columns]).toEqual(['owners', ['email']]);
      expect([notNull.table, notNull.columns]).toEqual(['owners', ['email']]);
      expect(check.constraint).toBe('things_status_check');
      for (const error of [unique, foreign, notNull, check]) {
        expect(shown(error)).not.toMatch(/hunter2|4711/);
        expect(error.retryable).toBe(false);
        expect(error.cause).toBeInstanceOf(Error);
      }
    });

    test('a statement that cannot be understood is shown with the reason', async () => {
      const fails = await prepare(await database.createEngine());

      const error = await fails('select * from nowhere');

      expect(error.code).toBe('DATABASE_ERROR');
      expect(error.sql).toBe('select * from nowhere');
      expect(error.message).toMatch(
        /^The database refused "select \* from nowhere" \(\w+\): .*nowhere.*\[DATABASE_ERROR\]$/,
      );
    });

    test('a value that the database cannot convert is not shown', async () => {
      const fails = await prepare(await database.createEngine());
      const sql = database.name === 'postgres' ? 'select ?::integer' : 'insert into owners (id, email) values (?, 1)';

      expect(shown(await fails(sql, [SECRET]))).not.toContain(SECRET);
    });
  });
}

test('a driver that ends its words with a full stop gets no second one', () => {
  const cause = new Error('BigInt value is too large to bind.');
  const error = DatabaseError.from({ cause, sql: 'select ?', words: cause.message });
  expect(error.message).toContain('too large to bind. Correct the statement');
});

test('a server that is not there is a DisconnectError that names it without the password', async () => {
  await using engine = createEngine({ url: 'postgres://app:hunter2@127.0.0.1:1/shop', poolTimeout: 5_000 });

  const error: unknown = await engine.connect().catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(HermeticError);
  const chain = [error, (error as Error).cause].map(String).join('\n');
  expect(chain).toContain('127.0.0.1:1/shop');
  expect(chain).not.toContain(SECRET);
  expect([error, (error as Error).cause].some((one) => one instanceof DisconnectError)).toBe(true);
});

test('a SQLite file that cannot be opened is named', async () => {
  await using engine = createEngine('sqlite:/nowhere/at/all.db');

  await expect(engine.execute('select 1')).rejects.toThrow('/nowhere/at/all.db');
});
