import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';

import { globalFilter, many, Model, one, sessionFactory, Submodel, t } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { rowsOf } from '../support/open-session.ts';
import { openModels } from './open-staff.ts';

/** A tree of files and folders, in two tables, with tags. */
class Entry extends Model(
  'entries',
  {
    id: t.serial().primaryKey(),
    kind: t.text(),
    name: t.text(),
    hidden: t.boolean().default(false),
    folderId: t.integer().nullable(),
    get folder() {
      return one(() => Folder, 'folderId');
    },
    get labels() {
      return many(() => Label, { through: 'entry_labels' });
    },
  },
  { discriminator: 'kind' },
) {}

class Folder extends Submodel(Entry, 'folder', {
  colour: t.text().nullable(),
  get entries() {
    return many(() => Entry, 'folderId', { cascade: 'all, delete-orphan' });
  },
}) {}

class Doc extends Submodel(
  Entry,
  'doc',
  {
    size: t.integer(),
    get readers() {
      return many(() => Reader, { through: 'doc_readers', lazy: 'selectin' });
    },
  },
  { table: 'docs' },
) {}

class Label extends Model('labels', {
  id: t.serial().primaryKey(),
  text: t.text(),
  get entries() {
    return many(() => Entry, { through: 'entry_labels' });
  },
}) {}

class Reader extends Model('readers', { id: t.serial().primaryKey(), name: t.text() }) {}

const MODELS = { Entry, Folder, Doc, Label, Reader };

