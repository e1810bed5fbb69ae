import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Item, Job, Node, Order, Player, Team, Ticket, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

describe.for(DATABASES)('a flush on $name', (database) => {
  const isSqlite = database.name === 'sqlite';

  test('inserts rows of one shape with one statement', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    session.addAll(['a', 'b', 'c'].map((name) => new User({ name })));
    await session.commit();
    expect(statements.take()).toEqual(
      isSqlite
        ? [
            'begin immediate',
            'insert into "users" ("name", "email") values (?, ?), (?, ?), (?, ?) returning "id"',
            'commit',
          ]
        : [
            'begin',
            'insert into "users" ("name", "email") select r.c1, r.c2 from unnest($1::text[], $2::text[]) with ordinality as r(c1, c2, n) order by n returning "id"',
            'commit',
          ],
    );
  });

  test('gives keys in the order of add, whatever comes between', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const users = Array.from({ length: 50 }, (_, at) => new User({ name: `user ${at}` }));
    const jobs = users.map((owner, at) => new Job({ title: `job ${at}`, owner }));
    for (let at = 49; at >= 0; at--) session.add(at % 2 === 0 ? users[at]! : jobs[at]!);
    session.addAll(jobs);
    await session.commit();
    const rows = await rowsOf(engine, 'users', 'id, name');
    expect(rows).toEqual(users.map(({ id, name }) => [id, name]).sort((a, b) => (a[0] as number) - (b[0] as number)));
    expect(rows.map(([, name]) => name)[0]).toBe('user 49');
    expect(jobs.map(({ ownerId }) => ownerId)).toEqual(users.map(({ id }) => id));
  });

  test('splits what no statement can carry', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    const count = isSqlite ? 1_500 : 10_500;
    session.addAll(Array.from({ length: count }, (_, at) => new User({ name: `user ${at}` })));
    await session.commit();
    expect(took()).toEqual(['begin', 'insert users', 'insert users', 'commit']);
    const { rows } = await engine.execute('select count(*), count(distinct name) from users');
    expect(rows.map((row) => row.map(Number))).toEqual([[count, count]]);
  });

  test('keeps rows of another shape apart, and the order of add', async () => {
    const { Session, took } = await open(database, { tables: [Ticket] });
    await using session = Session();
    const tickets = [
      new Ticket({ code: 'a' }),
      new Ticket({ code: 'b' }),
      new Ticket({ code: 'c', state: 'closed' }),
      new Ticket({ code: 'd' }),
    ];
    session.addAll(tickets);
    await session.flush();
    expect(took()).toEqual(['begin', 'insert tickets', 'insert tickets', 'insert tickets']);
    expect(tickets.map(({ state, priority }) => [state, priority])).toEqual([
      ['open', 3],
      ['open', 3],
      ['closed', 3],
      ['open', 3],
    ]);
  });

  test('shows null where nobody gave a value, once that is written', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    expect([user.email, session.dirty]).toEqual([null, []]);
  });

  test('updates what changed, and nothing else', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada', email: 'a' });
    session.add(user);
    await session.commit();
    user.name = 'Eve';
    user.email = 'b';
    user.email = 'a';
    statements.take();
    await session.flush();
    user.name = 'Eve';
    await session.flush();
    await session.commit();
    expect(statements.take()).toEqual(
      isSqlite
        ? ['begin immediate', 'update "users" set "name" = ? where "id" = ?', 'commit']
        : ['begin', 'update "users" set "name" = $1 where "id" = $2', 'commit'],
    );
  });

  test('sends one update for each set of changed columns', async () => {
    const { Session, statements, engine } = await open(database);
    await using session = Session();
    const users = ['a', 'b', 'c', 'd'].map((name) => new User({ name }));
    session.addAll(users);
    await session.commit();
    const [a, b, c, d] = users as [User, User, User, User];
    c.name = 'c2';
    a.name = 'a2';
    b.email = 'b@x';
    d.name = 'd2';
    statements.take();
    await session.commit();
    expect(statements.take()).toEqual(
      isSqlite
        ? [
            'begin immediate',
            'update "users" set "name" = r.column2 from (values (?, ?), (?, ?), (?, ?)) as r where "users"."id" = r.column1',
            'update "users" set "email" = ? where "id" = ?',
            'commit',
          ]
        : [
            'begin',
            'update "users" set "name" = r.c2 from unnest($1::integer[], $2::text[]) as r(c1, c2) where "users"."id" = r.c1',
            'update "users" set "email" = $1 where "id" = $2',
            'commit',
          ],
    );
    expect(await rowsOf(engine, 'users', 'name, email')).toEqual([
      ['a2', null],
      ['b', 'b@x'],
      ['c2', null],
      ['d2', null],
    ]);
  });

  test('writes a value back to null, also by deleting the property', async () => {
    const { Session, engine, took } = await open(database);
    await using session = Session();
    const users = [
      new User({ name: 'a', email: 'a' }),
      new User({ name: 'b', email: 'b' }),
      new User({ name: 'c', email: 'c' }),
    ];
    session.addAll(users);
    await session.commit();
    users[0]!.email = null;
    users[1]!.email = undefined as unknown as null;
    delete (users[2] as { email?: unknown }).email;
    took();
    await session.commit();
    expect(took()).toEqual(['begin', 'update users email', 'commit']);
    expect([await rowsOf(engine, 'users', 'email'), session.dirty]).toEqual([[[null], [null], [null]], []]);
  });

  test('finds the row by its old key when the key changes', async () => {
    const { Session, statements, engine } = await open(database, { tables: [Ticket] });
    await using session = Session();
    const ticket = new Ticket({ code: 'old' });
    session.add(ticket);
    await session.commit();
    ticket.code = 'new';
    ticket.state = 'moved';
    statements.take();
    await session.commit();
    expect(statements.take()[1]).toBe(
      isSqlite
        ? 'update "tickets" set "code" = ?, "state" = ? where "code" = ?'
        : 'update "tickets" set "code" = $1, "state" = $2 where "code" = $3',
    );
    expect(await rowsOf(engine, 'tickets', 'code, state')).toEqual([['new', 'moved']]);
  });

  test('deletes by key with one statement', async () => {
    const { Session, statements, engine } = await open(database, { tables: [Order, Item] });
    await using session = Session();
    const orders = [1, 2, 3].map(
      (number) => new Order({ region: 'eu', number, items: [new Item({ product: 'ink' })] }),
    );
    session.addAll(orders);
    await session.commit();
    statements.take();
    for (const order of orders.slice(1)) session.delete(order);
    await session.commit();
    const texts = statements.take().filter((text) => text.startsWith('delete'));
    expect(texts).toEqual(
      isSqlite
        ? [
            'delete from "items" where "id" in (?, ?)',
            'delete from "orders" where ("region", "number") in (values (?, ?), (?, ?))',
          ]
        : [
            'delete from "items" where "id" = any($1::integer[])',
            'delete from "orders" using unnest($1::text[], $2::integer[]) as r(c1, c2) where "orders"."region" = r.c1 and "orders"."number" = r.c2',
          ],
    );
    expect(await rowsOf(engine, 'orders', 'number')).toEqual([[1]]);
  });

  test('fails when a row to update is gone, with the counts', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const users = ['a', 'b', 'c'].map((name) => new User({ name }));
    session.addAll(users);
    await session.commit();
    await engine.execute('delete from users where id = 2');
    for (const user of users) user.name += '2';
    await expect(session.flush()).rejects.toMatchObject({
      code: 'SESSION_STALE_ROW',
      retryable: true,
      message:
        "UPDATE statement on table 'users' expected to update 3 row(s); 2 were matched. Roll back, read the objects again and repeat the change. [SESSION_STALE_ROW]",
    });
    await session.rollback();
    expect(users.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['a'], ['c']]);
  });

  test('only warns when a row to delete is gone', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const user = new User({ name: 'a' });
    session.add(user);
    await session.commit();
    await engine.execute('delete from users');
    session.delete(user);
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listen);
    await session.commit();
    await new Promise(setImmediate);
    process.off('warning', listen);
    expect([warnings, inspect(user).state]).toEqual([
      [expect.stringContaining("DELETE statement on table 'users' expected to delete 1 row(s); 0 were matched.")],
      'detached',
    ]);
  });

  test('refuses a row without a key', async () => {
    const { Session } = await open(database, { tables: [Ticket] });
    await using session = Session();
    session.add(new Ticket({ code: null as unknown as string }));
    await expect(session.flush()).rejects.toMatchObject({
      code: expect.stringMatching(/SESSION_NULL_KEY|DATABASE_NOT_NULL_VIOLATION/),
    });
  });

  test('writes a tree level by level', async () => {
    const { Session, took, engine } = await open(database, { tables: [Node] });
    await using session = Session();
    const node = (name: string, ...children: Node[]): Node => new Node({ name, children });
    session.add(node('root', node('a', node('a1'), node('a2')), node('b', node('b1'))));
    await session.commit();
    expect(took()).toEqual(['begin', 'insert nodes', 'insert nodes', 'insert nodes', 'commit']);
    const { rows } = await engine.execute(
      'select n.name, p.name from nodes n left join nodes p on p.id = n.parent_id order by n.name',
    );
    expect(rows).toEqual([
      ['a', 'root'],
      ['a1', 'a'],
      ['a2', 'a'],
      ['b', 'root'],
      ['b1', 'b'],
      ['root', null],
    ]);
  });

  test('sends nothing when rows need each other, and writes them in two flushes', async () => {
    const { Session, took, engine } = await open(database, { tables: [Team, Player] });
    await using session = Session();
    const team = new Team({ name: 'team' });
    const captain = new Player({ name: 'captain', team });
    team.captain = captain;
    session.add(team);
    await expect(session.flush()).rejects.toMatchObject({ code: 'SESSION_FLUSH_CYCLE' });
    expect(took()).toEqual([]);
    await session.rollback();
    team.captain = null;
    session.addAll([team, captain]);
    await session.flush();
    team.captain = captain;
    await session.commit();
    expect(took()).toEqual(['begin', 'insert teams', 'insert players', 'update teams captain_id', 'commit']);
    expect(await rowsOf(engine, 'teams', 'captain_id')).toEqual([[captain.id]]);
  });

  test('lets a row point at itself', async () => {
    const { Session, took, engine } = await open(database, { tables: [Node] });
    await using session = Session();
    const self = new Node({ name: 'self' });
    self.parent = self;
    session.add(self);
    await session.commit();
    expect(took()).toEqual(['begin', 'insert nodes', 'update nodes parent_id', 'commit']);
    expect(await rowsOf(engine, 'nodes', 'parent_id')).toEqual([[self.id]]);
  });
});
