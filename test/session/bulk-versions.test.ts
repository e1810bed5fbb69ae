import { describe, expect, test } from 'vitest';

import { expression, StaleDataError } from '../../src/index.ts';
import type { ModelClass, Session } from '../../src/index.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { DATABASES } from '../support/databases.ts';
import type { TestDatabase } from '../support/databases.ts';

class Counted extends Model('counted', {
  id: t.serial().primaryKey(),
  name: t.text(),
  version: t.integer().version(),
}) {}

let made = 0;

class Stamped extends Model('stamped', {
  id: t.serial().primaryKey(),
  name: t.text(),
  stamp: t.text().version(() => `v${++made}`),
}) {}

class Doubled extends Model('doubled', {
  id: t.serial().primaryKey(),
  name: t.text(),
  version: t.integer().version((previous) => (previous ?? 1) * 2),
}) {}

class Computed extends Model('computed', {
  id: t.serial().primaryKey(),
  size: t.integer(),
  twice: t.integer().generated('size * 2'),
}) {}

class Written extends Model('written', {
  id: t.serial().primaryKey(),
  name: t.text(),
  mark: t.xmin().version(),
}) {}

async function sessionOn(
  database: TestDatabase,
  model: ModelClass,
): Promise<{ session: Session; rows: () => Promise<unknown[][]> }> {
  const engine = await database.createEngine();
  await engine.createAll([model]);
  const session = sessionFactory(engine)();
  return {
    session,
    rows: async () => (await session.execute(`select * from ${model.table} order by 1`)).rows,
  };
}

describe.each(DATABASES)('versions on $name', (database) => {
  test('start at the first and are counted up by updates of rows that nobody read', async () => {
    const { session, rows } = await sessionOn(database, Counted);
    await session.insertMany(Counted, [{ name: 'a' }, { name: 'b' }]);
    expect(await session.find(Counted).where('id', '=', 1).update({ name: 'x' })).toBe(1);
    expect(await rows()).toEqual([
      [1, 'x', 2],
      [2, 'b', 1],
    ]);
    await session.close();
  });

  test('are followed by held objects, which can then be flushed', async () => {
    const { session, rows } = await sessionOn(database, Counted);
    const [a, b] = await session.insertMany(Counted, [{ name: 'a' }, { name: 'b' }], { returning: true });
    await session.find(Counted).update({ name: 'x' });
    await session.upsertMany(Counted, [{ id: 1, name: 'y' }], { conflict: ['id'] });
    await session.updateMany(Counted, [{ id: 2, name: 'z', version: 2 }]);
    expect([a!.version, b!.version]).toEqual([3, 3]);
    a!.name = 'edited';
    b!.name = 'edited';
    await session.flush();
    expect(await rows()).toEqual([
      [1, 'edited', 4],
      [2, 'edited', 4],
    ]);
    await session.rollback();
    expect([a!.version, a!.name]).toEqual([1, 'a']);
    await session.close();
  });

  test('must be those that the rows of updateMany name', async () => {
    const { session } = await sessionOn(database, Counted);
    await session.insertMany(Counted, [{ name: 'a' }]);
    await expect(session.updateMany(Counted, [{ id: 1, name: 'x' }])).rejects.toThrow(
      "rows[0] leaves out 'version', by which rows are found.",
    );
    await expect(session.updateMany(Counted, [{ id: 1, name: 'x', version: 7 }])).rejects.toBeInstanceOf(
      StaleDataError,
    );
    await session.close();
  });

  test('are made anew where they need nothing of the one before', async () => {
    const { session, rows } = await sessionOn(database, Stamped);
    const [a] = await session.insertMany(Stamped, [{ name: 'a' }], { returning: true });
    await session.find(Stamped).update({ name: 'x' }, { synchronize: 'evaluate' });
    expect(await rows()).toEqual([[1, 'x', `v${made}`]]);
    await session.upsertMany(Stamped, [{ id: 1, name: 'y' }], { conflict: ['id'], update: ['name'] });
    expect(await rows()).toEqual([[1, 'y', `v${made}`]]);
    expect(a!.stamp).toBe(`v${made}`);
    await session.updateMany(Stamped, [{ id: 1, name: 'z', stamp: `v${made}` }]);
    expect([await rows(), a!.stamp]).toEqual([[[1, 'z', `v${made}`]], `v${made}`]);
    await session.close();
  });

  test('must be set by the program where they are made from the one before', async () => {
    const { session, rows } = await sessionOn(database, Doubled);
    await session.insertMany(Doubled, [{ name: 'a' }]);
    const problem = "the version 'version' is made from the one before.";
    await expect(session.find(Doubled).update({ name: 'x' })).rejects.toThrow(`update(Doubled): ${problem}`);
    const upsert = session.upsertMany(Doubled, [{ id: 1, name: 'x' }], { conflict: ['id'] });
    await expect(upsert).rejects.toThrow(`upsertMany(Doubled): ${problem}`);
    await session.find(Doubled).update({ name: 'x', version: (eb) => eb('version', '*', 2) });
    await session.updateMany(Doubled, [{ id: 1, name: 'y', version: 4 }]);
    expect(await rows()).toEqual([[1, 'y', 8]]);
    await session.close();
  });

  test('of columns that the database computes come back to held objects', async () => {
    const { session } = await sessionOn(database, Computed);
    const [one, two] = await session.insertMany(Computed, [{ size: 1 }, { size: 2 }], { returning: true });
    expect([one!.twice, two!.twice]).toEqual([2, 4]);
    await session.find(Computed).where('id', '=', 1).update({ size: 10 });
    expect([one!.twice, two!.twice]).toEqual([20, 4]);
    await session.updateMany(Computed, [
      { id: 2, size: 20 },
      { id: 1, size: 5 },
    ]);
    expect([one!.twice, two!.twice]).toEqual([10, 40]);
    await session.upsertMany(Computed, [{ id: 1, size: 7 }], { conflict: ['id'] });
    expect([one!.size, one!.twice]).toEqual([7, 14]);
    await session.find(Computed).update({ size: expression(Computed, (eb) => eb('size', '+', 1)) });
    expect([one!.size, one!.twice, two!.size]).toEqual([8, 16, 21]);
    await expect(session.find(Computed).update({ twice: 1 })).rejects.toThrow("'twice' is computed by the database.");
    await expect(session.insertMany(Computed, [{ size: 1, twice: 1 }])).rejects.toThrow(
      "rows[0] gives 'twice', which the database computes.",
    );
    await session.close();
  });
});

describe.each(DATABASES.filter(({ name }) => name === 'postgres'))('versions on $name', (database) => {
  test("of the database's own making are followed by held objects", async () => {
    const { session } = await sessionOn(database, Written);
    const [a, b] = await session.insertMany(Written, [{ name: 'a' }, { name: 'b' }], { returning: true });
    await session.commit();
    const [before] = await session.find(Written).orderBy('id');
    expect(before).toBe(a);
    const mark = a!.mark;
    await session.find(Written).where('id', '=', 1).update({ name: 'x' });
    expect(a!.mark).not.toBe(mark);
    await session.updateMany(Written, [{ id: 2, name: 'y', mark: b!.mark }]);
    await session.upsertMany(Written, [{ id: 1, name: 'z' }], { conflict: ['id'] });
    expect([a!.name, b!.name, b!.mark]).toEqual(['z', 'y', a!.mark]);
    a!.name = 'edited';
    b!.name = 'edited';
    await session.commit();
    await session.close();
  });
});
