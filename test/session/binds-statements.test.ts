import { describe, expect, it } from 'vitest';

import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { rejection } from '../support/rejection.ts';
import { Letter, openTwo, Person } from '../support/two-engines.ts';

describe.for(DATABASES)('statements on several engines on $name', (database) => {
  const both = [database, database] as const;

  it('sends Kysely’s statements to the engine of their tables', async () => {
    const { Session, took } = await openTwo(both);
    await using session = Session();
    session.addAll([new Person({ name: 'ada' }), new Letter({ text: 'hello' })]);
    await session.flush();
    took();
    const letters = await session.sql.selectFrom('letters').select(['text', 'personId']).execute();
    const people = await session.sql.selectFrom('people').select('name').execute();
    expect([letters, people]).toEqual([[{ text: 'hello', personId: null }], [{ name: 'ada' }]]);
    await session.sql.updateTable('letters').set({ text: 'changed' }).execute();
    expect(took()).toEqual(['letters: select letters', 'people: select people', 'letters: update letters ']);
    const joined = session.sql
      .selectFrom('letters')
      .innerJoin('people', 'people.id', 'letters.personId')
      .select('name');
    expect((await rejection(joined.execute())).message).toBe(
      'A statement names tables that live on different engines: letters, people. Query each engine by itself, or load relationships with .with(…), which does. [SESSION_NO_BIND]',
    );
  });

  it('writes rows in bulk on the engine of their model', async () => {
    const { Session, took, letters, rows } = await openTwo(both);
    await using session = Session();
    took();
    await session.insertMany(Letter, [{ text: 'one' }, { text: 'two' }, { text: 'three' }]);
    await session.updateMany(Letter, [{ id: 1, text: 'first' }]);
    await session.upsertMany(Letter, [{ id: 2, text: 'second' }], { conflict: ['id'] });
    expect(await session.find(Letter).where('id', '=', 3).update({ text: 'third' })).toBe(1);
    expect(await session.find(Letter).where('id', '=', 1).delete()).toBe(1);
    await session.commit();
    expect(took().filter((line) => !line.startsWith('letters: '))).toEqual([]);
    expect(await rows(letters, 'letters')).toEqual([
      ['second', null],
      ['third', null],
    ]);
  });

  it('merges onto the engine of each object', async () => {
    const { Session, took } = await openTwo(both);
    await Session.begin((session) =>
      session.add(new Person({ name: 'ada', letters: [new Letter({ text: 'hello' })] })),
    );
    let copy: Letter;
    {
      await using session = Session();
      copy = await session.getOne(Letter, 1);
    }
    copy.text = 'changed';
    await using session = Session();
    took();
    const merged = await session.merge(copy);
    await session.commit();
    expect(merged.text).toBe('changed');
    expect(took().filter((line) => !line.startsWith('letters: '))).toEqual([]);
  });
});

describe.runIf(DATABASES.length > 1)('engines of different databases', () => {
  it('speaks each one’s SQL', async () => {
    const [sqlite, postgres] = DATABASES as [TestDatabase, TestDatabase];
    const { Session, people, letters, rows } = await openTwo([sqlite, postgres]);
    await Session.begin((session) => {
      session.add(new Person({ name: 'ada', letters: [new Letter({ text: 'one' }), new Letter({ text: 'two' })] }));
    });
    await using session = Session();
    const person = await session.getOne(Person, 1, { with: ['letters'] });
    expect(person.letters.map(({ text }) => text)).toEqual(['one', 'two']);
    person.letters[0]!.text = 'changed';
    await session.commit();
    expect([await rows(people, 'people'), await rows(letters, 'letters')]).toEqual(
      [
        [['ada']],
        [
          ['changed', 1],
          ['two', 1],
        ],
      ].map((each) => expect.arrayContaining(each) as unknown[]),
    );
  });
});
