import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';

import { HermeticError } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

const QUERIES = ['find', 'entities'] as const;

describe.for(DATABASES)('a query without await on $name', (database) => {
  test.for(QUERIES)('of %s answers catch and finally as a promise does, with one statement each', async (kind) => {
    const { Session, statements } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada' })));
    await using session = Session();
    statements.take();
    const query = kind === 'find' ? session.find(User) : session.entities(User, 'select * from users');
    const names = await query.catch(() => []).then((users) => users.map(({ name }) => name));
    expect(names).toEqual(['Ada']);
    let settled = 0;
    const users = await query.finally(() => settled++);
    expect(users.map(({ name }) => name)).toEqual(['Ada']);
    expect(settled).toBe(1);
    expect(statements.take().filter((text) => text.startsWith('select')).length).toBe(2);
  });

  test.for(QUERIES)('of %s hands its fault to catch, and lets finally pass it on', async (kind) => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const query =
      kind === 'find'
        ? session.find(User).where(() => sql<boolean>`nonsense`)
        : session.entities(User, 'select nonsense from users');
    const isKnown = (error: unknown): boolean => error instanceof HermeticError;
    expect(await query.catch(isKnown)).toBe(true);
    await session.rollback();
    let settled = 0;
    expect(await query.finally(() => settled++).catch(isKnown)).toBe(true);
    expect(settled).toBe(1);
    expect(statements.take().filter((text) => text.includes('nonsense')).length).toBe(2);
  });
});
