import { describe, expect, test } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import { inFewWords, open } from '../support/open-session.ts';
import type { Opened } from '../support/open-session.ts';

type Told = readonly [statement: string, options: unknown];

/** What listeners of statements are told from now on. */
function listen({ engine }: Opened): Told[] {
  const told: Told[] = [];
  engine.on('statement', ({ sql, executionOptions }) => told.push([inFewWords(sql), executionOptions]));
  return told;
}

for (const database of DATABASES) {
  describe(`execution options on ${database.name}`, () => {
    test('of the factory and the session reach every statement, the flush included', async () => {
      const opened = await open(database, { executionOptions: { tenant: 'a', app: 'shop' } });
      const told = listen(opened);
      await opened.Session.begin((session) => session.add(new User({ name: 'Ada' })), {
        executionOptions: { tenant: 'b' },
      });
      const options = { tenant: 'b', app: 'shop' };
      expect(told).toEqual([
        ['begin', options],
        ['insert users', options],
        ['commit', undefined],
      ]);
    });

    test('of a query and of execute are laid over the session’s, for their own statements only', async () => {
      const opened = await open(database);
      await opened.Session.begin((session) => session.add(new User({ name: 'Ada' })));
      await using session = opened.Session({ executionOptions: { tenant: 'a', page: 0 } });
      await session.get(User, 7);
      const told = listen(opened);
      const query = session.find(User).executionOptions({ page: 1 });
      await query.executionOptions({ sort: 'name' }).with('jobs');
      await query.count();
      await session.execute('select 1 from "users"', [], { executionOptions: { tenant: 'b' } });
      await session.find(User);
      expect(told).toEqual([
        ['select users', { tenant: 'a', page: 1, sort: 'name' }],
        ['select jobs by owner_id', { tenant: 'a', page: 1, sort: 'name' }],
        ['select users', { tenant: 'a', page: 1 }],
        ['select users', { tenant: 'b', page: 0 }],
        ['select users', { tenant: 'a', page: 0 }],
      ]);
    });

    test('of a query hold outside a transaction too', async () => {
      const opened = await open(database, { autocommit: true });
      const told = listen(opened);
      await using session = opened.Session();
      await session.find(User).executionOptions({ report: 'daily' });
      await session.find(User);
      expect(told).toEqual([
        ['select users', { report: 'daily' }],
        ['select users', undefined],
      ]);
    });

    test('are refused when they are no object', async () => {
      const { Session } = await open(database);
      expect(() => Session({ executionOptions: 'fast' as never })).toThrow(
        "The session option 'executionOptions' must be an object.",
      );
    });
  });
}
