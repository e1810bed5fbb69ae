// A program of somebody else's: compiled against the packed package by every TypeScript that is supported, then run.
import { createEngine, many, Model, one, scopedSession, sessionFactory, t } from 'hermetic';

export class Author extends Model('authors', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get books() {
    return many(() => Book, 'authorId', { cascade: 'all, delete-orphan' });
  },
}) {
  get initial(): string {
    return this.name.slice(0, 1);
  }
}

export class Book extends Model('books', {
  id: t.serial().primaryKey(),
  title: t.text(),
  authorId: t.integer(),
  get author() {
    return one(() => Author, 'authorId');
  },
}) {}

const engine = createEngine('sqlite::memory:');
await engine.createAll([Author, Book]);
const Session = sessionFactory(engine, { models: { Author, Book } });

await Session.begin(async (session) => {
  session.add(new Book({ title: 'Notes', author: new Author({ name: 'Ada' }) }));
});

const db = scopedSession(Session);
await db.run(async () => {
  const [book] = await db.find(Book).where('title', '=', 'Notes').with('author');
  const title: string | undefined = book?.title;
  const initial: string | undefined = book?.author.initial;
  console.log(`${title} by ${initial}, connections out: ${engine.pool.status().checkedOut}`);
});
console.log(`connections out: ${engine.pool.status().checkedOut}`);
await engine.dispose();
