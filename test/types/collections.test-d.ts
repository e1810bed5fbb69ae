import { many, Model, one, t, via } from '../../src/index.ts';
import type { KeyedCollection, Lazy, Loaded } from '../../src/index.ts';
import { same } from './expect.ts';

class Item extends Model('items', {
  id: t.serial().primaryKey(),
  get notes() {
    return many(() => Note, 'itemId', { keyedBy: 'code', cascade: 'all' });
  },
  get plain() {
    return many(() => Note, { orderBy: ['-code', 'id'] });
  },
}) {}

class Note extends Model('notes', {
  id: t.serial().primaryKey(),
  code: t.text(),
  itemId: t.integer(),
  get item() {
    return one(() => Item, 'itemId');
  },
}) {}

export async function readsKeyedCollectionsAsMaps(item: Item, loaded: Loaded<Item, 'notes.item'>): Promise<void> {
  same<typeof item.notes, KeyedCollection<string, Note> | Lazy<KeyedCollection<string, Note>>>();
  const notes = await item.notes;
  same<ReturnType<typeof notes.get>, Note | undefined>();
  notes
    .add(new Note({ code: 'a' }))
    .set('b', new Note({ code: 'b' }))
    .delete('a');
  for (const [code, note] of loaded.notes) same<[typeof code, typeof note.item.id], [string, number]>();
  // @ts-expect-error It may not be loaded.
  item.notes.get('a');
  // @ts-expect-error Its keys are texts.
  notes.get(1);
  // @ts-expect-error Its members are notes.
  notes.add(item);
  same<Awaited<typeof item.plain>, Note[]>();
}

export function takesMembersOrMaps(note: Note): Item[] {
  return [
    new Item({ notes: [note] }),
    new Item({ notes: new Map([['a', note]]), plain: [note] }),
    // @ts-expect-error A plain collection takes no Map.
    new Item({ plain: new Map([['a', note]]) }),
    // @ts-expect-error Nor does a keyed one take other objects.
    new Item({ notes: [new Item()] }),
  ];
}

export function refusesUnknownOptions(): unknown[] {
  return [
    // @ts-expect-error There is no such option.
    many(() => Note, 'itemId', { keydBy: 'code' }),
    // @ts-expect-error Nor such a strategy.
    many(() => Note, { lazy: 'eager' }),
  ];
}

class Account extends Model('accounts', {
  id: t.serial().primaryKey(),
  get events() {
    return many(() => Event, 'accountId', { lazy: 'writeonly' });
  },
}) {}

class Event extends Model('events', { id: t.serial().primaryKey(), accountId: t.integer().nullable() }) {}

export async function writesWithoutReading(account: Account): Promise<void> {
  account.events.add(new Event(), new Event());
  account.events.remove(new Event());
  const [event] = await account.events.query().where('id', '>', 3).limit(1);
  same<typeof event, Event | undefined>();
  new Account({ events: [new Event()] });
  // @ts-expect-error It is never an array.
  account.events.length;
  // @ts-expect-error Its members are events.
  account.events.add(account);
  // @ts-expect-error Events have no such column.
  account.events.query().where('kind', '=', 'x');
}

class Post extends Model('posts', {
  id: t.serial().primaryKey(),
  get postTags() {
    return many(() => PostTag, 'postId');
  },
  get tags() {
    return via('postTags', 'tag', { create: (tag: Tag) => new PostTag({ tag, rank: 1 }) });
  },
  get ranks() {
    return via('postTags', 'rank');
  },
}) {}

class PostTag extends Model('post_tags', {
  id: t.serial().primaryKey(),
  rank: t.integer(),
  postId: t.integer(),
  tagId: t.integer(),
  get post() {
    return one(() => Post, 'postId');
  },
  get tag() {
    return one(() => Tag, 'tagId');
  },
}) {}

class Tag extends Model('tags', { id: t.serial().primaryKey(), text: t.text() }) {}

export async function showsFarSides(post: Post): Promise<void> {
  const tags = await post.tags;
  same<(typeof tags)[number], Tag>();
  const [rank] = await post.ranks;
  same<typeof rank, number | undefined>();
  tags.push(new Tag({ text: 'x' }));
  tags.remove(tags[0]!);
  // @ts-expect-error Posts are no tags.
  tags.push(post);
  // @ts-expect-error It can be read only.
  tags[0] = new Tag({ text: 'y' });
  new Post();
}
