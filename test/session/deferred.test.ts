import { describe, expect, test } from 'vitest';

import { mapperOf } from '../../src/mapping/configure.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { SessionOptions } from '../../src/session/session-options.ts';
import { guardColumns } from '../../src/state/column-guard.ts';
import { requireState } from '../../src/state/entity.ts';
import { inspect } from '../../src/state/inspect.ts';
import { makeTransient, makeTransientToDetached } from '../../src/state/make-transient.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { statements } from './object-models.ts';

class Article extends Model('articles', {
  id: t.serial().primaryKey(),
  title: t.text(),
  body: t.text().nullable().deferred(),
  image: t.bytes().nullable().deferred('files'),
  raw: t.json<{ words: number[] }>().nullable().deferred('files'),
  get comments() {
    return many(() => Comment, 'articleId');
  },
}) {}

class Comment extends Model('comments', {
  id: t.serial().primaryKey(),
  text: t.text().deferred(),
  articleId: t.integer(),
  get article() {
    return one(() => Article, 'articleId');
  },
}) {}

async function openArticles(database: TestDatabase, options: SessionOptions = {}) {
  const engine = await database.createEngine();
  await engine.createAll([Article, Comment]);
  const Session = sessionFactory(engine, { models: { Article, Comment }, ...options });
  await Session.begin((session) => {
    const article = new Article({ title: 'one', body: 'long', image: new Uint8Array([1, 2]), raw: { words: [1] } });
    article.comments = [new Comment({ text: 'yes' }), new Comment({ text: 'no' })] as Comment[];
    session.addAll([article, new Article({ title: 'two' })]);
  });
  const recorded = recordStatements(engine);
  return { engine, Session, take: () => statements(recorded.take()) };
}

const PLAIN = 'select "id", "title" from "articles"';

