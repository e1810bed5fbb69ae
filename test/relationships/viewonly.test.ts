import { describe, expect, test } from 'vitest';

import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { DATABASES } from '../support/databases.ts';
import { openGraph } from './graph-models.ts';

class Writer extends Model('writers', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get books() {
    return many(() => Book, 'writerId', { cascade: 'all' });
  },
  get shelf() {
    return many(() => Book, 'writerId', { viewonly: true, orderBy: '-title' });
  },
  get topics() {
    return many(() => Topic, { through: () => Book, viewonly: true });
  },
}) {}

class Topic extends Model('topics', { id: t.serial().primaryKey(), name: t.text() }) {}

class Book extends Model('books', {
  id: t.serial().primaryKey(),
  title: t.text(),
  writerId: t.integer(),
  topicId: t.integer().nullable(),
  get writer() {
    return one(() => Writer, 'writerId');
  },
  get topic() {
    return one(() => Topic, 'topicId');
  },
  get seenWriter() {
    return one(() => Writer, 'writerId', { viewonly: true });
  },
}) {}

describe('a viewonly relationship', () => {
  test.each([
    ['assigned', (writer: Writer) => void (writer.shelf = [])],
    ['pushed to', (writer: Writer) => void (writer.shelf as Book[]).push(new Book({ title: 'x', writer }))],
    ['given', (writer: Writer) => void new Book({ title: 'x', writer, seenWriter: writer })],
    ['cleared', (writer: Writer) => void ((writer.topics as Topic[]).length = 0)],
  ])('refuses to be %s', (_, change) => {
    expect(() => change(new Writer({ name: 'Ada' }))).toThrow(
      expect.objectContaining({
        code: 'STATE_VIEWONLY',
        message: expect.stringMatching(/^\w+\.\w+ is viewonly: it cannot be changed\./),
      }),
    );
  });
});

describe.for(DATABASES)('viewonly relationships on $name', (database) => {
  test('are read, never written, and cascade nothing', async () => {
    const { Session, took, rows } = await openGraph(database, [Writer, Topic, Book]);
    await using session = Session();
    const ada = new Writer({ name: 'Ada' });
    const topic = new Topic({ name: 'code' });
    session.addAll([new Book({ title: 'a', writer: ada, topic }), new Book({ title: 'b', writer: ada, topic })]);
    await session.commit();
    await using reader = Session();
    const writer = await reader.find(Writer).with('shelf.seenWriter', 'topics').one();
    expect([
      writer.shelf.map(({ seenWriter }) => seenWriter === writer),
      writer.topics.map(({ name }) => name),
    ]).toEqual([[true, true], ['code']]);
    took();
    reader.delete(writer);
    await reader.commit();
    expect(took()).toEqual(
      ['select books by writer_id', 'delete books', 'delete writers', 'commit'].flatMap((line, at) =>
        at === 1 && database.name === 'sqlite' ? ['begin', line] : [line],
      ),
    );
    expect(await rows('select title from books')).toEqual([]);
  });
});
