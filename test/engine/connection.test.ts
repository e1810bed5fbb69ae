import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import type { StatementEvent } from '../../src/engine/engine-events.ts';
import { LeaseReleasedError } from '../../src/errors/pool-errors.ts';
import { control } from '../../src/engine/transaction.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';

const INSERT = "insert into things (name) values ('x')";

async function withThings(engine: Engine): Promise<Engine> {
  await engine.execute(
    'create table things (id integer primary key, name text unique)'.replace(
      'integer',
      engine.dialect.name === 'postgres' ? 'serial' : 'integer',
    ),
  );
  return engine;
}

async function countThings(engine: Engine): Promise<number> {
  return Number((await engine.execute('select count(*) from things')).rows[0]?.[0]);
}

for (const database of DATABASES) {
  const begin = database.name === 'postgres' ? 'begin' : 'begin immediate';

  describe(database.name, () => {
    test('BEGIN goes out when the dialect needs it, COMMIT only after it', async () => {
      const engine = await withThings(await database.createEngine());
      const recorded = recordStatements(engine);
      await using connection = await engine.connect();

      connection.begin();
      await connection.commit();
      expect(recorded.take()).toEqual([]);

      connection.begin();
      await connection.execute('select 1');
      expect(recorded.take()).toEqual(database.name === 'postgres' ? ['begin', 'select 1'] : ['select 1']);
      expect([connection.inTransaction, connection.begunOnServer]).toEqual([true, database.name === 'postgres']);
      await connection.execute(INSERT);
      await connection.commit();
      expect(recorded.take()).toEqual(
        database.name === 'postgres' ? [INSERT, 'commit'] : ['begin immediate', INSERT, 'commit'],
      );
      expect([connection.inTransaction, connection.begunOnServer]).toEqual([false, false]);
      expect(await countThings(engine)).toBe(1);
    });

    test('a rollback undoes and sends nothing when nothing was sent', async () => {
      const engine = await withThings(await database.createEngine());
      const recorded = recordStatements(engine);
      await using connection = await engine.connect();

      connection.begin();
      await connection.rollback();
      connection.begin();
      await connection.execute(INSERT);
      await connection.rollback();

      expect(recorded.take()).toEqual([begin, INSERT, 'rollback']);
      expect(await countThings(engine)).toBe(0);
    });

    test('an isolation level reaches the database', async () => {
      const engine = await withThings(await database.createEngine({ isolationLevel: 'serializable' }));
      const recorded = recordStatements(engine);
      await using connection = await engine.connect();

      connection.begin();
      await connection.execute('select 1');
      await connection.rollback();

      const text = database.name === 'postgres' ? 'begin isolation level serializable' : 'begin immediate';
      expect(recorded.take()).toEqual([text, 'select 1', 'rollback']);
    });

    test('savepoints nest inside the transaction, which they begin', async () => {
      const engine = await withThings(await database.createEngine());
      const recorded = recordStatements(engine);
      await using connection = await engine.connect();
      await expect(connection.savepoint('a')).rejects.toThrow(
        'savepoint needs a transaction, and this connection is in none. Call begin() first. [ENGINE_NO_TRANSACTION]',
      );

      connection.begin();
      await connection.savepoint('a "b"');
      await connection.execute(INSERT);
      await connection.rollbackTo('a "b"');
      await connection.releaseSavepoint('a "b"');
      await connection.commit();

      expect(recorded.take()).toEqual([
        begin,
        'savepoint "a ""b"""',
        INSERT,
        'rollback to savepoint "a ""b"""',
        'release savepoint "a ""b"""',
        'commit',
      ]);
      expect(await countThings(engine)).toBe(0);
    });

    test('a transaction inside a transaction is refused', async () => {
      const engine = await database.createEngine();
      await using connection = await engine.connect();
      connection.begin();

      expect(() => connection.begin()).toThrow(
        'This connection is already in a transaction. Commit or roll back first, or use a savepoint. [ENGINE_TRANSACTION_OPEN]',
      );
    });

    test('statements that overlap run one after another in the order asked for', async () => {
      const engine = await withThings(await database.createEngine());
      const recorded = recordStatements(engine);
      await using connection = await engine.connect();
      connection.begin();

      const asked = [
        connection.execute(INSERT),
        connection.execute('select count(*) as n from things'),
        connection.commit(),
      ] as const;
      expect(connection.isBusy).toBe(true);
      const [, counted] = await Promise.all(asked);

      expect(Number(counted.rows[0]?.[0])).toBe(1);
      expect(recorded.take()).toEqual([begin, INSERT, 'select count(*) as n from things', 'commit']);
      expect(connection.isBusy).toBe(false);
    });

    test('a connection that was released refuses every use', async () => {
      const engine = await database.createEngine();
      const connection = await engine.connect();
      await connection.release();
      await connection.release();

      await expect(connection.execute('select 1')).rejects.toThrow(LeaseReleasedError);
    });

    test('a transaction that is still open at release is rolled back', async () => {
      const engine = await withThings(await database.createEngine());
      const recorded = recordStatements(engine);
      const connection = await engine.connect();
      connection.begin();
      await connection.execute(INSERT);
      await connection.release();

      expect(await countThings(engine)).toBe(0);
      expect(recorded.take()).toEqual([begin, INSERT, 'rollback', 'select count(*) from things']);
      expect(engine.pool.status()).toMatchObject({ checkedOut: 0 });
    });

    test('begin commits what its block did', async () => {
      const engine = await withThings(await database.createEngine());

      expect(await engine.begin((connection) => connection.execute(INSERT).then(() => 'done'))).toBe('done');

      expect(await countThings(engine)).toBe(1);
      expect(engine.pool.status()).toMatchObject({ checkedOut: 0 });
    });

    test('begin rolls back and rejects with the error of its block, whatever else fails', async () => {
      const engine = await withThings(await database.createEngine());
      const failure = new Error('of the block');

      await expect(
        engine.begin(async (connection) => {
          await connection.execute(INSERT);
          throw failure;
        }),
      ).rejects.toBe(failure);
      await expect(
        engine.begin(async (connection) => {
          await connection.execute(INSERT);
          connection.invalidate();
          throw failure;
        }),
      ).rejects.toBe(failure);

      expect(await countThings(engine)).toBe(0);
      expect(engine.pool.status()).toMatchObject({ checkedOut: 0 });
    });

    test('a commit of what the database gave up is refused', async () => {
      const engine = await withThings(await database.createEngine());
      await using connection = await engine.connect();
      connection.begin();
      await connection.execute(INSERT);
      await connection
        .execute(
          database.name === 'postgres' ? 'select * from nowhere' : 'insert or rollback into things (id) values (1)',
        )
        .catch(() => {});

      await expect(connection.commit()).rejects.toThrow('[ENGINE_TRANSACTION_FAILED]');
      await connection.rollback();

      expect(connection.inTransaction).toBe(false);
      expect(await countThings(engine)).toBe(0);
    });

    test('events tell of statements and of connections, without values', async () => {
      const engine = await withThings(await database.createEngine({ poolSize: 1 }));
      const told: unknown[] = [];
      const stop = engine.on('statement', (event) => told.push({ ...event, durationMs: event.durationMs >= 0 }));
      engine.on('checkout', (event) => told.push({ checkout: event.label }));
      engine.on('checkin', (event) => told.push({ checkin: event.label }));
      const placeholder = database.name === 'postgres' ? '$1' : '?';
      const sql = `insert into things (name) values (${placeholder})`;

      const connection = await engine.connect({ label: 'GET /things' });
      await connection.execute(sql, ['secret']);
      await connection.execute(sql, ['secret']).catch(() => {});
      await connection.release();
      stop();
      await engine.execute('select 1');

      const event = { sql, kind: 'write', parameterCount: 1, rows: 0, label: 'GET /things', durationMs: true };
      expect(told).toEqual([
        { checkout: 'GET /things' },
        { ...event, affected: 1, failed: false },
        { ...event, affected: 0, failed: true },
        { checkin: 'GET /things' },
        { checkout: undefined },
        { checkin: undefined },
      ]);
    });

    test('echo gets every statement', async () => {
      const echoed: StatementEvent[] = [];
      const engine = await database.createEngine({ echo: (event) => echoed.push(event) });
      await engine.begin((connection) => connection.execute(control('select 1', 'write')));

      expect(echoed.map(({ sql }) => sql)).toEqual([begin, 'select 1', 'commit']);
    });

    test('the channel hermetic:query traces statements while somebody subscribes', async () => {
      const engine = await database.createEngine();
      const traced: unknown[] = [];
      const listen = (message: unknown): void => void traced.push({ ...(message as object) });
      subscribe('tracing:hermetic:query:start', listen);
      onTestFinished(() => void unsubscribe('tracing:hermetic:query:start', listen));

      await engine.execute('select 1');

      expect(traced).toEqual([
        {
          sql: 'select 1',
          kind: 'read',
          parameterCount: 0,
          dialect: database.name,
          address: engine.address,
          label: undefined,
        },
      ]);
    });

    test('a compiled Kysely query runs with its own parameters', async () => {
      const engine = await withThings(await database.createEngine());
      const query = engine.dialect.kysely
        .insertInto('things')
        .values({ name: 'by Kysely' })
        .returning(['id', 'name'])
        .compile();

      expect(await engine.execute(query)).toEqual({ rows: [[1, 'by Kysely']], columns: ['id', 'name'], affected: 1 });
    });

    test('dispose closes every connection and refuses later use', async () => {
      const url = await database.createUrl();
      const { createEngine } = await import('../../src/engine/create-engine.ts');
      const engine = createEngine(url);
      const connections = await Promise.all([engine.connect(), engine.connect()]);
      const drivers = connections.map(({ lease }) => lease.connection);
      await Promise.all(connections.map((connection) => connection.release()));

      await engine.dispose();
      await engine.dispose();

      expect(drivers.map(({ isClosed }) => isClosed)).toEqual([true, true]);
      await expect(engine.connect()).rejects.toThrow('[ENGINE_DISPOSED]');
      if (database.name === 'postgres') {
        await using other = createEngine(url);
        const { rows } = await other.execute(
          "select count(*)::int from pg_stat_activity where application_name = current_setting('application_name') and pid <> pg_backend_pid()",
        );
        expect(rows).toEqual([[0]]);
      }
    });
  });
}