describe.each(DATABASES)('on $name', (database) => {
  test('a deferred column is not read, and says how to read it', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const article = await session.getOne(Article, 1);
    expect(take()).toEqual([`${PLAIN} where "id" = ?`]);
    expect([{ ...article }, JSON.stringify(article)]).toEqual([{ id: 1, title: 'one' }, '{"id":1,"title":"one"}']);
    expect(inspect(article).unloaded).toEqual(['body', 'image', 'raw', 'comments']);
    expect(() => article.body).toThrow(
      /^Attribute 'body' of <Article at 0x[0-9a-f]+> is deferred and not loaded\. Call await session\.load\(object, 'body'\) first, .* \[STATE_NOT_LOADED\]$/,
    );
    await session.close();
    expect(() => article.body).toThrow(
      /^Parent instance <Article at 0x[0-9a-f]+> is not bound to a Session; deferred load operation of attribute 'body' cannot proceed\..* \[STATE_DETACHED\]$/,
    );
  });

  test('a known object is given without SQL although it lacks deferred columns', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const article = await session.getOne(Article, 1);
    take();
    expect([await session.get(Article, 1), take()]).toEqual([article, []]);
    const [comment] = await session.find(Comment).orderBy('id');
    take();
    expect([await comment!.article, take()]).toEqual([article, []]);
  });

  test('a query reads deferred columns along when asked, one by one or by group', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const [one] = await session.find(Article).orderBy('id').undefer('body');
    expect(one!.body).toBe('long');
    expect(() => one!.image).toThrow(/is deferred/);
    const [again] = await session.find(Article).orderBy('id').undeferGroup('files');
    expect([again, again!.body, again!.raw, again!.image]).toEqual([
      one,
      'long',
      { words: [1] },
      new Uint8Array([1, 2]),
    ]);
    expect(take()).toEqual([
      'select "id", "title", "body" from "articles" order by "id" asc',
      'select "id", "title", "image", "raw" from "articles" order by "id" asc',
    ]);
    expect(await session.getOne(Article, 1, { undefer: ['body'] })).toBe(one);
    expect(take()).toEqual([]);
    await session
      .find(Article)
      .where((eb) => eb('body', '=', 'long'))
      .undefer('body')
      .undefer('raw');
    expect(take()).toEqual([
      'select "articles"."id", "articles"."title"'.replaceAll('"articles".', '') +
        ', "body", "raw" from "articles" where "body" = ?',
    ]);
  });

  test('get reads a row again for a deferred column that it is asked for', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const article = await session.getOne(Article, 1);
    article.title = 'edited';
    take();
    await session.noAutoflush(() => session.get(Article, 1, { undefer: ['body'] }));
    expect(take()).toEqual(['select "id", "title", "body" from "articles" where "id" = ?']);
    expect([article.title, article.body]).toEqual(['edited', 'long']);
  });

  test('load and refresh read a deferred column of an object, or of many, in one SELECT', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const articles = await session.find(Article).orderBy('id');
    take();
    expect(await session.load(articles, 'body')).toBe(articles);
    await session.load(articles, 'body');
    expect(articles.map(({ body }) => body)).toEqual(['long', null]);
    expect(take()).toEqual(['select "id", "body" from "articles" where "id" in (?, ?)']);
    await session.refresh(articles[0]!, ['body']);
    expect(take()).toEqual(['select "id", "body" from "articles" where "id" = ?']);
    await session.load(articles, 'comments', 'raw');
    expect((articles[0]!.comments as Comment[]).length).toBe(2);
    expect(take()).toEqual([
      'select "id", "raw" from "articles" where "id" in (?, ?)',
      'select "id", "article_id" from "comments" where "article_id" in (?, ?) order by "id" asc',
    ]);
  });

  test('refresh without names, and expiring, leave deferred columns away', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const article = await session.getOne(Article, 1, { undefer: ['body'] });
    take();
    await session.refresh(article);
    expect(() => article.body).toThrow(/is deferred/);
    await session.load(article, 'body');
    session.expire(article);
    await session.get(Article, 1);
    expect(article.title).toBe('one');
    expect(() => article.body).toThrow(/is deferred/);
    expect(take()).toEqual([
      `${PLAIN} where "id" = ?`,
      'select "id", "body" from "articles" where "id" = ?',
      `${PLAIN} where "id" = ?`,
    ]);
  });

  test('a loaded deferred column stays readable when a later transaction reads the row without it', async () => {
    const { Session } = await openArticles(database);
    await using session = Session();
    const article = await session.getOne(Article, 1, { undefer: ['body'] });
    await session.commit();
    await session.find(Article);
    expect([article.body, session.dirty]).toEqual(['long', []]);
  });

  test('a flush writes a deferred column that was set, and only then', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const [one, two] = await session.find(Article).orderBy('id');
    take();
    await session.flush();
    one!.title = 'edited';
    two!.body = 'written';
    expect(session.dirty).toEqual([one, two]);
    await session.flush();
    expect(take()).toEqual([
      'update "articles" set "title" = ? where "id" = ?',
      'update "articles" set "body" = ? where "id" = ?',
    ]);
    expect([two!.body, inspect(two!).unloaded]).toEqual(['written', ['image', 'raw', 'comments']]);
    await session.flush();
    expect(take()).toEqual([]);
    await session.rollback();
    expect([one!.title, { ...two! }]).toEqual(['one', { id: 2, title: 'two' }]);
  });

  test('a change inside a loaded deferred value is found', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const article = await session.getOne(Article, 1, { undefer: ['raw'] });
    article.raw!.words.push(2);
    take();
    await session.commit();
    expect(take()).toEqual(['update "articles" set "raw" = ? where "id" = ?']);
  });

  test('a new object has what it was given; what it was not is known to be nothing', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const article = new Article({ title: 'new', body: 'given' });
    expect([article.body, article.image]).toEqual(['given', undefined]);
    session.add(article);
    await session.flush();
    take();
    expect([article.body, article.image ?? null, inspect(article).unloaded]).toEqual(['given', null, []]);
    expect(take()).toEqual([]);
  });

  test('many objects of one result have one and the same set of properties', async () => {
    const { Session } = await openArticles(database);
    await using session = Session();
    const articles = await session.find(Article);
    expect(new Set(articles.map((article) => Object.keys(article).join()))).toEqual(new Set(['id,title']));
  });

  test('merge compares a deferred column that it is given, in the same SELECT', async () => {
    const { Session, take } = await openArticles(database);
    await using session = Session();
    const merged = await session.merge(new Article({ id: 1, title: 'one', body: 'long' }));
    expect(take()).toEqual(['select "id", "title", "body" from "articles" where "id" = ?']);
    await session.commit();
    expect([take(), merged.body]).toEqual([[], 'long']);
    await session.merge(new Article({ id: 1, title: 'one', body: 'longer' }));
    await session.commit();
    expect(take().at(-1)).toBe('update "articles" set "body" = ? where "id" = ?');
  });

  test('an object made transient simply lacks what was not loaded', async () => {
    const { Session } = await openArticles(database);
    await using session = Session();
    const article = await session.getOne(Article, 1);
    makeTransient(article);
    expect([article.body, { ...article }]).toEqual([undefined, { id: 1, title: 'one' }]);
  });

  test('an unknown column or group is refused by name', async () => {
    const { Session } = await openArticles(database);
    await using session = Session();
    expect(() => session.find(Article).undefer('bdoy' as 'body')).toThrow(/undefer: Article has no column 'bdoy'/);
    expect(() => session.find(Article).undeferGroup('texts')).toThrow(
      /Article has no group 'texts' of deferred columns\. Use one of: files\./,
    );
    expect(() => session.find(Comment).undeferGroup('texts')).toThrow(/Name one where the column is declared/);
  });
});

test('a deferred key is a fault of the mapping', () => {
  class Bad extends Model('bad', { id: t.integer().primaryKey().deferred() }) {}
  expect(() => mapperOf(Bad)).toThrow(/Bad\.id is part of the primary key and deferred/);
});

test('the guard of an object that is held weakly lets deferred columns be, and ends when one is set', () => {
  const article = new Article({ id: 1, title: 'one' });
  makeTransientToDetached(article);
  const state = requireState(article);
  let lifted = 0;
  guardColumns(state, new WeakRef(state), () => lifted++);
  expect([{ ...article }, state.guard === undefined, lifted]).toEqual([{ id: 1, title: 'one' }, false, 0]);
  expect(() => article.body).toThrow(/deferred load operation/);
  article.body = 'set';
  expect([{ ...article }, state.guard, lifted]).toEqual([{ id: 1, title: 'one', body: 'set' }, undefined, 1]);
});
