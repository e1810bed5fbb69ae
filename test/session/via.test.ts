import { describe, expect, test } from 'vitest';

import { configure, many, Model, one, sessionFactory, t, via } from '../../src/index.ts';
import type { SessionFactory, ViaView } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

class Post extends Model('posts', {
  id: t.serial().primaryKey(),
  title: t.text(),
  get postTags() {
    return many(() => PostTag, 'postId', { cascade: 'all, delete-orphan', orderBy: 'rank' });
  },
  get tags() {
    return via('postTags', 'tag', { create: (tag: Tag) => new PostTag({ tag, rank: tag.text.length }) });
  },
  get ranks() {
    return via('postTags', 'rank');
  },
}) {}

class PostTag extends Model('post_tags', {
  id: t.serial().primaryKey(),
  rank: t.integer().default(0),
  postId: t.integer(),
  tagId: t.integer(),
  get post() {
    return one(() => Post, 'postId');
  },
  get tag() {
    return one(() => Tag, 'tagId');
  },
}) {}

class Tag extends Model('tags', {
  id: t.serial().primaryKey(),
  text: t.text(),
  get postTags() {
    return many(() => PostTag, 'tagId');
  },
  get posts() {
    return via('postTags', 'post');
  },
}) {}

const MODELS = { Post, PostTag, Tag };

async function open(
  database: TestDatabase,
): Promise<{ Session: SessionFactory<typeof MODELS>; statements: RecordedStatements }> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(MODELS));
  return { Session: sessionFactory(engine, { models: MODELS }), statements: recordStatements(engine) };
}

const took = (statements: RecordedStatements): string[] =>
  statements
    .take()
    .filter((text) => !/^(begin|commit|rollback)/.test(text))
    .map(inFewWords);

const tagsOf = (post: Post): ViaView<Tag> => post.tags as ViaView<Tag>;
const texts = (tags: readonly Tag[]): string => tags.map(({ text }) => text).join(' ');

describe('a via', () => {
  test('shows the far sides of its collection, as an array that they can be pushed to and removed from', () => {
    const [a, bb] = [new Tag({ text: 'a' }), new Tag({ text: 'bb' })];
    const post = new Post({ title: 'p' });
    const tags = tagsOf(post);
    expect([tags.push(a, bb), texts(tags), texts(tagsOf(post)), post.ranks]).toEqual([2, 'a bb', 'a bb', [1, 2]]);
    expect([Array.isArray(tags), tags.includes(a), [...tags], Object.keys(tags)]).toEqual([
      true,
      true,
      [a, bb],
      ['0', '1'],
    ]);
    const made = post.postTags as PostTag[];
    expect(made.map(({ rank, tag, post: owner }) => [rank, tag, owner])).toEqual([
      [1, a, post],
      [2, bb, post],
    ]);
    tags.remove(a, new Tag({ text: 'other' }));
    expect([texts(tags), texts(tagsOf(post)), (post.postTags as PostTag[]).length]).toEqual(['bb', 'bb', 1]);
    made.push(new PostTag({ tag: a, rank: 7 }));
    expect([texts(tagsOf(post)), post.ranks]).toEqual(['bb a', [2, 7]]);
    expect(JSON.stringify(a)).toBe('{"text":"a"}');
  });

  test('takes another list in the place of the one that it shows, and keeps what is in both', () => {
    const [a, b, c] = [...'abc'].map((text) => new Tag({ text }));
    const post = new Post({ title: 'p' });
    tagsOf(post).push(a!, b!);
    const [, kept] = post.postTags as PostTag[];
    post.tags = [b!, c!] as never;
    expect([texts(tagsOf(post)), (post.postTags as PostTag[])[0] === kept]).toEqual(['b c', true]);
  });

  test('makes association objects of the far side alone where nothing else is said', () => {
    const [post, tag] = [new Post({ title: 'p' }), new Tag({ text: 't' })];
    (tag.posts as ViaView<Post>).push(post);
    const [made] = tag.postTags as PostTag[];
    expect([made!.rank, made!.post, tagsOf(post)[0]]).toEqual([0, post, tag]);
  });

  test('refuses what its association objects would not follow', () => {
    const post = new Post({ title: 'p' });
    const tags = tagsOf(post) as unknown as Tag[];
    tags.push(new Tag({ text: 'b' }), new Tag({ text: 'a' }));
    const refusal =
      'What is shown of Post.postTags by a via can be read, pushed to and removed from, and nothing else. Use push(value) and remove(value), or change the collection itself. [STATE_VIA_WRITE]';
    expect(() => tags.reverse()).toThrow(refusal);
    expect(() => (tags.length = 0)).toThrow(refusal);
    expect(() => (tags[0] = new Tag({ text: 'c' }))).toThrow(refusal);
    expect(() => (new Tag({ text: 't' }).posts as unknown as unknown[]).push(post.postTags)).toThrow(
      expect.objectContaining({ code: 'STATE_WRONG_TARGET' }),
    );
    expect(texts(tagsOf(post))).toBe('b a');
  });

  test('is checked with its model', () => {
    class Wrong extends Model('wrong', {
      id: t.serial().primaryKey(),
      get parts() {
        return many(() => Part, 'wrongId');
      },
      get lost() {
        return via('prts', 'name');
      },
      get far() {
        return via('parts', 'nmae');
      },
    }) {}
    class Part extends Model('parts', {
      id: t.serial().primaryKey(),
      name: t.text(),
      wrongId: t.integer().references(() => Wrong),
    }) {}
    let message = '';
    try {
      configure([Wrong]);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(
      "Wrong.lost goes by 'prts', which is no collection of its model that can be read. Did you mean 'parts'",
    );
    expect(message).toContain(
      "Wrong.far shows Part.nmae, which is no column and no relationship to one object. Did you mean 'name'",
    );
  });
});

describe.for(DATABASES)('a via on $name', (database) => {
  test('loads what it shows of all objects with a statement for each step', async () => {
    const { Session, statements } = await open(database);
    await Session.begin((session) => {
      for (const title of ['p', 'q', 'r']) {
        const post = new Post({ title });
        tagsOf(post).push(new Tag({ text: `${title}22` }), new Tag({ text: `${title}1` }));
        session.add(post);
      }
    });
    took(statements);
    await using session = Session();
    const posts = await session.find(Post).orderBy('id');
    const shown: string[] = [];
    for (const post of posts) shown.push(texts(await post.tags));
    expect([shown, took(statements)]).toEqual([
      ['p1 p22', 'q1 q22', 'r1 r22'],
      ['select posts', 'select post_tags by post_id', 'select tags by id'],
    ]);
    await using other = Session();
    const loaded = await other.find(Post).with('postTags.tag').orderBy('id');
    took(statements);
    expect([texts(tagsOf(loaded[0]!)), took(statements)]).toEqual(['p1 p22', []]);
  });

  test('writes association objects, and deletes those that are removed', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const [post, a, b] = [new Post({ title: 'p' }), new Tag({ text: 'a' }), new Tag({ text: 'b' })];
    tagsOf(post).push(a);
    session.addAll([post, b]);
    await session.commit();
    const tags = await post.tags;
    took(statements);
    tags.remove(a);
    tags.push(b);
    await session.commit();
    expect(took(statements).toSorted()).toEqual(['delete post_tags', 'insert post_tags']);
    expect((await session.execute('select tag_id, rank from post_tags')).rows).toEqual([[b.id, 1]]);
  });
});
