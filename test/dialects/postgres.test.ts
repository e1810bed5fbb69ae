import { describe, expect, test } from 'vitest';

import { readArray, writeArray } from '../../src/dialects/postgres/array-literal.ts';
import { readTimestamp, writeTimestamp } from '../../src/dialects/postgres/text-forms.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { CommitUnknownError, DisconnectError } from '../../src/errors/database-errors.ts';
import type { Statement } from '../../src/sql/statement.ts';
import { DATABASES } from '../support/databases.ts';

const ALL: Statement = { sql: 'select * from things order by 1', kind: 'read', parse: 'typed', prepare: true };
const PREPARED = "select count(*)::int from pg_prepared_statements where statement not like '%pg_prepared%'";

async function pidOf(connection: Connection): Promise<unknown> {
  return (await connection.execute('select pg_backend_pid()')).rows[0]?.[0];
}

for (const database of DATABASES.filter(({ name }) => name === 'postgres')) {
  describe('prepared statements', () => {
    test('a text is prepared once and named by its content', async () => {
      const engine = await database.createEngine({ poolSize: 1 });
      await engine.execute('create table things (id integer)');
      for (let i = 0; i < 3; i++) await engine.execute(ALL);

      const { rows } = await engine.execute(
        'select name, statement, generic_plans + custom_plans as runs from pg_prepared_statements',
      );

      expect(rows).toEqual([[expect.stringMatching(/^h_[0-9a-f]{24}$/), ALL.sql, 3n]]);
    });

    test('prepare: false prepares nothing', async () => {
      const engine = await database.createEngine({ poolSize: 1, prepare: false });
      await engine.execute('create table things (id integer)');
      expect(await engine.execute(ALL)).toEqual({ rows: [], columns: ['id'], affected: 0 });

      expect((await engine.execute(PREPARED)).rows).toEqual([[0]]);
    });

    test('no more than 500 are kept', async () => {
      const engine = await database.createEngine({ poolSize: 1 });
      for (let i = 0; i < 510; i++) await engine.execute({ ...ALL, sql: `select ${i}` });

      const first = await engine.execute({ ...ALL, sql: 'select 0' });

      expect(first.rows).toEqual([[0]]);
      expect((await engine.execute(PREPARED)).rows).toEqual([[500]]);
    });

    test('a statement whose table changed is prepared again', async () => {
      const engine = await database.createEngine({ poolSize: 1 });
      await engine.execute('create table things (id integer)');
      await engine.execute(ALL);
      await engine.execute("alter table things add column name text default 'x'");
      await engine.execute('insert into things values (1)');

      expect(await engine.execute(ALL)).toEqual({ rows: [[1, 'x']], columns: ['id', 'name'], affected: 0 });

      await engine.execute('alter table things drop column name');
      await using connection = await engine.connect();
      connection.begin();
      expect((await connection.execute(ALL)).rows).toEqual([[1]]);
      await connection.commit();
    });

    test('inside a transaction the change is an error, and the next transaction works', async () => {
      const engine = await database.createEngine({ poolSize: 1 });
      await engine.execute('create table things (id integer)');
      await using connection = await engine.connect();
      await connection.execute(ALL);
      connection.begin();
      await connection.execute('alter table things add column name text');

      await expect(connection.execute(ALL)).rejects.toMatchObject({ sqlState: '0A000' });
      await connection.rollback();
      connection.begin();
      expect((await connection.execute(ALL)).columns).toEqual(['id']);
    });

    test('a statement that the server forgot is prepared again', async () => {
      const engine = await database.createEngine({ poolSize: 1 });
      await engine.execute('create table things (id integer)');
      await engine.execute(ALL);
      await engine.execute('deallocate all');

      expect((await engine.execute(ALL)).columns).toEqual(['id']);
    });

    test('a statement that fails while it is prepared can be prepared later', async () => {
      const engine = await database.createEngine({ poolSize: 1 });
      await expect(engine.execute(ALL)).rejects.toMatchObject({ sqlState: '42P01' });
      await engine.execute('create table things (id integer)');

      expect((await engine.execute(ALL)).columns).toEqual(['id']);
    });
  });

  describe('transactions that meet', () => {
    test('a serialization failure, a deadlock and a lock that is taken can be retried', async () => {
      const engine = await database.createEngine({ isolationLevel: 'repeatable read' });
      await engine.execute('create table things (id integer)');
      await engine.execute('insert into things values (1), (2)');
      const update = (connection: Connection, id: number) =>
        connection.execute('update things set id = id where id = $1', [id]);
      await using first = await engine.connect();
      await using second = await engine.connect();
      await second.execute("set deadlock_timeout = '10ms'");
      const begin = async (...connections: Connection[]): Promise<void> => {
        for (const connection of connections) {
          await connection.rollback();
          connection.begin();
          await connection.execute('select 1 from things');
        }
      };

      await begin(first, second);
      await update(first, 1);
      await expect(second.execute('select * from things for update nowait')).rejects.toMatchObject({
        code: 'DATABASE_LOCK_TIMEOUT',
        retryable: true,
      });
      await begin(second);
      await first.commit();
      await expect(update(second, 1)).rejects.toMatchObject({
        code: 'DATABASE_SERIALIZATION_FAILURE',
        sqlState: '40001',
        retryable: true,
      });
      await begin(first, second);
      await update(first, 1);
      await update(second, 2);
      const waiting = update(first, 2);
      await expect(update(second, 1)).rejects.toMatchObject({ code: 'DATABASE_DEADLOCK', retryable: true });
      await second.rollback();
      expect((await waiting).affected).toBe(1);
    });
  });

  describe('the connection', () => {
    test('that the server ends is a DisconnectError, and the pool replaces it', async () => {
      const engine = await database.createEngine({ poolSize: 2, maxOverflow: 0 });
      const victim = await engine.connect();
      await using killer = await engine.connect();
      const pid = await pidOf(victim);
      const sleeping = victim.execute('select pg_sleep(60)').catch((error: unknown) => error);
      await killer.execute('select pg_terminate_backend($1)', [pid]);

      const error = await sleeping;

      expect(error).toBeInstanceOf(DisconnectError);
      expect(error).toMatchObject({
        code: 'DATABASE_DISCONNECT',
        sqlState: '57P01',
        retryable: true,
        sql: 'select pg_sleep(60)',
      });
      expect(victim.lease.isReleased).toBe(true);
      await using next = await engine.connect();
      expect(await pidOf(next)).not.toBe(pid);
    });

    test('that comes back busy is cancelled, rolled back and lent again', async () => {
      const engine = await database.createEngine({ poolSize: 1, maxOverflow: 0 });
      const first = await engine.connect();
      const pid = await pidOf(first);
      first.begin();
      const sleeping = first.execute('select pg_sleep(60)').catch((error: unknown) => error);
      await first.release();

      expect(await sleeping).toMatchObject({ code: 'DATABASE_ERROR', sqlState: '57014' });
      await using next = await engine.connect();
      expect([await pidOf(next), next.inTransaction]).toEqual([pid, false]);
    });

    test('that cannot be cancelled in time is dropped', async () => {
      const engine = await database.createEngine({ poolSize: 1, maxOverflow: 0, poolResetTimeout: 0 });
      const first = await engine.connect();
      const pid = await pidOf(first);
      const deaf = 'begin perform pg_sleep(60); exception when query_canceled then perform pg_sleep(1); end';
      const sleeping = first.execute(`do 'begin ${deaf}; end'`).catch((error: unknown) => error);
      await first.release();

      expect(await sleeping).toBeInstanceOf(DisconnectError);
      await using next = await engine.connect();
      expect(await pidOf(next)).not.toBe(pid);
    });

    test('is lost, and others of its age, when the program says that an error means so', async () => {
      const seen: unknown[] = [];
      const engine = await database.createEngine({
        poolSize: 2,
        isDisconnect: (error, isDisconnect) => {
          seen.push([error.sqlState, isDisconnect]);
          return error.sqlState === '25006';
        },
      });
      const [first, second] = await Promise.all([engine.connect(), engine.connect()]);
      const pids = await Promise.all([pidOf(first), pidOf(second)]);
      await second.release();
      first.begin({ readOnly: true });
      await expect(first.execute('create table refused (id int)')).rejects.toMatchObject({ sqlState: '25006' });

      expect([first.lease.isReleased, seen]).toEqual([true, [['25006', false]]]);
      await using next = await engine.connect();
      expect(pids).not.toContain(await pidOf(next));
    });

    test('is kept when the program says that an error does not mean a lost one', async () => {
      const engine = await database.createEngine({ poolSize: 2, isDisconnect: () => false });
      const victim = await engine.connect();
      const idle = await engine.connect();
      const idlePid = await pidOf(idle);
      await idle.release();
      const error = await victim
        .execute("do $$ begin raise exception 'gone' using errcode = '57P01'; end $$")
        .catch((failure: unknown) => failure);

      expect([error, victim.lease.isReleased]).toEqual([expect.any(DisconnectError), false]);
      expect(await pidOf(victim)).toEqual(expect.any(Number));
      await using next = await engine.connect();
      expect(await pidOf(next)).toBe(idlePid);
      await victim.release();
    });

    test('that the program throws away tells the statement on it why', async () => {
      const engine = await database.createEngine();
      const connection = await engine.connect();
      const running = connection.execute('select 1').catch((error: unknown) => error);
      const reason = new Error('the request was given up');
      connection.invalidate(reason);

      expect(await running).toMatchObject({
        code: 'DATABASE_DISCONNECT',
        cause: reason,
        sql: 'select 1',
        message: expect.stringContaining(
          'The program threw the connection away while a statement ran on it: the request was given up. Look',
        ) as string,
      });
      expect(engine.pool.status()).toMatchObject({ checkedOut: 0 });
    });

    test('that is lost during COMMIT leaves open whether it was committed', async () => {
      const engine = await database.createEngine();
      await engine.execute('create table things (id int)');
      await engine.execute(
        'create function die() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$',
      );
      await engine.execute(
        'create constraint trigger last after insert on things deferrable initially deferred for each row execute function die()',
      );
      const connection = await engine.connect();
      connection.begin();
      await connection.execute('insert into things values (1)');
      const error = await connection.commit().catch((failure: unknown) => failure);

      expect(error).toBeInstanceOf(CommitUnknownError);
      expect(error).toMatchObject({
        code: 'DATABASE_COMMIT_UNKNOWN',
        sqlState: '57P01',
        sql: 'commit',
        retryable: false,
      });
      expect(error).toMatchObject({ cause: expect.any(DisconnectError) as unknown });
      expect(engine.pool.status()).toMatchObject({ checkedOut: 0 });
    });

    test('that was lost before COMMIT could be sent leaves nothing open', async () => {
      const engine = await database.createEngine();
      const connection = await engine.connect();
      connection.begin();
      await connection.execute('create table things (id int)');
      connection.invalidate();

      await expect(connection.commit()).rejects.not.toBeInstanceOf(CommitUnknownError);
    });

    test('that died while idle is replaced by prePing', async () => {
      const engine = await database.createEngine({ poolSize: 1, maxOverflow: 1, poolPrePing: true });
      const first = await engine.connect();
      const pid = await pidOf(first);
      await first.release();
      const other = await engine.connect();
      expect(await pidOf(other)).toBe(pid);
      await using admin = await engine.connect();
      await admin.execute('select pg_terminate_backend($1)', [pid]);
      await other.release();

      expect((await engine.execute('select 1')).rows).toEqual([[1]]);
    });

    test('gives up connecting when the signal says so', async () => {
      const engine = await database.createEngine();
      const reason = new Error('no longer wanted');

      await expect(engine.connect({ signal: AbortSignal.abort(reason) })).rejects.toMatchObject({ cause: reason });
    });

    test('takes server settings from driverOptions', async () => {
      const engine = await database.createEngine({ driverOptions: { statement_timeout: 1_234, lock_timeout: 567 } });

      expect(
        (await engine.execute("select current_setting('statement_timeout'), current_setting('lock_timeout')")).rows,
      ).toEqual([['1234ms', '567ms']]);
    });

    test('takes several statements in one text, inside a transaction too', async () => {
      const engine = await database.createEngine();

      const result = await engine.begin((connection) =>
        connection.execute('create table a (id int); insert into a values (1), (2); select * from a'),
      );

      expect(result).toEqual({ rows: [[1], [2]], columns: ['id'], affected: 0 });
    });
  });
}

