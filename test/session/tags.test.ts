import { describe, expect, test } from 'vitest';

import { QueryArgumentError, SessionOptionError } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

describe.for(DATABASES)('tags on $name', (database) => {
  test('stand in a comment before a query and what it reads along', async () => {
    const { Session, statements } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'x' })] })));
    statements.take();
    await using session = Session();
    const users = session.find(User).tag('report').tag('page 1', 'weekly');
    expect((await users.with('jobs').strategy('selectin'))[0]?.jobs.length).toBe(1);
    expect(await users.count()).toBe(1);
    await session.find(User).first();
    const texts = statements.take().filter((text) => text.includes('select'));
    expect(texts.map((text) => text.replace(/select.*/, ''))).toEqual([
      '/* report, page 1, weekly */ ',
      '/* report, page 1, weekly */ ',
      '/* report, page 1, weekly */ ',
      '',
    ]);
  });

  test('of a session stand before all its statements, writes and texts too, but not BEGIN and COMMIT', async () => {
    const { Session, statements } = await open(database, { tags: ['nightly'] });
    await Session.begin(async (session) => {
      session.add(new User({ name: 'Ada' }));
      await session.flush();
      await session.find(User).tag('check').where('name', '=', 'Ada').update({ email: 'ada@x' });
      await session.execute('select 1');
      await session.sql.selectFrom('users').select('id').execute();
    });
    const [begin, ...texts] = statements.take().filter((text) => !text.startsWith('create'));
    expect(begin).toMatch(/^begin/);
    expect(texts.map((text) => text.split(' ').slice(0, 4).join(' '))).toEqual([
      '/* nightly */ insert',
      '/* nightly, check */',
      '/* nightly */ select',
      '/* nightly */ select',
      'commit',
    ]);
  });

  test('go before statements in autocommit mode, and do not make a read a write', async () => {
    const { Session, statements } = await open(database, { tags: ['api'], autocommit: true, readOnly: true });
    await using session = Session();
    statements.take();
    expect(await session.find(User).count()).toBe(0);
    expect((await session.execute('select 1')).rows.length).toBe(1);
    expect(statements.take().filter((text) => text.startsWith('/* api */ select')).length).toBe(2);
  });

  test('cannot break out of their comment', async () => {
    const { Session } = await open(database);
    await using session = Session();
    for (const tag of ['*/ drop table users; /*', 'a */', '/* b', 'two\nlines', '', ' ', 'x'.repeat(201)]) {
      expect(() => session.find(User).tag(tag)).toThrow(QueryArgumentError);
      expect(() => Session({ tags: [tag] })).toThrow(SessionOptionError);
    }
  });
});