describe.each(DATABASES)('a family of models on $name', (database) => {
  async function withTree() {
    const opened = await openModels(database, MODELS);
    await opened.Session.begin(async (session) => {
      const red = new Label({ text: 'red' });
      const root = new Folder({ name: 'root', labels: [red] });
      const sub = new Folder({ name: 'sub', folder: root, colour: 'blue' });
      const a = new Doc({ name: 'a', size: 1, folder: root, labels: [red], readers: [new Reader({ name: 'Ada' })] });
      const b = new Doc({ name: 'b', size: 2, folder: sub, hidden: true });
      session.addAll([root, sub, a, b]);
    });
    opened.took();
    return opened;
  }

  test('is loaded as a tree', async () => {
    const { Session } = await withTree();
    await using session = Session();
    const root = await session.find(Folder).where('name', '=', 'root').with('entries').one();
    expect(root.entries.map((each) => [each.constructor, each.name])).toEqual([
      [Doc, 'a'],
      [Folder, 'sub'],
    ]);
    const [again] = await session
      .find(Folder)
      .where('folderId', 'is', null)
      .with({ entries: (rows) => rows.with('folder') });
    expect(again).toBe(root);
  });

  test('loads a relationship of one class lazily for the objects of that class alone', async () => {
    const { Session, took } = await withTree();
    await using session = Session();
    const [a, b, root, sub] = await session.find(Entry).orderBy('name');
    if (!(root instanceof Folder && sub instanceof Folder && a instanceof Doc && b instanceof Doc)) throw new Error();
    took();
    expect((await root.entries).map(({ name }) => name)).toEqual(['a', 'sub']);
    expect((await sub.entries).map(({ name }) => name)).toEqual(['b']);
    expect(took()).toEqual(['select entries by folder_id']);
    expect((await a.readers).map(({ name }) => name)).toEqual(['Ada']);
    expect(await b.readers).toEqual([]);
    expect(took()).toHaveLength(1);
  });

  test('has many-to-manys of the parent and of a subclass', async () => {
    const { engine, Session, took } = await withTree();
    await using session = Session();
    const docs = await session.find(Doc).with('labels').orderBy('name');
    expect(docs.map(({ labels }) => labels.map(({ text }) => text))).toEqual([['red'], []]);
    expect(took()).toHaveLength(3);
    const [a] = docs;
    expect((await a?.readers)?.map(({ name }) => name)).toEqual(['Ada']);
    expect(took()).toEqual([]);
    const [red] = await session.find(Label).with('entries');
    expect(red?.entries.map((each) => each.constructor)).toEqual([Folder, Doc]);
    if (a !== undefined) await session.delete(a);
    await session.commit();
    expect(await rowsOf(engine, 'entry_labels', 'entry_id')).toEqual([[1]]);
    expect(await rowsOf(engine, 'docs', 'size')).toEqual([[2]]);
  });

  test('is paged, counted, projected and asked for by SQL of the program', async () => {
    const { Session } = await withTree();
    await using session = Session();
    const first = await session.find(Entry).orderBy('name').page({ size: 3 });
    expect(first.items.map(({ name }) => name)).toEqual(['a', 'b', 'root']);
    const second = await session
      .find(Entry)
      .orderBy('name')
      .page({ size: 3, after: first.next ?? undefined });
    expect(second.items.map((each) => [each.constructor, each.name])).toEqual([[Folder, 'sub']]);
    const parts = await session.find(Doc).columns('name', 'size').orderBy('size');
    expect(parts.map(({ name, size }) => [name, size])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    const names = await session.find(Entry).columns('name').orderBy('name');
    expect(names.map(({ name, constructor }) => [name, constructor])).toContainEqual(['a', Doc]);
    const given = await session.entities(Folder, sql`select * from entries where kind = 'folder' order by id`);
    expect(given.map(({ name, colour }) => [name, colour])).toEqual([
      ['root', null],
      ['sub', 'blue'],
    ]);
  });

  test('is filtered with the model that its classes extend', async () => {
    const { engine } = await withTree();
    const filter = globalFilter('visible', [Entry], (rows) => rows.where('hidden', '=', false));
    const Session = sessionFactory(engine, { models: MODELS, filters: [filter] });
    await using session = Session();
    expect((await session.find(Doc)).map(({ name }) => name)).toEqual(['a']);
    expect(await session.find(Entry).count()).toBe(3);
    expect(
      await session
        .find(Folder)
        .any('entries', (rows) => rows.where('name', '=', 'b'))
        .count(),
    ).toBe(0);
  });

  test('follows updates and deletes by conditions in memory', async () => {
    const { Session, took } = await withTree();
    await using session = Session();
    const [a, b, root, sub] = await session.find(Entry).orderBy('name');
    took();
    expect(
      await session.find(Entry).where('hidden', '=', true).update({ name: 'B' }, { synchronize: 'evaluate' }),
    ).toBe(1);
    expect([root?.name, sub?.name, a?.name, b?.name]).toEqual(['root', 'sub', 'a', 'B']);
    expect(await session.find(Folder).where('colour', '=', 'blue').update({ colour: 'green' })).toBe(1);
    expect(sub).toMatchObject({ colour: 'green' });
    expect(took()).toEqual(['update entries name', 'update entries colour']);
  });

  test('lets a new object take over the row of a deleted one of its class', async () => {
    const { engine, Session } = await withTree();
    await Session.begin(async (session) => {
      const doc = await session.find(Doc).where('name', '=', 'b').one();
      await session.delete(doc);
      session.add(new Doc({ id: doc.id, name: 'c', size: 9 }));
    });
    expect(await rowsOf(engine, 'docs', 'size')).toEqual([[1], [9]]);
    expect((await rowsOf(engine, 'entries', 'name')).flat()).toContain('c');
  });

  test('moves members, and deletes orphans of any class', async () => {
    const { engine, Session } = await withTree();
    await Session.begin(async (session) => {
      const [root] = await session.find(Folder).where('name', '=', 'root').with('entries');
      const a = root?.entries.find(({ name }) => name === 'a');
      root?.entries.splice(root.entries.indexOf(a as Entry), 1);
    });
    expect((await rowsOf(engine, 'entries', 'name')).flat()).toEqual(['b', 'root', 'sub']);
    expect(await rowsOf(engine, 'docs', 'size')).toEqual([[2]]);
  });
});
