import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createEngine } from '../../src/engine/create-engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { TestEngineOptions } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

const INSERT = "insert into things (name) values ('x')";
const LOCK_HOLDER = fileURLToPath(new URL('../support/lock-holder.mjs', import.meta.url));

interface LockedFile {
  readonly engine: Engine;
  readonly url: string;
  /** Ends the other process's lock. */
  unlock(): Promise<void>;
}

/** A file whose write lock another process holds. */
async function lockedFile(url: string, options: TestEngineOptions): Promise<LockedFile> {
  const engine = createEngine({ ...options, url });
  onTestFinished(() => engine.dispose());
  await engine.execute('create table things (id integer primary key, name text)');
  const holder = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', LOCK_HOLDER, url.slice('sqlite:'.length)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void holder.kill());
  await once(holder.stdout, 'data');
  return {
    engine,
    url,
    unlock: async () => {
      holder.stdin.end();
      await once(holder, 'exit');
    },
  };
}

for (const database of DATABASES.filter(({ name }) => name === 'sqlite')) {
  for (const driver of ['node:sqlite', 'better-sqlite3'] as const) {
    describe(driver, () => {
      test('a writer waits for another process without blocking the event loop', async () => {
        const { engine, unlock } = await lockedFile(await database.createUrl(), { driver });
        let turns = 0;
        const writing = engine.execute(INSERT).finally(() => (turns = -turns));
        while (turns < 20) {
          await new Promise((resolve) => setImmediate(resolve));
          turns++;
        }
        expect((await engine.execute('select count(*) from things')).rows).toEqual([[0]]);
        await unlock();

        expect((await writing).affected).toBe(1);
        expect(turns).toBe(-20);
      });

      test('a writer that waited as long as busyTimeout for another process gives up', async () => {
        const clock = new ManualClock();
        const { engine, unlock, url } = await lockedFile(await database.createUrl(), {
          driver,
          clock,
          busyTimeout: 2_000,
        });

        const writing = engine.execute(INSERT).catch((error: unknown) => error);
        await clock.advance(2_000);

        expect(await writing).toMatchObject({
          code: 'DATABASE_LOCK_TIMEOUT',
          message:
            `The write lock of ${url.slice('sqlite:'.length)} was not to be had in 2000 ms: another process holds it. ` +
            'Shorten the transaction that holds it, or raise `busyTimeout`. [DATABASE_LOCK_TIMEOUT]',
        });
        await unlock();
        expect((await engine.execute(INSERT)).affected).toBe(1);
      });

      test('writers of one file take turns, readers do not wait', async () => {
        const engine = await database.createEngine({ driver });
        await engine.execute('create table things (id integer primary key, name text)');
        const recorded = recordStatements(engine);
        await using first = await engine.connect({ label: 'first' });
        await using second = await engine.connect();
        first.begin();
        second.begin();
        await first.execute(INSERT);

        const waiting = second.execute(INSERT);
        expect((await engine.execute('select count(*) from things')).rows).toEqual([[0]]);
        await first.commit();
        await waiting;
        await second.commit();

        expect(recorded.take()).toEqual([
          'begin immediate',
          INSERT,
          'select count(*) from things',
          'commit',
          'begin immediate',
          INSERT,
          'commit',
        ]);
        expect((await engine.execute('select count(*) from things')).rows).toEqual([[2]]);
      });

      test('a transaction that read first can write after others wrote', async () => {
        const engine = await database.createEngine({ driver });
        await engine.execute('create table things (id integer primary key, name text)');
        await using connection = await engine.connect();
        connection.begin();
        await connection.execute('select * from things');
        await engine.execute(INSERT);

        await connection.execute(INSERT);
        await connection.commit();

        expect((await engine.execute('select count(*) from things')).rows).toEqual([[2]]);
      });

      test('a connection that is thrown away gives the lock to the next writer', async () => {
        const engine = await database.createEngine({ driver });
        await engine.execute('create table things (id integer primary key, name text)');
        const connection = await engine.connect();
        connection.begin();
        await connection.execute(INSERT);
        const waiting = engine.execute(INSERT);
        await settle();
        connection.invalidate();

        expect((await waiting).affected).toBe(1);
        expect((await engine.execute('select count(*) from things')).rows).toEqual([[1]]);
      });

      test('integers of any size come back exactly, from reads and from RETURNING', async () => {
        const engine = await database.createEngine({ driver });
        await engine.execute('create table numbers (n)');
        const values = [1, 2 ** 53 - 1, 2n ** 53n + 1n, -(2n ** 63n), 1.5];

        for (const value of values) {
          expect((await engine.execute('insert into numbers values (?) returning n', [value])).rows).toEqual([[value]]);
        }

        expect((await engine.execute('select n from numbers order by rowid')).rows).toEqual(
          values.map((value) => [value]),
        );
      });

      test('counts affected rows of writes only', async () => {
        const engine = await database.createEngine({ driver });
        await using connection = await engine.connect();
        const counts: number[] = [];
        for (const sql of [
          'create table things (id integer primary key, name text)',
          "insert into things (name) values ('a'), ('b') returning id",
          "with one as (select 1) update things set name = 'c'",
          'pragma foreign_keys = on',
          'select * from things',
          'with all_of_them as (select * from things) select * from all_of_them',
          'delete from things where id = 1',
        ]) {
          counts.push((await connection.execute(sql)).affected);
        }

        expect(counts).toEqual([0, 2, 2, 0, 0, 0, 1]);
      });

      test('a cached statement survives a change of its table', async () => {
        const engine = await database.createEngine({ driver, poolSize: 1, maxOverflow: 0 });
        await engine.execute('create table things (id integer primary key)');
        await engine.execute('insert into things values (1)');
        const all = { sql: 'select * from things', kind: 'read', parse: 'typed', prepare: true } as const;
        expect(await engine.execute(all)).toEqual({ rows: [[1]], columns: ['id'], affected: 0 });

        await engine.execute('alter table things add column is_new boolean default true');

        expect(await engine.execute(all)).toEqual({ rows: [[1, true]], columns: ['id', 'is_new'], affected: 0 });
      });

      test('a database in memory lives on one connection', async () => {
        await using engine = createEngine({ url: 'sqlite::memory:', driver });
        await engine.execute('create table things (id integer primary key, name text)');
        await engine.begin((connection) => connection.execute(INSERT));

        expect((await engine.execute('select * from things')).rows).toEqual([[1, 'x']]);
        expect(engine.pool.status()).toMatchObject({ size: 1, checkedIn: 1, checkedOut: 0, overflow: 0 });
      });

      test('a file gets WAL, foreign keys and no blocking wait', async () => {
        const engine = await database.createEngine({ driver });
        const settings = await Promise.all(
          ['journal_mode', 'foreign_keys', 'busy_timeout'].map((name) => engine.execute(`pragma ${name}`)),
        );

        expect(settings.map(({ rows }) => rows[0]?.[0])).toEqual(['wal', 1, 0]);
      });

      test('a parameter that cannot be sent is refused without its value', async () => {
        const engine = await database.createEngine({ driver });

        await expect(engine.execute('select ?', [Symbol('secret')])).rejects.toThrow(
          'expected a value that JSON can hold, got a symbol',
        );
        await expect(engine.execute('select ?', ['a', 'b'])).rejects.toThrow('[DATABASE_ERROR]');
      });
    });
  }
}
