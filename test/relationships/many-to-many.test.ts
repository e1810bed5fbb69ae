import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { openGraph, Person, Post, Tag } from './graph-models.ts';

const names = (post: { tags: unknown }): string[] => (post.tags as Tag[]).map(({ name }) => name).sort();
const titles = (tag: { posts: unknown }): string[] => (tag.posts as Post[]).map(({ title }) => title).sort();
const tag = (name: string): Tag => new Tag({ name });
const PAIRS = 'select post_id, tag_name from post_tags order by 1, 2';

describe('both sides of a many-to-many', () => {
  test('agree after every write', () => {
    const [red, blue] = [tag('red'), tag('blue')];
    const post = new Post({ title: 'one', tags: [red] });
    expect([names(post), titles(red), titles(blue)]).toEqual([['red'], ['one'], []]);
    (blue.posts as Post[]).push(post);
    expect([names(post), titles(blue)]).toEqual([['blue', 'red'], ['one']]);
    post.tags = [blue];
    expect([titles(red), titles(blue)]).toEqual([[], ['one']]);
    post.tags.length = 0;
    expect([titles(red), titles(blue)]).toEqual([[], []]);
  });

  test('agree between objects of one class', () => {
    const [ada, bob] = [new Person({ id: 1 }), new Person({ id: 2 })];
    (ada.following as Person[]).push(bob, ada);
    expect([bob.followers, bob.following, ada.followers]).toEqual([[ada], [], [ada]]);
    (ada.followers as Person[]).pop();
    expect([ada.following, ada.followers]).toEqual([[bob], []]);
  });
});

