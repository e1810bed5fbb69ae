import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Engine, LoadStrategy, SessionFactory } from '../../src/index.ts';
import { createEngine, many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';

// Random graphs and random trees of `with`: however they are read, the same must come of it.

class Author extends Model('authors', {
  id: t.integer().primaryKey(),
  rank: t.integer(),
  mentorId: t.integer().nullable(),
  get mentor() {
    return one(() => Author, 'mentorId', { backPopulates: 'pupils' });
  },
  get pupils() {
    return many(() => Author, 'mentorId', { orderBy: '-rank' });
  },
  get posts() {
    return many(() => Post, 'authorId');
  },
  get profile() {
    return one(() => Profile, { foreignKey: 'authorId' });
  },
}) {}

class Profile extends Model('profiles', {
  id: t.integer().primaryKey(),
  rank: t.integer(),
  authorId: t.integer().unique(),
  get author() {
    return one(() => Author, 'authorId');
  },
}) {}

class Post extends Model('posts', {
  id: t.integer().primaryKey(),
  rank: t.integer(),
  authorId: t.integer().nullable(),
  get author() {
    return one(() => Author, 'authorId');
  },
  get tags() {
    return many(() => Tag, { through: 'post_tags' });
  },
}) {}

class Tag extends Model('tags', {
  id: t.integer().primaryKey(),
  rank: t.integer(),
  get posts() {
    return many(() => Post, { through: 'post_tags' });
  },
}) {}

const MODELS = { Author, Profile, Post, Tag };
type Name = keyof typeof MODELS;

/** Relationship → its target, and whether it holds many. */
const RELATIONSHIPS: Record<Name, Record<string, { readonly target: Name; readonly isMany: boolean }>> = {
  Author: {
    mentor: { target: 'Author', isMany: false },
    pupils: { target: 'Author', isMany: true },
    posts: { target: 'Post', isMany: true },
    profile: { target: 'Profile', isMany: false },
  },
  Profile: { author: { target: 'Author', isMany: false } },
  Post: { author: { target: 'Author', isMany: false }, tags: { target: 'Tag', isMany: true } },
  Tag: { posts: { target: 'Post', isMany: true } },
};

/** Which part of a relationship is read. */
interface Part {
  readonly above: number | undefined;
  readonly isByRank: boolean;
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** By `Author.posts`: one object has one part of a relationship, however often it is met. */
type Parts = Readonly<Record<string, Part>>;

interface Load extends Part {
  readonly tree: Tree;
}

type Tree = Readonly<Record<string, Load>>;

/** Relationships, and what is read of theirs. */
interface Names extends Readonly<Record<string, Names>> {}

interface Graph {
  readonly authors: readonly { readonly rank: number; readonly mentor: number | null; readonly hasProfile: boolean }[];
  readonly posts: readonly {
    readonly rank: number;
    readonly author: number | null;
    readonly tags: readonly number[];
  }[];
  readonly tags: readonly number[];
}

const rank = fc.integer({ min: 0, max: 4 });
/** Given half of the time. */
const option = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

function partOf(isMany: boolean): fc.Arbitrary<Part> {
  const few = (max: number): fc.Arbitrary<number | undefined> =>
    isMany ? option(fc.integer({ min: 0, max })) : fc.constant(undefined);
  return fc.record({
    above: option(rank),
    isByRank: isMany ? fc.boolean() : fc.constant(false),
    limit: few(2),
    offset: few(1),
  });
}

const parts: fc.Arbitrary<Parts> = fc.record(
  Object.fromEntries(
    Object.entries(RELATIONSHIPS).flatMap(([name, relationships]) =>
      Object.entries(relationships).map(([property, { isMany }]) => [`${name}.${property}`, partOf(isMany)]),
    ),
  ),
);

function namesOf(name: Name, depth: number): fc.Arbitrary<Names> {
  if (depth === 0) return fc.constant({});
  const chosen = Object.entries(RELATIONSHIPS[name]).map(([property, { target }]) =>
    option(namesOf(target, depth - 1)).map((names): Names => (names === undefined ? {} : { [property]: names })),
  );
  return fc.tuple(...chosen).map((all): Names => Object.assign({}, ...all) as Names);
}

function treeOf(name: Name, names: Names, all: Parts): Tree {
  const loads = Object.entries(names).map(([property, below]): [string, Load] => {
    const target = RELATIONSHIPS[name][property]!.target;
    return [property, { ...all[`${name}.${property}`]!, tree: treeOf(target, below, all) }];
  });
  return Object.fromEntries(loads);
}

const trees = fc.tuple(namesOf('Author', 3), parts).map(([names, all]) => treeOf('Author', names, all));

const graphs: fc.Arbitrary<Graph> = fc.record({
  authors: fc.array(fc.record({ rank, mentor: fc.option(fc.nat(7)), hasProfile: fc.boolean() }), {
    minLength: 1,
    maxLength: 7,
  }),
  posts: fc.array(
    fc.record({ rank, author: fc.option(fc.nat(6)), tags: fc.uniqueArray(fc.nat(3), { maxLength: 3 }) }),
    { maxLength: 9 },
  ),
  tags: fc.array(rank, { minLength: 4, maxLength: 4 }),
});

async function write(engine: Engine, Session: SessionFactory<typeof MODELS>, graph: Graph): Promise<void> {
  for (const table of ['post_tags', 'posts', 'tags', 'profiles']) await engine.execute(`delete from ${table}`);
  await engine.execute('update authors set mentor_id = null');
  await engine.execute('delete from authors');
  await Session.begin((session) => {
    const authors = graph.authors.map((each, id) => new Author({ id, rank: each.rank }));
    graph.authors.forEach(({ mentor, hasProfile, rank: place }, id) => {
      const above = authors[mentor ?? -1];
      if (above !== undefined && mentor !== null && mentor < id) authors[id]!.mentor = above;
      if (hasProfile) session.add(new Profile({ id, rank: place, author: authors[id]! }));
    });
    const tags = graph.tags.map((place, id) => new Tag({ id, rank: place }));
    const posts = graph.posts.map(
      (each, id) =>
        new Post({
          id,
          rank: each.rank,
          author: authors[each.author ?? -1] ?? null,
          tags: each.tags.map((at) => tags[at]!),
        }),
    );
    session.addAll([...authors, ...tags, ...posts]);
  });
}

/** What `RelatedQuery` has of this, for any model. */
interface Related {
  where(column: 'rank', operator: '>', value: number): Related;
  orderBy(column: 'rank'): Related;
  limit(count: number): Related;
  offset(count: number): Related;
  with(loads: object): Related;
}

function loadsOf(tree: Tree): Record<string, (related: Related) => Related> {
  return Object.fromEntries(
    Object.entries(tree).map(([property, { above, isByRank, limit, offset, tree: below }]) => {
      const build = (related: Related): Related => {
        let built = related.with(loadsOf(below));
        if (above !== undefined) built = built.where('rank', '>', above);
        if (isByRank) built = built.orderBy('rank');
        if (limit !== undefined) built = built.limit(limit);
        return offset === undefined ? built : built.offset(offset);
      };
      return [property, build];
    }),
  );
}

/** What is loaded along a tree, as plain data. */
function snapshot(object: object, tree: Tree): unknown {
  const { id, ...values } = object as Record<string, unknown>;
  const related = Object.entries(tree).map(([property, load]) => {
    const value: unknown = Reflect.get(object, property);
    if (value === null) return [property, null];
    if (Array.isArray(value)) return [property, value.map((each) => snapshot(each as object, load.tree))];
    return [property, snapshot(value as object, load.tree)];
  });
  return { id, ...values, related: Object.fromEntries(related) as object };
}

const size = (tree: Tree): number => Object.values(tree).reduce((sum, load) => sum + 1 + size(load.tree), 0);

async function openEmpty(database: TestDatabase): Promise<{ engine: Engine; Session: SessionFactory<typeof MODELS> }> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(MODELS));
  return { engine, Session: sessionFactory(engine, { models: MODELS }) };
}