test('timestamps of any year and zone are read and written', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['2026-01-02 03:04:05.678+00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 03:04:05.6+05:30', '2026-01-01T21:34:05.600Z'],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000Z'],
    ['1883-11-18 12:03:58-04:56:02', '1883-11-18T17:00:00.000Z'],
    ['12026-01-02 03:04:05+00', '+012026-01-02T03:04:05.000Z'],
    ['0044-03-15 00:00:00+00 BC', '-000043-03-15T00:00:00.000Z'],
  ];
  expect(cases.map(([text]) => readTimestamp(text).toISOString())).toEqual(cases.map(([, iso]) => iso));
  expect(writeTimestamp(new Date('-000043-03-15T00:00:00.000Z'))).toBe('0044-03-15T00:00:00.000Z BC');
  expect(writeTimestamp(new Date('+012026-01-02T03:04:05.000Z'))).toBe('12026-01-02T03:04:05.000Z');
  expect(Number.isNaN(readTimestamp('infinity').getTime())).toBe(true);
});

test('array texts are read and written', () => {
  expect(writeArray(['a', null, 'b "c"', [1, '']], String)).toBe('{a,NULL,"b \\"c\\"",{1,""}}');
  expect(readArray('{a,NULL,"b \\"c\\"",{1,""}}', (text) => text)).toEqual(['a', null, 'b "c"', ['1', '']]);
  expect(readArray('[2:3]={x,y}', (text) => text)).toEqual(['x', 'y']);
  expect(readArray('{}', (text) => text)).toEqual([]);
});
