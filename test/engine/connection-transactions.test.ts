import { describe, expect, it } from 'vitest';

import { TransactionStateError } from '../../src/errors/engine-errors.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { rejection } from '../support/rejection.ts';

describe.for(DATABASES)('the transaction of a connection on $name', (database) => {
  it('knows its savepoints, from the first to the innermost', async () => {
    const engine = await database.createEngine();
    await using connection = await engine.connect();
    const state = (): unknown[] => [connection.inNestedTransaction, connection.innermostSavepoint];
    connection.begin();
    expect(state()).toEqual([false, undefined]);
    await connection.savepoint('one');
    await connection.savepoint('two');
    await connection.savepoint('three');
    expect(state()).toEqual([true, 'three']);
    await connection.rollbackTo('two');
    expect(state()).toEqual([true, 'two']);
    await connection.releaseSavepoint('two');
    expect(state()).toEqual([true, 'one']);
    await connection.savepoint('four');
    await connection.releaseSavepoint('one');
    expect(state()).toEqual([false, undefined]);
    await connection.savepoint('five');
    await connection.commit();
    expect([...state(), connection.inTransaction]).toEqual([false, undefined, false]);
    connection.begin();
    await connection.savepoint('six');
    await connection.rollback();
    expect([...state(), connection.inTransaction]).toEqual([false, undefined, false]);
  });

  it('keeps a savepoint that could not be released', async () => {
    const engine = await database.createEngine();
    await using connection = await engine.connect();
    connection.begin();
    await connection.savepoint('one');
    await rejection(connection.releaseSavepoint('other'));
    expect(connection.innermostSavepoint).toBe('one');
    await connection.rollbackTo('one');
    expect([connection.isAborted, connection.innermostSavepoint]).toEqual([false, 'one']);
  });

  it('is known when a text began it, and ended by commit and rollback all the same', async () => {
    const engine = await database.createEngine();
    const statements = recordStatements(engine);
    await using connection = await engine.connect();
    statements.take();
    await connection.execute('begin');
    expect(connection.inTransaction).toBe(true);
    expect(() => connection.begin()).toThrow(TransactionStateError);
    await connection.commit();
    expect(connection.inTransaction).toBe(false);
    await connection.execute('begin');
    await connection.savepoint('one');
    await connection.rollback();
    expect([connection.inTransaction, connection.inNestedTransaction]).toEqual([false, false]);
    expect(statements.take()).toEqual(['begin', 'commit', 'begin', 'savepoint "one"', 'rollback']);
  });

  it('names savepoints that nobody else on the connection has', async () => {
    const engine = await database.createEngine();
    await using connection = await engine.connect();
    expect([connection.newSavepointName(), connection.newSavepointName()]).toEqual(['hermetic_1', 'hermetic_2']);
    expect(connection.address).toBe(engine.address);
  });

  it('is read-only when that is asked for, once', async () => {
    const engine = await database.createEngine();
    await engine.execute('create table numbers (n integer)');
    const statements = recordStatements(engine);
    await using connection = await engine.connect();
    connection.begin({ readOnly: true, isolationLevel: 'serializable' });
    expect((await connection.execute('select n from numbers')).rows).toEqual([]);
    await rejection(connection.execute('insert into numbers values (1)'));
    await connection.rollback();
    connection.begin();
    await connection.execute('insert into numbers values (2)');
    await connection.commit();
    const begin = database.name === 'sqlite' ? 'begin immediate' : 'begin isolation level serializable read only';
    expect(statements.take().filter((sql) => sql.startsWith('begin'))).toEqual([
      begin,
      database.name === 'sqlite' ? 'begin immediate' : 'begin',
    ]);
    expect((await engine.execute('select n from numbers')).rows.map(([n]) => Number(n))).toEqual([2]);
  });
});
