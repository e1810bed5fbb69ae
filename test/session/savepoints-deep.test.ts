import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DatabaseError, UniqueViolation } from '../../src/errors/database-errors.ts';
import { PendingRollbackError } from '../../src/errors/session-errors.ts';
import type { Session } from '../../src/session/session.ts';
import type { TransactionHandle } from '../../src/session/transaction-handle.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import type { MODELS } from '../support/models.ts';
import { Address, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { rejection } from '../support/rejection.ts';

describe.for(DATABASES)('savepoints on $name', (database) => {
  it('flushes before the savepoint, so that earlier work belongs to the outer transaction', async () => {
    const { engine, Session, took } = await open(database);
    took();
    await using session = Session();
    const ada = new User({ name: 'ada' });
    session.add(ada);
    const savepoint = await session.beginNested();
    const bob = new User({ name: 'bob' });
    session.add(bob);
    await session.flush();
    ada.name = 'changed';
    await session.flush();
    await savepoint.rollback();
    expect([ada.name, inspect(ada).state, inspect(bob).state]).toEqual(['ada', 'persistent', 'transient']);
    await session.commit();
    expect(took()).toEqual([
      'begin',
      'insert users',
      'savepoint hermetic_1',
      'insert users',
      'update users name',
      'rollback to savepoint hermetic_1',
      'commit',
    ]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('begins the transaction around the first savepoint, and sends nothing for one in which nothing happens', async () => {
    const { Session, took } = await open(database);
    took();
    await using session = Session();
    const savepoint = await session.beginNested();
    expect([session.inTransaction(), session.inNestedTransaction()]).toEqual([true, true]);
    await savepoint.commit();
    expect([session.inTransaction(), session.inNestedTransaction()]).toEqual([true, false]);
    await session.commit();
    expect([session.inTransaction(), took()]).toEqual([false, []]);
  });

  it('sets the savepoints of a transaction that had no connection yet with its first statement', async () => {
    const { Session, took } = await open(database);
    took();
    await using session = Session();
    const outer = await session.beginNested();
    const inner = await session.beginNested();
    session.add(new User({ name: 'ada' }));
    await inner.commit();
    await outer.rollback();
    await session.commit();
    expect(took()).toEqual([
      'begin',
      'savepoint hermetic_1',
      'savepoint hermetic_2',
      'insert users',
      'release savepoint hermetic_2',
      'rollback to savepoint hermetic_1',
      'commit',
    ]);
  });

  it('gives the handles of the transaction and of the innermost savepoint, always the same ones', async () => {
    const { Session } = await open(database);
    await using session = Session();
    expect([session.getTransaction(), session.getNestedTransaction()]).toEqual([null, null]);
    const root = session.begin();
    expect([session.getTransaction() === root, session.getNestedTransaction()]).toEqual([true, null]);
    const outer = await session.beginNested();
    const inner = await session.beginNested();
    const state = (): boolean[] => [
      session.getTransaction() === root,
      session.getNestedTransaction() === inner,
      session.getNestedTransaction() === outer,
    ];
    expect(state()).toEqual([true, true, false]);
    expect([inner.parent === outer, outer.parent === root, root.parent]).toEqual([true, true, null]);
    expect([inner.isNested, outer.isNested, root.isNested]).toEqual([true, true, false]);
    await inner.commit();
    expect(state()).toEqual([true, false, true]);
    await outer.rollback();
    expect([...state(), session.getNestedTransaction()]).toEqual([true, false, false, null]);
    await root.commit();
    expect([session.getTransaction(), session.getNestedTransaction()]).toEqual([null, null]);
  });

  it('takes what a released savepoint added out of the session when the outer transaction rolls back', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'ada' });
    await session.beginNested(async () => session.add(user));
    expect(inspect(user).state).toBe('persistent');
    await session.rollback();
    expect([inspect(user).state, session.has(user), user.name]).toEqual(['transient', false, 'ada']);
  });

  it('brings back what a released savepoint deleted or changed', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    const [ada, bob] = [new User({ name: 'ada' }), new User({ name: 'bob' })];
    session.addAll([ada, bob]);
    await session.commit();
    await session.beginNested(async () => {
      session.delete(ada);
      bob.name = 'changed';
    });
    expect([inspect(ada).state, bob.name]).toEqual(['deleted', 'changed']);
    await session.rollback();
    expect([inspect(ada).state, session.has(ada), bob.name]).toEqual(['persistent', true, 'bob']);
    expect(await session.get(User, ada.id)).toBe(ada);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob']]);
  });

  it('keeps what was read before the savepoint, and the edits made before it', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'ada', addresses: [new Address({ street: 'first' })] });
    session.add(user);
    await session.commit();
    user.email = 'before';
    (await user.addresses).push(new Address({ street: 'second' }));
    const savepoint = await session.beginNested();
    user.name = 'inside';
    (await user.addresses).push(new Address({ street: 'third' }));
    await session.flush();
    await savepoint.rollback();
    const streets = (await user.addresses).map((address) => address.street);
    expect([user.name, user.email, streets]).toEqual(['ada', 'before', ['first', 'second']]);
  });

  it('rolls everything back when the session rolls back, commits everything when it commits', async () => {
    const { engine, Session, took } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'one' }));
    await session.beginNested();
    session.add(new User({ name: 'two' }));
    await session.flush();
    const lost = await session.beginNested();
    await session.rollback();
    expect([session.inTransaction(), lost.isEnded]).toEqual([false, true]);
    took();
    session.add(new User({ name: 'three' }));
    await session.beginNested();
    session.add(new User({ name: 'four' }));
    const inner = await session.beginNested();
    await session.commit();
    expect([session.inTransaction(), inner.isEnded]).toEqual([false, true]);
    expect(took().at(-1)).toBe('commit');
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['four'], ['three']]);
  });

  it('ends the savepoints inside with the outer handle', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    const outer = await session.beginNested();
    session.add(new User({ name: 'one' }));
    const inner = await session.beginNested();
    session.add(new User({ name: 'two' }));
    await outer.commit();
    expect([inner.isEnded, outer.isEnded, session.inNestedTransaction()]).toEqual([true, true, false]);
    const again = await session.beginNested();
    session.add(new User({ name: 'three' }));
    await session.beginNested();
    session.add(new User({ name: 'four' }));
    await session.flush();
    await again.rollback();
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['one'], ['two']]);
  });

  it('lets the outer transaction commit after a flush failed inside a savepoint', async () => {
    const { engine, Session, took } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'ada', email: 'x' });
    session.add(ada);
    await session.flush();
    took();
    const savepoint = await session.beginNested();
    ada.name = 'lost';
    session.add(new User({ name: 'twice', email: 'x' }));
    const failure = await rejection(session.flush());
    expect(failure).toBeInstanceOf(UniqueViolation);
    expect((await rejection(session.execute('select 1'))).cause).toBe(failure);
    expect(await rejection(savepoint.commit())).toBeInstanceOf(PendingRollbackError);
    await savepoint.rollback();
    expect([session.isActive, ada.name]).toEqual([true, 'ada']);
    ada.name = 'kept';
    await session.commit();
    expect(took()).toEqual([
      'savepoint hermetic_1',
      'update users name',
      'insert users',
      'rollback to savepoint hermetic_1',
      'update users name',
      'commit',
    ]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['kept']]);
  });

  it('tries inserts one by one and keeps those that fit', async () => {
    const { engine, Session } = await open(database);
    const refused: string[] = [];
    await Session.begin(async (session) => {
      for (const [name, email] of [
        ['a', '1'],
        ['b', '1'],
        ['c', '2'],
        ['d', '2'],
      ] as const)
        await session
          .beginNested(() => session.add(new User({ name, email })))
          .catch((error: unknown) => void (error instanceof UniqueViolation && refused.push(name)));
    });
    expect(refused).toEqual(['b', 'd']);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['a'], ['c']]);
  });

  it('recovers from a failed statement of the program by rolling the savepoint back', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'ada' }));
    await rejection(session.beginNested(() => session.execute('insert into users (id, name) values (1, null)')));
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('refuses the session inside a block whose savepoint was rolled back early', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'ada' }));
    await session.beginNested(async (savepoint) => {
      await savepoint.rollback();
      expect(() => session.add(new User({ name: 'late' }))).toThrow("Can't operate on closed transaction");
    });
    session.add(new User({ name: 'bob' }));
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob']]);
  });

  it('restores memory when the server has lost the savepoint, and needs one rollback more', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'ada' });
    session.add(user);
    await session.flush();
    const savepoint = await session.beginNested();
    user.name = 'inside';
    await session.flush();
    await session.execute('release savepoint hermetic_1');
    expect(await rejection(savepoint.rollback())).toBeInstanceOf(DatabaseError);
    expect([user.name, savepoint.isEnded, session.isActive]).toEqual(['ada', true, false]);
    expect(await rejection(session.execute('select 1'))).toBeInstanceOf(PendingRollbackError);
    await session.rollback();
    expect([session.isActive, inspect(user).state]).toEqual([true, 'transient']);
    session.add(user);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('rolls the whole transaction back although the savepoint is lost', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'ada' });
    const savepoint = await session.beginNested();
    session.add(user);
    await session.flush();
    await session.execute('release savepoint hermetic_1');
    await session.rollback();
    expect([inspect(user).state, savepoint.isEnded, session.isActive]).toEqual(['transient', true, true]);
    expect(await rowsOf(engine, 'users', 'id')).toEqual([]);
  });

  it('rolls a savepoint back that cannot be released, and passes the failure on', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'ada' });
    const attempt = session.beginNested(async () => {
      session.add(user);
      await session.flush();
      await session.execute('release savepoint hermetic_1');
    });
    expect(await rejection(attempt)).toBeInstanceOf(DatabaseError);
    expect([inspect(user).state, session.inNestedTransaction()]).toEqual(['transient', false]);
    await session.rollback();
    expect(session.isActive).toBe(true);
  });
});

