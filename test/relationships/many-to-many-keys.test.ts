import { describe, expect, test } from 'vitest';

import { many } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { makeTransient } from '../../src/state/make-transient.ts';
import { DATABASES } from '../support/databases.ts';
import { openGraph, Post, Tag } from './graph-models.ts';

/** Keys of two columns on one side, and nothing to show from the other. */
class Hall extends Model('halls', {
  town: t.text().primaryKey(),
  number: t.integer().primaryKey(),
  get acts() {
    return many(() => Act, { through: 'hall_acts', orderBy: '-name' });
  },
}) {}

class Act extends Model('acts', { id: t.serial().primaryKey(), name: t.text() }) {}

const names = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name);
const PAIRS = 'select tag_name from post_tags order by 1';

describe.for(DATABASES)('the keys of a many-to-many on $name', (database) => {
  test('may have several columns, on one side without a way back', async () => {
    const { Session, took, rows } = await openGraph(database, [Hall, Act]);
    await using writer = Session();
    const [juggler, singer] = [new Act({ name: 'juggler' }), new Act({ name: 'singer' })];
    writer.addAll([
      new Hall({ town: 'Bath', number: 1, acts: [juggler, singer] }),
      new Hall({ town: 'Bath', number: 2, acts: [juggler] }),
    ]);
    await writer.commit();
    await using session = Session();
    const halls = await session.find(Hall).orderBy('number').with('acts');
    expect(halls.map(({ acts }) => names(acts))).toEqual([['singer', 'juggler'], ['juggler']]);
    took();
    session.delete(halls[1]!.acts[0]!);
    halls[0]!.acts.shift();
    await session.commit();
    expect(took().filter((line) => line.startsWith('delete'))).toEqual([
      'delete hall_acts',
      'delete hall_acts',
      'delete acts',
    ]);
    expect([halls.map(({ acts }) => names(acts)), await rows('select * from hall_acts')]).toEqual([[[], []], []]);
  });

  test('follow an object whose key changes', async () => {
    const { Session, rows } = await openGraph(database, [Post, Tag]);
    await using session = Session();
    const red = new Tag({ name: 'red' });
    const post = new Post({ title: 'one', tags: [red] });
    session.add(post);
    await session.commit();
    red.name = 'crimson';
    await session.commit();
    expect(await rows(PAIRS)).toEqual([['crimson']]);
    await session.load([post], 'tags');
    post.tags = [];
    await session.commit();
    expect(await rows(PAIRS)).toEqual([]);
  });

  test('are free for an object that takes the place of a deleted one', async () => {
    const { Session, rows } = await openGraph(database, [Post, Tag]);
    await using session = Session();
    const [red, post] = [new Tag({ name: 'red' }), new Post({ title: 'one' })];
    session.add(new Post({ title: 'two', tags: [red] }));
    session.add(post);
    await session.flush();
    session.delete(red);
    session.add(new Tag({ name: 'red', posts: [post] }));
    await session.commit();
    expect(await rows('select post_id, tag_name from post_tags')).toEqual([[post.id, 'red']]);
  });

  test('are new for an object that was made transient', async () => {
    const { Session, rows } = await openGraph(database, [Post, Tag]);
    await using session = Session();
    const red = new Tag({ name: 'red' });
    const post = new Post({ title: 'one', tags: [red] });
    session.add(post);
    await session.commit();
    makeTransient(post);
    Object.assign(post, { id: undefined, title: 'copy' });
    session.add(post);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([['red'], ['red']]);
  });

  test('are taken as they are by a merge without loading', async () => {
    const { Session, took } = await openGraph(database, [Post, Tag]);
    await using writer = Session();
    const post = new Post({ title: 'one', tags: [new Tag({ name: 'red' })] });
    writer.add(post);
    await writer.commit();
    await using session = Session();
    took();
    const mine = await session.merge(post, { load: false });
    expect([names(mine.tags), session.dirty, took()]).toEqual([['red'], [], []]);
  });

  test('are written once more after a flush that failed', async () => {
    const { Session, rows } = await openGraph(database, [Post, Tag]);
    await using session = Session();
    const red = new Tag({ name: 'red' });
    session.add(red);
    await session.commit();
    const post = new Post({ title: 'one', tags: [red] });
    session.add(post);
    session.add(new Tag({ name: 'red' }));
    await expect(session.flush()).rejects.toMatchObject({ code: expect.stringMatching(/UNIQUE|IDENTITY/) });
    await session.rollback();
    await session.commit();
    expect([names(await red.posts), await rows(PAIRS)]).toEqual([[], []]);
    session.add(post);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([['red']]);
  });

  test('leave the collections of others where one statement deletes many', async () => {
    const { Session, took, rows } = await openGraph(database, [Post, Tag]);
    await using session = Session();
    const [red, blue] = [new Tag({ name: 'red' }), new Tag({ name: 'blue' })];
    const post = new Post({ title: 'one', tags: [red, blue] });
    session.add(post);
    await session.commit();
    took();
    await session.find(Tag).where('name', '=', 'red').delete();
    expect([took().filter((line) => line.startsWith('delete')), names(post.tags)]).toEqual([['delete tags'], ['blue']]);
    await session.rollback();
    expect(names(post.tags).sort()).toEqual(['blue', 'red']);
    await session.find(Tag).where('name', '=', 'red').delete();
    (await post.tags).push(new Tag({ name: 'green' }));
    await session.commit();
    expect(await rows(PAIRS)).toEqual([['blue'], ['green']]);
  });
});
