import { describe, expect, inject, it } from 'vitest';

import { createEngine } from '../../src/engine/create-engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { DatabaseError } from '../../src/errors/database-errors.ts';
import { SessionOptionError, SessionTransactionError } from '../../src/errors/session-errors.ts';
import { InDoubtError } from '../../src/errors/transaction-errors.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { SessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import type { TestDatabase } from '../support/databases.ts';
import { inFewWords, rowsOf } from '../support/open-session.ts';
import { rejection } from '../support/rejection.ts';

class Account extends Model('accounts', { id: t.serial().primaryKey(), name: t.text() }) {}
class Booking extends Model('bookings', { id: t.serial().primaryKey(), name: t.text() }) {}

const MODELS = { Account, Booking };

interface World {
  readonly accounts: Engine;
  readonly bookings: Engine;
  readonly Session: SessionFactory<typeof MODELS>;
  /** What ran since the last call, names of prepared transactions left out. */
  took(): string[];
}

async function openTwo(database: TestDatabase): Promise<World> {
  const [accounts, bookings] = [await database.createEngine(), await database.createEngine()];
  await accounts.createAll([Account]);
  await bookings.createAll([Booking]);
  const log: string[] = [];
  const short = (sql: string): string => inFewWords(sql).replace(/'hermetic_[0-9a-f-]+_(\d)'/, '$1');
  accounts.on('statement', ({ sql }) => log.push(`accounts: ${short(sql)}`));
  bookings.on('statement', ({ sql }) => log.push(`bookings: ${short(sql)}`));
  const Session = sessionFactory(accounts, {
    models: MODELS,
    binds: [{ model: Booking, engine: bookings }],
    twophase: true,
  });
  return { accounts, bookings, Session, took: () => log.splice(0) };
}

const waiting = async (engine: Engine): Promise<number> => {
  const { rows } = await engine.execute("select count(*) from pg_prepared_xacts where gid like 'hermetic%'");
  return Number(rows[0]?.[0]);
};

const servers = DATABASES.filter(({ name }) => name === 'postgres');
const canPrepare = await keepsPreparedTransactions();
if (!canPrepare) console.warn('Two-phase commit is not tested: this PostgreSQL has max_prepared_transactions at 0.');

async function keepsPreparedTransactions(): Promise<boolean> {
  const url = inject('postgresUrl');
  if (url === undefined || servers.length === 0) return true;
  await using engine = createEngine(url);
  const { rows } = await engine.execute('show max_prepared_transactions');
  return Number(rows[0]?.[0]) > 0;
}