interface World {
  readonly session: Session<typeof MODELS>;
  readonly handles: TransactionHandle[];
}

type Move =
  | 'begin'
  | 'nested'
  | 'commit'
  | 'rollback'
  | 'handle commit'
  | 'handle rollback'
  | 'add'
  | 'clash'
  | 'flush';

/** Misuse is refused; what counts is what is open afterwards. */
async function make(move: Move, at: number, { session, handles }: World): Promise<void> {
  const handle = handles[at % Math.max(1, handles.length)];
  if (move === 'begin') handles.push(session.begin());
  if (move === 'nested') handles.push(await session.beginNested());
  if (move === 'commit') await session.commit();
  if (move === 'rollback') await session.rollback();
  if (move === 'handle commit') await handle?.commit();
  if (move === 'handle rollback') await handle?.rollback();
  if (move === 'add') session.add(new User({ name: 'x' }));
  if (move === 'clash') session.add(new User({ name: 'x', email: 'the same' }));
  if (move === 'flush') await session.flush();
}

describe.for(DATABASES)('any order of begin, savepoint, commit and rollback on $name', (database) => {
  it('leaves nothing open after close, and a session that works', async () => {
    const { engine, Session } = await open(database, { engine: { poolSize: 1, maxOverflow: 0 } });
    const moves = fc.constantFrom<Move>(
      'begin',
      'nested',
      'nested',
      'commit',
      'rollback',
      'handle commit',
      'handle rollback',
      'add',
      'clash',
      'flush',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(moves, fc.nat(5)), { maxLength: 14 }), async (sequence) => {
        const session = Session();
        const world = { session, handles: [] };
        for (const [move, at] of sequence) await make(move, at, world).catch(() => {});
        await session.close();
        expect([session.inTransaction(), session.isActive, session.new, session.dirty]).toEqual([false, true, [], []]);
        expect(engine.pool.status().checkedOut).toBe(0);
        session.add(new User({ name: 'after' }));
        await session.commit();
        await engine.execute('delete from users');
      }),
      { numRuns: 60 },
    );
  });
});
