import { describe, expect, test } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import { Everything, Job, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

const everything = (): Everything =>
  new Everything({
    integer: 1,
    bigint: 1n,
    text: 't',
    varchar: 'v',
    boolean: false,
    real: 1,
    double: 1,
    numeric: '1.50',
    timestamp: new Date(0),
    date: '2026-01-01',
    uuid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
    json: { list: [1], nested: { deep: 'x' } },
    bytes: new Uint8Array([1, 2]),
    colour: 'red',
  });

describe.for(DATABASES)('values that change in place on $name', (database) => {
  test('are found, each by itself', async () => {
    const { Session, took } = await open(database, { tables: [Everything] });
    await using session = Session();
    const row = everything();
    session.add(row);
    await session.commit();
    const changes: [() => void, string][] = [
      [() => row.json.list.push(2), 'json'],
      [() => (row.json.nested.deep = 'y'), 'json'],
      [() => row.timestamp.setTime(5), 'timestamp'],
      [() => (row.bytes[0] = 9), 'bytes'],
    ];
    for (const [change, column] of changes) {
      change();
      expect(session.dirty).toEqual([row]);
      took();
      await session.commit();
      expect([took(), session.dirty]).toEqual([['begin', `update everything ${column}`, 'commit'], []]);
    }
    await using other = Session();
    expect(await other.getOne(Everything, row.id)).toEqual(row);
  });

  test('are found on a row that was read', async () => {
    const { Session, took } = await open(database);
    await Session.begin((session) =>
      session.add(new Job({ title: 'a', payload: { tags: ['x'] }, owner: new User({ name: 'Ada' }) })),
    );
    await using session = Session();
    const job = await session.find(Job).one();
    job.payload!.tags!.push('y');
    took();
    await session.commit();
    expect(took().filter((text) => text !== 'begin')).toEqual(['update jobs payload', 'commit']);
  });

  test('that are equal though written anew are no change', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    await using session = Session();
    const row = everything();
    session.add(row);
    await session.commit();
    row.json = { nested: { deep: 'x' }, list: [1] };
    row.timestamp = new Date(0);
    row.bytes = new Uint8Array([1, 2]);
    row.numeric = '1.5';
    row.uuid = row.uuid.toUpperCase();
    expect([session.dirty, session.isModified(row)]).toEqual([[], false]);
  });

  test('are given back by a rollback', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    await using session = Session();
    const row = everything();
    session.add(row);
    await session.commit();
    row.json.list.push(2);
    await session.flush();
    row.timestamp.setTime(5);
    row.bytes[0] = 9;
    await session.rollback();
    expect([row.json, row.timestamp, row.bytes, session.dirty]).toEqual([
      { list: [1], nested: { deep: 'x' } },
      new Date(0),
      new Uint8Array([1, 2]),
      [],
    ]);
  });

  test('of two objects made from one default are not shared', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const payload = { rows: 1 };
    const user = new User({ name: 'Ada', jobs: [new Job({ title: 'a', payload }), new Job({ title: 'b', payload })] });
    session.add(user);
    await session.commit();
    payload.rows = 2;
    expect(session.dirty.length).toBe(2);
  });
});
