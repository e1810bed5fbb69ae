import { describe, expect, it } from 'vitest';

import { HermeticError, scopedSession } from '../../src/index.ts';
import { OBJECT_EVENTS, SESSION_EVENTS } from '../../src/session/session-events.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';
import { gate } from '../support/scripted-connector.ts';
import { BOUNDARIES, FLUSH, rowsIn, setRows, settledSoon, stageOn, STATEMENTS } from '../support/session-operations.ts';
import type { Operation, Stage } from '../support/session-operations.ts';

const [sqlite] = DATABASES;
const EVENTS = [...SESSION_EVENTS, ...OBJECT_EVENTS];
const OPERATIONS = { ...STATEMENTS, ...FLUSH, ...BOUNDARIES };
type Event = (typeof EVENTS)[number];

/** Where SQL is refused. */
const CLOSED = new Set<Event>(['afterCommit', 'afterRollback', 'transactionEnd']);
const isMove = (event: Event): boolean => event.includes('To') || event === 'loadedAsPersistent';
/** Events in the course of a flush. */
const FLUSHING = new Set<Event>(EVENTS.filter((event) => /Flush|Insert|Update|Delete$/.test(event)));

/** Makes every event happen, and ends with a session that has nothing left to do. */
async function everything({ session, ada }: Stage): Promise<void> {
  await session.begin(async () => {
    await session.find(User);
    const address = new Address({ street: 'High Street' });
    session.addAll([address, new Address({ street: 'Low Street' })]);
    ada.email = 'ada@example.org';
    await session.flush();
    session.delete(address);
    await session.flush();
    const savepoint = await session.beginNested();
    session.add(new Address({ street: 'Never Street' }));
    await session.flush();
    await savepoint.rollback();
  });
  session.expunge(ada);
  session.add(ada);
  const pending = new Address({ street: 'Pending Street' });
  session.add(pending);
  session.expunge(pending);
  session.delete((await session.find(Address).first())!);
  await session.flush();
  await session.rollback();
  await session.close();
}

function isExpectedToAnswer(event: Event, operation: string): boolean {
  if (CLOSED.has(event) || isMove(event) || operation in BOUNDARIES) return false;
  return operation !== 'flush' || !FLUSHING.has(event);
}