describe.for(DATABASES)('a many-to-many on $name', (database) => {
  const open = () => openGraph(database, [Post, Tag, Person]);

  test('writes its rows in one statement, once for a pair that both sides know', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const [red, blue] = [tag('red'), tag('blue')];
    const [one, two] = [new Post({ title: 'one', tags: [red, blue] }), new Post({ title: 'two', tags: [blue] })];
    session.addAll([one, two]);
    expect(session.new).toHaveLength(4);
    took();
    await session.commit();
    expect(took()).toEqual(['begin', 'insert posts', 'insert tags', 'insert post_tags', 'commit']);
    expect(await rows(PAIRS)).toEqual([
      [one.id, 'blue'],
      [one.id, 'red'],
      [two.id, 'blue'],
    ]);
  });

  test('writes the net difference of what was loaded', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const [red, blue, green] = [tag('red'), tag('blue'), tag('green')];
    const post = new Post({ title: 'one', tags: [red, blue] });
    session.addAll([post, green]);
    await session.commit();
    took();
    const tags = await post.tags;
    tags.push(green);
    tags.splice(tags.indexOf(red), 1);
    (await blue.posts).pop();
    tags.push(blue);
    expect(session.dirty).toContain(post);
    await session.flush();
    expect(took()).toEqual(['begin', 'delete post_tags', 'insert post_tags']);
    await session.flush();
    expect([took(), session.dirty]).toEqual([[], []]);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([
      [post.id, 'blue'],
      [post.id, 'green'],
    ]);
  });

  test('writes nothing where an object was put in and taken out', async () => {
    const { Session, took } = await open();
    await using session = Session();
    const red = tag('red');
    const post = new Post({ title: 'one' });
    session.addAll([post, red]);
    await session.flush();
    took();
    (post.tags as Tag[]).push(red);
    (red.posts as Post[]).pop();
    expect([await session.flush(), took(), names(post)]).toEqual([undefined, [], []]);
  });

  test('loads for every object of a result in one statement', async () => {
    const { Session, took } = await open();
    await using writer = Session();
    const [red, blue] = [tag('red'), tag('blue')];
    writer.addAll([
      new Post({ title: 'one', tags: [red, blue] }),
      new Post({ title: 'two', tags: [blue] }),
      new Post({ title: 'none' }),
    ]);
    await writer.commit();
    await using session = Session();
    took();
    const posts = await session.find(Post).orderBy('title').with('tags.posts');
    expect(posts.map((post: Post) => [post.title, names(post)])).toEqual([
      ['none', []],
      ['one', ['blue', 'red']],
      ['two', ['blue']],
    ]);
    expect(posts[1]!.tags.map((each: Tag) => titles(each))).toEqual([['one', 'two'], ['one']]);
    expect(took().filter((line) => line.startsWith('select'))).toEqual([
      'select posts',
      'select tags by post_tags,post_id',
      'select posts by post_tags,tag_name',
    ]);
    await using lazy = Session();
    const found = await lazy.find(Post).orderBy('title');
    took();
    for (const post of found) await post.tags;
    expect(took()).toEqual(['select tags by post_tags,post_id']);
  });

  test('loads in parts: conditions, order and a limit for each object', async () => {
    const { Session, took } = await open();
    await using writer = Session();
    const [red, blue, green] = [tag('red'), tag('blue'), tag('green')];
    writer.addAll([
      new Post({ title: 'one', tags: [red, blue, green] }),
      new Post({ title: 'two', tags: [blue, green] }),
    ]);
    await writer.commit();
    await using session = Session();
    took();
    const posts = await session
      .find(Post)
      .orderBy('title')
      .with({ tags: (q) => q.where('name', '!=', 'green').orderBy('name', 'desc').limit(1) });
    expect(posts.map((post) => (post.tags as Tag[]).map(({ name }) => name))).toEqual([['red'], ['blue']]);
    expect(took().filter((line) => line.startsWith('select'))).toHaveLength(2);
    expect(() => (posts[0]!.tags = [])).toThrow(expect.objectContaining({ code: 'STATE_NOT_LOADED' }));
  });

  test('shows what was linked before it was loaded, once', async () => {
    const { Session, took, rows } = await open();
    await using writer = Session();
    writer.add(new Post({ title: 'one', tags: [tag('red'), tag('blue')] }));
    await writer.commit();
    await using session = Session();
    const [red, post] = [await session.getOne(Tag, 'red'), await session.find(Post).one()];
    const two = new Post({ title: 'two', tags: [red] });
    session.add(two);
    took();
    await session.noAutoflush(async () => {
      expect(titles({ posts: await red.posts })).toEqual(['one', 'two']);
      expect(names({ tags: await post.tags })).toEqual(['blue', 'red']);
    });
    expect(took().filter((line) => line.startsWith('insert'))).toEqual([]);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([
      [post.id, 'blue'],
      [post.id, 'red'],
      [two.id, 'red'],
    ]);
  });

  test('writes what was linked to a collection that is never loaded', async () => {
    const { Session, took, rows } = await open();
    await using writer = Session();
    writer.add(tag('red'));
    await writer.commit();
    await using session = Session();
    const red = await session.getOne(Tag, 'red');
    const post = new Post({ title: 'one', tags: [red] });
    session.add(post);
    took();
    await session.commit();
    expect(took().filter((line) => !/begin|commit/.test(line))).toEqual(['insert posts', 'insert post_tags']);
    expect([inspect(red).unloaded, await rows(PAIRS)]).toEqual([['posts'], [[post.id, 'red']]]);
  });

  test('gives up the rows of deleted objects, which leave the collections they are in', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const [red, blue] = [tag('red'), tag('blue')];
    const [one, two] = [new Post({ title: 'one', tags: [red, blue] }), new Post({ title: 'two', tags: [red] })];
    session.addAll([one, two]);
    await session.flush();
    took();
    session.delete(red);
    await session.flush();
    expect(took()).toEqual(['delete post_tags', 'delete tags']);
    expect([names(one), names(two), await session.sql.selectFrom('post_tags').selectAll().execute()]).toMatchObject([
      ['blue'],
      [],
      [{ tag_name: 'blue' }],
    ]);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([[one.id, 'blue']]);
  });

  test('comes back with a rollback', async () => {
    const { Session, rows } = await open();
    await using session = Session();
    const [red, blue, green] = [tag('red'), tag('blue'), tag('green')];
    const one = new Post({ title: 'one', tags: [red, blue] });
    session.addAll([one, green]);
    await session.commit();
    await session.load([one], 'tags');
    (one.tags as Tag[]).push(green);
    const two = new Post({ title: 'two', tags: [red] });
    session.add(two);
    session.delete(blue);
    await session.flush();
    expect(names(one)).toEqual(['green', 'red']);
    await session.rollback();
    expect([names(one), names(two), inspect(two).state, session.dirty]).toEqual([
      ['blue', 'red'],
      ['red'],
      'transient',
      [],
    ]);
    session.add(two);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([
      [one.id, 'blue'],
      [one.id, 'red'],
      [two.id, 'red'],
    ]);
  });

  test('comes back with a savepoint', async () => {
    const { Session, rows } = await open();
    await using session = Session();
    const [red, blue] = [tag('red'), tag('blue')];
    const one = new Post({ title: 'one', tags: [red] });
    session.addAll([one, blue]);
    await session.flush();
    const nested = await session.beginNested();
    one.tags = [blue];
    await session.flush();
    expect(titles(blue)).toEqual(['one']);
    await nested.rollback();
    expect([names(one), titles(red), titles(blue)]).toEqual([['red'], ['one'], []]);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([[one.id, 'red']]);
  });

  test('says that a row was gone already, or there already', async () => {
    const { Session, engine } = await open();
    await using session = Session();
    const [red, blue] = [tag('red'), tag('blue')];
    const one = new Post({ title: 'one', tags: [red] });
    session.addAll([one, blue]);
    await session.commit();
    await session.load([one], 'tags');
    await engine.execute(`delete from post_tags`);
    (one.tags as Tag[]).length = 0;
    await expect(session.flush()).rejects.toThrow(
      expect.objectContaining({
        code: 'SESSION_STALE_ROW',
        message: expect.stringContaining(
          "DELETE statement on table 'post_tags' expected to delete 1 row(s); 0 were matched.",
        ),
      }),
    );
    await session.rollback();
    await session.load([one], 'tags');
    await engine.execute(`insert into post_tags (post_id, tag_name) values (${one.id}, 'blue')`);
    (one.tags as Tag[]).push(blue);
    await expect(session.flush()).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
    await session.rollback();
  });

  test('joins objects of one class in both directions', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const [ada, bob, cy] = [1, 2, 3].map((id) => new Person({ id })) as [Person, Person, Person];
    (ada.following as Person[]).push(bob);
    (bob.followers as Person[]).push(cy);
    (cy.following as Person[]).push(cy);
    session.addAll([ada, bob, cy]);
    took();
    await session.commit();
    expect(took()).toEqual(['begin', 'insert people', 'insert follows', 'commit']);
    await using reader = Session();
    const people = await reader.find(Person).orderBy('id').with('following', 'followers');
    expect(
      people.map((each: Person) =>
        [each.following, each.followers].map((list) => (list as Person[]).map(({ id }) => id)),
      ),
    ).toEqual([
      [[2], []],
      [[], [1, 3]],
      [[2, 3], [3]],
    ]);
    reader.delete(people[1]!);
    await reader.commit();
    expect(await rows('select follower_id, followed_id from follows')).toEqual([[3, 3]]);
    expect((people[0]!.following as Person[]).length).toBe(0);
  });

  test('is merged, with what it leads to', async () => {
    const { Session, took, rows } = await open();
    await using writer = Session();
    const [red, blue] = [tag('red'), tag('blue')];
    const post = new Post({ title: 'one', tags: [red] });
    writer.addAll([post, blue]);
    await writer.commit();
    await writer.load([post], 'tags');
    writer.expungeAll();
    post.tags = [blue, tag('new')];
    await using session = Session();
    took();
    const mine = await session.merge(post);
    expect([names(mine), mine === post]).toEqual([['blue', 'new'], false]);
    await session.commit();
    expect(await rows(PAIRS)).toEqual([
      [post.id, 'blue'],
      [post.id, 'new'],
    ]);
  });

  test('forgets what was changed when it expires', async () => {
    const { Session, took } = await open();
    await using session = Session();
    const [red, blue] = [tag('red'), tag('blue')];
    const post = new Post({ title: 'one', tags: [red] });
    session.addAll([post, blue]);
    await session.flush();
    (post.tags as Tag[]).push(blue);
    session.expire(post, ['tags']);
    took();
    await session.flush();
    expect([took(), titles(blue), session.dirty]).toEqual([[], [], []]);
    expect(names({ tags: await post.tags })).toEqual(['red']);
  });

  test('does not link to what is not in the session, and warns', async () => {
    const { Session, rows } = await open();
    await using session = Session();
    const red = tag('red');
    const post = new Post({ title: 'one', tags: [red] });
    session.add(post);
    session.expunge(red);
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    await session.commit();
    expect((await warned).message).toMatch(
      /^<Tag .*> is not in the session, so <Post .*> is not linked to it by Post.tags./,
    );
    expect(await rows(PAIRS)).toEqual([]);
  });
});
