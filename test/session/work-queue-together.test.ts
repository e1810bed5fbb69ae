import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import { Address, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';
import type { Opened } from '../support/open-session.ts';
import {
  BOUNDARIES,
  FLUSH,
  IN_MEMORY,
  outcomeOf,
  rowsIn,
  setRows,
  settledSoon,
  stageOn,
  STATEMENTS,
} from '../support/session-operations.ts';
import type { Operation } from '../support/session-operations.ts';

const [sqlite] = DATABASES;
const OPERATIONS: Readonly<Record<string, Operation>> = { ...STATEMENTS, ...FLUSH, ...BOUNDARIES, ...IN_MEMORY };

interface Play {
  readonly outcomes: readonly unknown[];
  readonly rows: readonly unknown[][];
}

type Start = (names: readonly string[]) => Promise<Play>;

/** Calls the operations on a new session, each when `inTurn` says so, and looks at what came of it. */
async function play(opened: Opened, names: readonly string[], inTurn: boolean): Promise<Play> {
  const { engine } = opened;
  await setRows(engine);
  const stage = await stageOn(opened);
  const run = (name: string): Promise<unknown> => outcomeOf(OPERATIONS[name]!, stage);
  const outcomes: unknown[] = [];
  if (inTurn) for (const name of names) outcomes.push(await run(name));
  else outcomes.push(...(await Promise.all(names.map(run))));
  await stage.session.rollback();
  await stage.session.close();
  expect(engine.pool.status().checkedOut, names.join(', ')).toBe(0);
  return { outcomes, rows: await rowsIn(engine) };
}

function* permutations(positions: readonly number[]): Generator<number[]> {
  if (positions.length < 2) yield [...positions];
  for (const first of positions)
    for (const rest of permutations(positions.filter((each) => each !== first))) yield [first, ...rest];
}

/** Whether a play together looks like some play in turn; the order of the calls is tried first. */
async function isSerial(names: readonly string[], together: Play, inTurn: Start): Promise<boolean> {
  for (const order of permutations(names.map((_, position) => position))) {
    const serial = await inTurn(order.map((position) => names[position]!));
    const outcomes = names.map((_, position) => serial.outcomes[order.indexOf(position)]);
    if (JSON.stringify({ outcomes, rows: serial.rows }) === JSON.stringify(together)) return true;
  }
  return false;
}

/** `begin()` as a handle cannot wait, and `invalidate` does not: what runs loses its connection. */
function isOwnWay(names: readonly string[], outcome: unknown): boolean {
  const { refusal } = outcome as { refusal?: string };
  if (refusal === 'SESSION_OVERLAPPING_CALL') return names[1] === 'begin';
  return refusal === 'POOL_LEASE_RELEASED' && names[1] === 'invalidate';
}

/** Plays in turn, each order once. */
function remembered(opened: Opened): Start {
  const plays = new Map<string, Promise<Play>>();
  return (names) => {
    const key = names.join();
    let known = plays.get(key);
    if (known === undefined) plays.set(key, (known = play(opened, names, true)));
    return known;
  };
}

describe('operations that are started together', () => {
  it('end, two by two, with the answers and rows of one of the two orders', async () => {
    const opened = await open(sqlite!);
    const inTurn = remembered(opened);
    const strange: string[] = [];
    for (const first of Object.keys(OPERATIONS)) {
      for (const second of Object.keys(OPERATIONS)) {
        const names = [first, second];
        const together = await settledSoon(play(opened, names, false), 2_000).catch(String);
        const isRefused = typeof together === 'object' && together.outcomes.some((each) => isOwnWay(names, each));
        const isGood = isRefused || (typeof together === 'object' && (await isSerial(names, together, inTurn)));
        if (!isGood) strange.push(`${names.join(' with ')}: ${JSON.stringify(together)}`);
      }
    }
    expect(strange).toEqual([]);
  }, 120_000);
});

describe.each(DATABASES)('any number of operations together on $name', (database) => {
  it('give the answers and rows of some serial order, on one connection', async () => {
    const opened = await open(database, { engine: { poolSize: 1, maxOverflow: 0, poolTimeout: 5_000 } });
    const inTurn = remembered(opened);
    const names = [
      'get',
      'find',
      'count',
      'lazy load',
      'add',
      'edit',
      'remove',
      'flush',
      'commit',
      'rollback',
      'close',
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...names), { minLength: 2, maxLength: 5 }), async (chosen) => {
        const together = await play(opened, chosen, false);
        expect({ together, isSerial: await isSerial(chosen, together, inTurn) }).toMatchObject({ isSerial: true });
      }),
      { numRuns: database.name === 'sqlite' ? 60 : 25 },
    );
  }, 120_000);
});

describe('autoflush', () => {
  it('is not lost for a task whose query comes during a flush, a commit or another block without autoflush', async () => {
    const { Session, engine } = await open(sqlite!);
    await setRows(engine);
    await using session = Session();
    const added = (): void => session.add(new Address({ street: 'Added' }));
    added();
    const counts = [session.flush(), session.find(Address).count()];
    added();
    counts.push(session.commit(), session.find(Address).count());
    added();
    const quiet = session.noAutoflush(async () => {
      const before = await session.find(Address).count();
      return [before, await session.find(Address).count()];
    });
    const loud = session.find(Address).count();
    expect(await settledSoon(Promise.all([...counts, quiet, loud]))).toEqual([undefined, 3, undefined, 3, [3, 3], 3]);
  });

  it('is off for a block only as long as the block, and only for what it calls', async () => {
    const { Session, engine } = await open(sqlite!);
    await setRows(engine);
    await using session = Session();
    await using other = Session();
    session.add(new Address({ street: 'Added' }));
    other.add(new Address({ street: 'Other' }));
    let later: Promise<number> | undefined;
    let inside: (() => Promise<number>) | undefined;
    const counts = await session.noAutoflush(async () => {
      inside = () => session.find(Address).count();
      later = Promise.resolve().then(async () => {
        await session.find(User);
        await session.find(User);
        await session.find(User);
        return session.find(Address).count();
      });
      return [await session.find(Address).count()];
    });
    expect([counts, await later, await inside?.()]).toEqual([[0], 1, 1]);
    await session.rollback();
    expect(await session.noAutoflush(() => other.find(Address).count())).toBe(1);
  });
});

describe('begin', () => {
  it('as a handle is refused while another task ends the transaction, and says who', async () => {
    const { Session } = await open(sqlite!);
    await using session = Session();
    session.add(new User({ name: 'Ada' }));
    const commit = session.commit();
    expect(() => session.begin()).toThrow(
      expect.objectContaining({
        code: 'SESSION_OVERLAPPING_CALL',
        message: expect.stringContaining(
          "Method 'begin()' can't be called here; method 'commit()', called by another task, is already in progress",
        ),
      }),
    );
    await commit;
    expect(session.begin().isActive).toBe(true);
  });

  it('around a function waits for its turn', async () => {
    const { Session, took } = await open(sqlite!);
    await using session = Session();
    session.add(new User({ name: 'Ada' }));
    const names: string[] = [];
    await Promise.all([
      session.commit(),
      session.begin(async () => {
        names.push(...(await session.find(User)).map(({ name }) => name));
      }),
    ]);
    expect([names, took()]).toEqual([['Ada'], ['begin', 'insert users', 'commit', 'select users']]);
  });
});