test('the side of a one-to-one without the key takes no order and no limit', async () => {
  const Session = sessionFactory(createEngine('sqlite::memory:'), { models: MODELS });
  await using session = Session();
  const loads: object = { profile: (profile: Related) => profile.limit(1) };
  expect(() => session.find(Author).with(loads)).toThrow("limit: 'profile' leads to one object");
});

describe.for(DATABASES)('random graphs on $name', (database) => {
  test('come out alike by every strategy, in one statement for each level or in one', async () => {
    const { engine, Session } = await openEmpty(database);
    const statements = recordStatements(engine);
    const cases = fc.record({ graph: graphs, asked: fc.array(trees, { minLength: 3, maxLength: 3 }) });
    const property = fc.asyncProperty(cases, async ({ graph, asked }) => {
      await write(engine, Session, graph);
      for (const tree of asked) {
        const read = async (strategy: LoadStrategy): Promise<unknown[]> => {
          await using session = Session();
          statements.take();
          const query = session.find(Author).orderBy('rank', 'desc').orderBy('id').limit(5).strategy(strategy);
          const authors = await query.with(loadsOf(tree));
          const count = statements.take().filter((text) => text !== 'begin').length;
          expect(count).toBeLessThanOrEqual(strategy === 'selectin' ? 1 + size(tree) : 1);
          return (authors as object[]).map((author) => snapshot(author, tree));
        };
        const expected = await read('selectin');
        expect(await read('json')).toEqual(expected);
        expect(await read('joined')).toEqual(expected);
      }
    });
    await fc.assert(property, { seed: 20_261_122, numRuns: 25 });
  }, 60_000);
});
