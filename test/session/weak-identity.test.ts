import { setImmediate as macrotask } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { Model, sessionFactory, t } from 'hermetic';
import type { Engine } from 'hermetic';

import { DATABASES, recordStatements } from '../support/databases.ts';

class Reading extends Model('readings', {
  id: t.integer().primaryKey(),
  name: t.text(),
  takenAt: t.timestamp().nullable(),
}) {}

class Tick extends Model('ticks', { id: t.integer().primaryKey() }) {}

/** Enough for two sweeps: what the first one passed over, the second one lets go. */
const ENOUGH = 30_000;

const sqlite = DATABASES.filter((database) => database.name.includes('sqlite')).slice(0, 1);
const collectGarbage = globalThis.gc;

async function fill(engine: Engine, count: number, takenAt = 'null'): Promise<void> {
  await engine.createAll([Reading]);
  const numbers = `with recursive s(v) as (select 1 union all select v + 1 from s where v < ${count}) select v from s`;
  await engine.execute(`insert into readings select v, 'n' || v, ${takenAt} from (${numbers})`);
}

async function collect(rounds = 4): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    collectGarbage?.();
    await macrotask();
  }
}

/** Reads the rows from `from` on, in pages, keeping none. */
async function readThrough(session: ReturnType<ReturnType<typeof sessionFactory>>, from: number): Promise<void> {
  for (let last = from; ;) {
    const page = await session.find(Reading).where('id', '>', last).orderBy('id').limit(2_000);
    const end = page.at(-1);
    if (end === undefined) return;
    last = end.id;
  }
}

for (const database of sqlite) {
  test('reading a million rows through one session keeps memory flat', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Tick]);
    const numbers = 'with recursive s(v) as (select 1 union all select v + 1 from s where v < 1000000) select v from s';
    await engine.execute(`insert into ticks select v from (${numbers})`);
    await using session = sessionFactory(engine)();
    const used: number[] = [];
    for (let last = 0; last < 1_000_000;) {
      const page = await session.find(Tick).where('id', '>', last).orderBy('id').limit(4_000);
      last = page.at(-1)?.id ?? Infinity;
      if (last % 200_000 !== 0) continue;
      await collect(2);
      used.push(process.memoryUsage().heapUsed);
    }
    expect(used).toHaveLength(5);
    expect(used.at(-1)).toBeLessThan((used[0] ?? 0) * 1.2);
    expect([...session].length).toBeLessThan(40_000);
  }, 60_000);

  test('an edit of an object that the session had let go is written, even when the program drops it at once', async () => {
    const engine = await database.createEngine();
    await fill(engine, ENOUGH);
    await using session = sessionFactory(engine)();
    let kept: Reading | null = await session.get(Reading, 1);
    await readThrough(session, 1);
    if (kept !== null) kept.name = 'edited';
    kept = null;
    await collect();
    const statements = recordStatements(engine);
    await session.commit();
    expect(statements.take()).toEqual(['begin immediate', 'update "readings" set "name" = ? where "id" = ?', 'commit']);
  }, 20_000);

  test('a change inside a value that was read before the session let its object go is written', async () => {
    const engine = await database.createEngine();
    await fill(engine, ENOUGH, "'2026-01-01T00:00:00.000Z'");
    await using session = sessionFactory(engine)();
    const date = (await session.get(Reading, 1))?.takenAt;
    await readThrough(session, 1);
    await collect();
    date?.setUTCFullYear(2030);
    await session.commit();
    const { rows } = await engine.execute('select taken_at from readings where id = 1');
    expect(rows).toEqual([[new Date('2030-01-01T00:00:00.000Z')]]);
  }, 20_000);

  test('an object that the session let go is the same object when it is met again, and plain to the eye', async () => {
    const engine = await database.createEngine();
    await fill(engine, ENOUGH);
    await using session = sessionFactory(engine)();
    const kept = await session.getOne(Reading, 1);
    await readThrough(session, 1);
    expect(await session.find(Reading).where('id', '=', 1).one()).toBe(kept);
    expect({ ...kept }).toEqual({ id: 1, name: 'n1', takenAt: null });
    expect(structuredClone(kept)).toEqual({ id: 1, name: 'n1', takenAt: null });
    expect(JSON.stringify(kept)).toBe('{"id":1,"name":"n1","takenAt":null}');
    expect(Object.keys(kept)).toEqual(['id', 'name', 'takenAt']);
  }, 20_000);

  test('a dropped object is read anew', async () => {
    const engine = await database.createEngine();
    await fill(engine, ENOUGH);
    await using session = sessionFactory(engine)();
    await session.get(Reading, 1);
    await readThrough(session, 1);
    await collect();
    const statements = recordStatements(engine);
    expect(await session.get(Reading, 1)).toEqual({ id: 1, name: 'n1', takenAt: null });
    expect(statements.take()).toEqual(['select "id", "name", "taken_at" from "readings" where "id" = ?']);
  }, 20_000);
}