describe('an operation inside a listener', () => {
  it('is answered or refused by name, for every event and every operation, and nothing hangs', async () => {
    const opened = await open(sqlite!);
    const { engine } = opened;
    const found: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const event of EVENTS) {
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        await setRows(engine);
        const pair = `${name} in ${event}`;
        expected[pair] = isExpectedToAnswer(event, name) ? 'answered' : 'refused';
        found[pair] = await playWith(await stageOn(opened), event, name, operation);
        expect(engine.pool.status().checkedOut, pair).toBe(0);
        expect(await rowsIn(engine), pair).toEqual(expect.arrayContaining([['Low Street']]));
      }
    }
    // The object that it would load for has just left the session.
    expected['lazy load in persistentToDetached'] = 'STATE_DETACHED';
    expect(found).toEqual(expected);
  }, 120_000);

  it('is done at once: answers are those of the transaction that waits', async () => {
    const { Session, engine } = await open(sqlite!);
    await setRows(engine);
    await using session = Session();
    const seen: unknown[] = [];
    session.on('afterFlush', async () => {
      seen.push(
        (await session.find(Address)).map(({ street }) => street),
        await session.find(Address).count(),
      );
    });
    session.add(new Address({ street: 'High Street' }));
    const [, count] = await Promise.all([session.flush(), session.find(Address).count()]);
    expect([seen, count]).toEqual([[['High Street'], 1], 1]);
  });

  it('is one of several that it starts together, on one connection', async () => {
    const opened = await open(sqlite!);
    const { engine, Session } = opened;
    await setRows(engine);
    await using session = Session();
    let most = 0;
    session.on('beforeCommit', async () => {
      await Promise.all(Object.values(STATEMENTS).map((operation) => operation(stage)));
      most = Math.max(most, engine.pool.status().checkedOut);
    });
    const stage = { session, ada: await session.getOne(User, 1) };
    await settledSoon(session.commit());
    expect(most).toBe(1);
  });

  it('that is left running is waited for, and what it goes on with waits for its own turn', async () => {
    const { Session, engine } = await open(sqlite!);
    await setRows(engine);
    await using session = Session();
    const order: string[] = [];
    let left = Promise.resolve();
    const remove = session.on('beforeFlush', () => {
      left = (async () => {
        await session.find(User);
        order.push('inner find');
        // The listener has ended by now: this is anybody's call, and waits for the flush.
        await session.commit();
        order.push('late commit');
      })();
    });
    session.add(new Address({ street: 'High Street' }));
    await settledSoon(session.flush().then(() => order.push('flush')));
    remove();
    await settledSoon(left);
    expect(order).toEqual(['inner find', 'flush', 'late commit']);
    expect(session.inTransaction()).toBe(false);
  });

  it('is nobody else: calls of other tasks wait until the operation has ended', async () => {
    const { Session, engine } = await open(sqlite!);
    await setRows(engine);
    await using session = Session();
    const order: string[] = [];
    const { opened, open: openGate } = gate();
    session.on('beforeCommit', async () => {
      await opened;
      await session.find(User);
      order.push('listener');
    });
    const commit = session.commit().then(() => order.push('commit'));
    const find = session.find(User).then(() => order.push('find'));
    openGate();
    await settledSoon(Promise.all([commit, find]));
    expect(order).toEqual(['listener', 'commit', 'find']);
  });

  it('does not share a lazy load with a task that waits for its turn', async () => {
    const opened = await open(sqlite!);
    await setRows(opened.engine);
    const { session, ada } = await stageOn(opened);
    const lengths: number[] = [];
    session.on('beforeCommit', async () => void lengths.push(((await ada.jobs) as unknown[]).length));
    const commit = session.commit();
    const outside = (async () => (await ada.jobs) as unknown[])();
    await settledSoon(Promise.all([commit, outside]));
    expect([lengths, (await outside).length]).toEqual([[2], 2]);
    await session.close();
  });

  it('is refused with the names of both operations', async () => {
    const opened = await open(sqlite!);
    await setRows(opened.engine);
    const { session } = await stageOn(opened);
    const messages: string[] = [];
    const refused = async (work: Promise<unknown>): Promise<void> => {
      messages.push(await work.then(String, (error: Error) => error.message.split('. ')[0] ?? ''));
    };
    session.on('beforeFlush', async () => {
      await refused(session.flush());
      await refused(session.commit());
    });
    session.add(new Address({ street: 'High Street' }));
    await session.commit();
    expect(messages).toEqual([
      "Session is already flushing: flush() was called by a 'beforeFlush' listener of the commit() in progress",
      "Method 'commit()' can't be called here; method 'commit()' is already in progress and waits for this 'beforeFlush' listener",
    ]);
    await session.close();
  });

  it('may end a scope of its own only after the listener', async () => {
    const { Session } = await open(sqlite!);
    const db = scopedSession(Session);
    db.on('beforeCommit', () => db.remove());
    const run = db.run(() => db.commit());
    await expect(settledSoon(run)).rejects.toMatchObject({
      code: 'SESSION_REENTRANT_CALL',
      message: expect.stringContaining(
        "Method 'remove()' can't be called here; method 'commit()' is already in progress",
      ),
    });
  });
});

/** Plays everything, with the operation called once, in the first such event. */
async function playWith(stage: Stage, event: Event, name: string, operation: Operation): Promise<string> {
  const { session } = stage;
  let outcome = 'not called';
  await session.rollback();
  const remove = session.on(event, async () => {
    remove();
    outcome = 'hangs';
    outcome = await operation(stage).then(
      () => 'answered',
      (error: unknown) => describeRefusal(error, event, name),
    );
  });
  await settledSoon(everything(stage)).catch((error: unknown) => {
    outcome = `${outcome}, then ${String(error)}`;
  });
  return outcome;
}

function describeRefusal(error: unknown, event: Event, name: string): string {
  if (!(error instanceof HermeticError)) return String(error);
  if (error.code === 'STATE_DETACHED') return error.code;
  const called = name === 'begin block' ? 'begin' : (CALLED_AS[name] ?? name);
  const isNamed = error.message.includes(`${called}()`) && error.message.includes(`'${event}'`);
  return error.code === 'SESSION_REENTRANT_CALL' && isNamed ? 'refused' : `${error.code}: ${error.message}`;
}

/** Operations that go by the name of what they do in the end. */
const CALLED_AS: Readonly<Record<string, string>> = { noAutoflush: 'exists' };