describe.for(canPrepare ? servers : [])('two-phase commit on $name', (database) => {
  it('has every engine prepare before any commits', async () => {
    const { Session, took, accounts, bookings } = await openTwo(database);
    took();
    await using session = Session();
    session.addAll([new Account({ name: 'a' }), new Booking({ name: 'b' })]);
    await session.commit();
    expect(took()).toEqual([
      'accounts: begin',
      'accounts: insert accounts',
      'bookings: begin',
      'bookings: insert bookings',
      'accounts: prepare transaction 1',
      'bookings: prepare transaction 2',
      'accounts: commit prepared 1',
      'bookings: commit prepared 2',
    ]);
    expect([await rowsOf(accounts, 'accounts', 'name'), await rowsOf(bookings, 'bookings', 'name')]).toEqual([
      [['a']],
      [['b']],
    ]);
    expect([accounts.pool.status().checkedOut, bookings.pool.status().checkedOut]).toEqual([0, 0]);
  });

  it('commits plainly when one engine took part', async () => {
    const { Session, took } = await openTwo(database);
    took();
    await using session = Session();
    session.add(new Booking({ name: 'b' }));
    await session.commit();
    expect(took()).toEqual(['bookings: begin', 'bookings: insert bookings', 'bookings: commit']);
  });

  it('commits nothing when one engine will not prepare, and restores memory', async () => {
    const { Session, took, accounts, bookings } = await openTwo(database);
    await bookings.execute('create table parents (id integer primary key)');
    await bookings.execute(
      'create table children (parent_id integer references parents (id) deferrable initially deferred)',
    );
    await using session = Session();
    const objects = [new Account({ name: 'a' }), new Booking({ name: 'b' })];
    session.addAll(objects);
    await session.flush();
    await (await session.connection({ model: Booking })).execute('insert into children values (99)');
    took();
    expect(await rejection(session.commit())).toBeInstanceOf(DatabaseError);
    expect(took()).toEqual([
      'accounts: prepare transaction 1',
      'bookings: prepare transaction 2',
      'accounts: rollback prepared 1',
    ]);
    expect(objects.map((each) => inspect(each).state)).toEqual(['transient', 'transient']);
    expect([session.isActive, session.inTransaction(), await waiting(accounts)]).toEqual([true, false, 0]);
    expect(await rowsOf(accounts, 'accounts', 'name')).toEqual([]);
  });

  it('prepares by hand, then refuses all but the end', async () => {
    const { Session, took, accounts, bookings } = await openTwo(database);
    await using session = Session();
    const handle = session.begin();
    session.add(new Account({ name: 'a' }));
    await session.beginNested();
    session.add(new Booking({ name: 'b' }));
    await session.prepare();
    expect([handle.isActive, handle.isEnded, session.inNestedTransaction()]).toEqual([false, false, false]);
    const refused = await rejection(session.execute('select 1'));
    expect(refused).toBeInstanceOf(SessionTransactionError);
    expect(refused.message).toBe(
      "This session is in 'prepared' state; no further SQL can be emitted within this transaction. Call commit() or rollback() now. [SESSION_PHASE]",
    );
    took();
    await session.commit();
    expect(took()).toEqual(['accounts: commit prepared 1', 'bookings: commit prepared 2']);
    expect([await rowsOf(accounts, 'accounts', 'name'), await rowsOf(bookings, 'bookings', 'name')]).toEqual([
      [['a']],
      [['b']],
    ]);
  });

  for (const end of ['rollback', 'close'] as const) {
    it(`undoes what is prepared on ${end}`, async () => {
      const { Session, took, accounts, bookings } = await openTwo(database);
      await using session = Session();
      session.addAll([new Account({ name: 'a' }), new Booking({ name: 'b' })]);
      await session.prepare();
      took();
      await session[end]();
      expect(took()).toEqual(['accounts: rollback prepared 1', 'bookings: rollback prepared 2']);
      expect([await rowsOf(accounts, 'accounts', 'name'), await rowsOf(bookings, 'bookings', 'name')]).toEqual([
        [],
        [],
      ]);
      expect([session.inTransaction(), await waiting(accounts)]).toEqual([false, 0]);
    });
  }

  it('names what waits when an engine that has prepared cannot be told to commit', async () => {
    const { Session, accounts, bookings } = await openTwo(database);
    await using session = Session();
    const account = new Account({ name: 'a' });
    session.addAll([account, new Booking({ name: 'b' })]);
    await session.prepare();
    const { rows } = await bookings.execute(
      "select gid from pg_prepared_xacts where database = current_database() and gid like 'hermetic%_2' order by prepared desc limit 1",
    );
    const name = String(rows[0]?.[0]);
    // Somebody decided in our place.
    await bookings.execute(`rollback prepared '${name}'`);
    const error = await rejection(session.commit());
    expect(error).toBeInstanceOf(InDoubtError);
    expect(error).toMatchObject({ code: 'SESSION_IN_DOUBT' });
    expect(error.message).toContain(`could not be told: ${bookings.address}: ${name}.`);
    expect(await rowsOf(accounts, 'accounts', 'name')).toEqual([['a']]);
    expect([inspect(account).state, session.inTransaction(), accounts.pool.status().checkedOut]).toEqual([
      'persistent',
      false,
      0,
    ]);
  });

  it('needs the option for prepare()', async () => {
    const { accounts } = await openTwo(database);
    await using session = sessionFactory(accounts)();
    expect((await rejection(session.prepare())).message).toBe(
      "prepare() needs a session with the option 'twophase'. Make the session with twophase: true, on PostgreSQL. [SESSION_BAD_OPTION]",
    );
  });
});

describe.for(canPrepare ? [] : servers)(
  'two-phase commit on a $name that keeps no prepared transactions',
  (database) => {
    it('is refused with the setting to change where the server keeps no prepared transactions', async () => {
      const { Session } = await openTwo(database);
      await using session = Session();
      session.addAll([new Account({ name: 'a' }), new Booking({ name: 'b' })]);
      const error = await rejection(session.commit());
      expect(error).toBeInstanceOf(SessionOptionError);
      expect(error.message).toContain('Set max_prepared_transactions of that server above 0');
    });
  },
);

describe.for(DATABASES.filter(({ name }) => name === 'sqlite'))('two-phase commit on $name', (database) => {
  it('is refused where the session is made, and on a connection', async () => {
    const engine = await database.createEngine();
    expect(() => sessionFactory(engine, { twophase: true })()).toThrow(
      `The session option 'twophase' cannot work with sqlite (${engine.address}), which cannot prepare a transaction. Leave twophase out, or use PostgreSQL for every engine of the session. [SESSION_BAD_OPTION]`,
    );
    await using connection = await engine.connect();
    expect(await rejection(connection.prepareTransaction('x'))).toMatchObject({ code: 'ENGINE_NO_TWO_PHASE' });
    expect(await rejection(connection.commitPrepared('x'))).toMatchObject({ code: 'ENGINE_NO_TWO_PHASE' });
    expect(await rejection(connection.rollbackPrepared('x'))).toMatchObject({ code: 'ENGINE_NO_TWO_PHASE' });
  });
});
