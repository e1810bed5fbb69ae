import { describe, expect, test } from 'vitest';

import { QueryArgumentError } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Item, Job, Node, Order, Player, Team, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

async function openSeeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database, { tables: [User, Job, Address, Order, Item, Node, Team, Player] });
  await opened.Session.begin((session) => {
    session.addAll([
      new User({
        name: 'Ada',
        jobs: [new Job({ title: 'a1', status: 'done' }), new Job({ title: 'a2' })],
        addresses: [new Address({ street: 'Elm' })],
      }),
      new User({ name: 'Bob', email: 'bob@x', jobs: [new Job({ title: 'b1', status: 'done' })] }),
      new User({ name: 'Cid' }),
      new Address({ street: 'Nowhere' }),
      new Order({ region: 'eu', number: 1, items: [new Item({ product: 'tea' }), new Item({ product: 'oil' })] }),
      new Order({ region: 'us', number: 1, items: [new Item({ product: 'tea' })] }),
      new Order({ region: 'us', number: 2 }),
      new Node({ name: 'root', children: [new Node({ name: 'left', children: [new Node({ name: 'leaf' })] })] }),
      new Team({ name: 'Red', captain: new Player({ name: 'Zed' }) }),
      new Player({ name: 'Free' }),
    ]);
  });
  await opened.Session.begin(async (session) => {
    const zed = await session.find(Player).where('name', '=', 'Zed').one();
    zed.team = await session.find(Team).one();
  });
  opened.statements.take();
  return opened;
}

const names = (found: readonly { name: string }[]): string => found.map(({ name }) => name).join();

function selects({ statements }: Opened): string[] {
  return statements
    .take()
    .filter((sql) => !sql.startsWith('begin'))
    .map((sql) => sql.replace(/^select .*? from /, 'from ').replaceAll(/\$\d+/g, '?'));
}

describe.for(DATABASES)('conditions on related rows on $name', (database) => {
  test('has and any ask whether there is a row, hasNone whether there is none', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const users = session.find(User).orderBy('id');
    expect(names(await users.any('jobs'))).toBe('Ada,Bob');
    expect(names(await users.hasNone('jobs'))).toBe('Cid');
    expect(await session.find(Address).has('user').count()).toBe(1);
    expect(await session.find(Address).hasNone('user').count()).toBe(1);
    const jobs = 'select 1 as "one" from "jobs" where "jobs"."owner_id" = "users"."id"';
    const owner = 'select 1 as "one" from "users" where "users"."id" = "addresses"."user_id"';
    expect(selects(opened)).toEqual([
      `from "users" where exists (${jobs}) order by "id" asc`,
      `from "users" where not exists (${jobs}) order by "id" asc`,
      `from "addresses" where exists (${owner})`,
      `from "addresses" where not exists (${owner})`,
    ]);
  });

  test('a function narrows the rows, with all that where can say', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const users = session.find(User).orderBy('id');
    expect(names(await users.any('jobs', (job) => job.where('status', '=', 'queued')))).toBe('Ada');
    expect(names(await users.hasNone('jobs', (job) => job.where({ status: ['queued', 'running'] })))).toBe('Bob,Cid');
    expect(names(await users.any('jobs', (job) => job.where((eb) => eb(eb.fn('upper', ['title']), '=', 'B1'))))).toBe(
      'Bob',
    );
    const some = await users.any('jobs', (job) => job.where('title', 'like', 'a%').where('status', '=', 'done'));
    expect(names(some)).toBe('Ada');
    expect(selects(opened).at(-1)).toBe(
      'from "users" where exists (select 1 as "one" from "jobs" where "jobs"."owner_id" = "users"."id" ' +
        'and "jobs"."title" like ? and "jobs"."status" = ?) order by "id" asc',
    );
  });

  test('conditions nest, by functions and by dots', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const byFunction = session
      .find(Job)
      .has('owner', (owner) => owner.any('addresses', (a) => a.where({ street: 'Elm' })));
    expect((await byFunction.orderBy('id')).map(({ title }) => title)).toEqual(['a1', 'a2']);
    const byDots = session.find(Job).has('owner.addresses', (address) => address.where('street', '=', 'Elm'));
    expect((await byDots.orderBy('id')).map(({ title }) => title)).toEqual(['a1', 'a2']);
    expect((await session.find(Job).hasNone('owner.addresses')).map(({ title }) => title)).toEqual(['b1']);
    const [first, second] = selects(opened);
    expect(second).toBe(first);
  });

  test('a table that points at itself goes by another name inside', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const nodes = session.find(Node).orderBy('id');
    expect(names(await nodes.any('children', (child) => child.where('name', '=', 'left')))).toBe('root');
    expect(names(await nodes.any('children.children'))).toBe('root');
    expect(names(await nodes.has('parent', (parent) => parent.hasNone('parent')))).toBe('left');
    expect(names(await nodes.hasNone('children'))).toBe('leaf');
    expect(selects(opened)[1]).toBe(
      'from "nodes" where exists (select 1 as "one" from "nodes" as "nodes_1" where "nodes_1"."parent_id" = "nodes"."id" ' +
        'and exists (select 1 as "one" from "nodes" as "nodes_2" where "nodes_2"."parent_id" = "nodes_1"."id")) order by "id" asc',
    );
  });

  test('keys of several columns link', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const orders = await session
      .find(Order)
      .any('items', (item) => item.where('product', '=', 'tea'))
      .orderBy('region');
    expect(orders.map(({ region, number }) => `${region}${number}`)).toEqual(['eu1', 'us1']);
    expect(
      await session
        .find(Item)
        .has('order', (order) => order.where('region', '=', 'us'))
        .count(),
    ).toBe(1);
    expect(selects(opened)[0]).toContain(
      '"items"."region" = "orders"."region" and "items"."order_number" = "orders"."number"',
    );
  });

  test('the second argument of a free condition asks for related rows, under or and not', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const users = session.find(User).orderBy('id');
    const either = await users.where((eb, it) =>
      eb.or([it.any('jobs', (job) => job.where({ title: 'b1' })), eb('name', '=', 'Cid')]),
    );
    expect(names(either)).toBe('Bob,Cid');
    expect(names(await users.where((eb, it) => eb.not(it.any('jobs'))))).toBe('Cid');
    expect(names(await users.where((eb, it) => eb.and([it.hasNone('addresses'), it.has('jobs')])))).toBe('Bob');
    const jobs = await session
      .find(Job)
      .where((eb, it) => eb.or([eb(it.path('owner.name'), '=', 'Bob'), eb('title', '=', 'a2')]))
      .orderBy('title');
    expect(jobs.map(({ title }) => title)).toEqual(['a2', 'b1']);
    expect(selects(opened).at(-1)).toBe(
      'from "jobs" left join "users" on "users"."id" = "jobs"."owner_id" ' +
        'where ("users"."name" = ? or "jobs"."title" = ?) order by "jobs"."title" asc',
    );
  });

  test('statements are kept by shape, whatever the values', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    for (const title of ['a1', 'b1', "it's"])
      await session
        .find(User)
        .any('jobs', (job) => job.where('title', '=', title))
        .where('name', '!=', title);
    const texts = opened.statements.take().filter((sql) => sql.startsWith('select'));
    expect(texts.length).toBe(3);
    expect(new Set(texts).size).toBe(1);
  });

  test('count and exists ask the same', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const owners = session.find(User).any('jobs');
    expect([await owners.count(), await owners.limit(1).count(), await owners.exists()]).toEqual([2, 1, true]);
    expect(
      await session
        .find(User)
        .any('jobs', (job) => job.where({ title: 'none' }))
        .exists(),
    ).toBe(false);
    const jobs = session.find(Job).where('owner.name', '=', 'Ada').orderBy('owner.email');
    expect([await jobs.count(), await jobs.exists()]).toEqual([2, true]);
    expect(selects(opened).at(-2)).toBe(
      'from "jobs" left join "users" on "users"."id" = "jobs"."owner_id" where "users"."name" = ?',
    );
  });

  test('update and delete take them too', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const done = await session
      .find(Job)
      .where('owner.name', '=', 'Ada')
      .where('status', '=', 'queued')
      .update({ status: 'running' });
    expect(done).toBe(1);
    expect(await session.find(User).hasNone('jobs').delete()).toBe(1);
    expect(
      await session
        .find(Node)
        .any('children', (child) => child.hasNone('children'))
        .update({ name: 'L' }),
    ).toBe(1);
    expect(await session.find(Node).where('parent.name', '=', 'L').delete()).toBe(1);
    expect(selects(opened)).toEqual([
      'update "jobs" set "status" = ? where exists (select 1 as "one" from "jobs" as "jobs_1" ' +
        'left join "users" on "users"."id" = "jobs_1"."owner_id" ' +
        'where "jobs_1"."id" = "jobs"."id" and "users"."name" = ? and "jobs_1"."status" = ?)',
      'delete from "users" where not exists (select 1 as "one" from "jobs" where "jobs"."owner_id" = "users"."id")',
      'update "nodes" set "name" = ? where exists (select 1 as "one" from "nodes" as "nodes_1" where "nodes_1"."parent_id" = "nodes"."id" ' +
        'and not exists (select 1 as "one" from "nodes" as "nodes_2" where "nodes_2"."parent_id" = "nodes_1"."id"))',
      'delete from "nodes" where exists (select 1 as "one" from "nodes" as "nodes_1" left join "nodes" as "nodes_2" ' +
        'on "nodes_2"."id" = "nodes_1"."parent_id" where "nodes_1"."id" = "nodes"."id" and "nodes_2"."name" = ?)',
    ]);
  });

  test('refuses what is not there, with advice', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const message = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (error instanceof QueryArgumentError) return error.message;
      }
      throw new Error('nothing was refused');
    };
    const users = session.find(User);
    // @ts-expect-error Not a relationship.
    expect(message(() => users.any('job'))).toBe(
      "any: User has no relationship 'job'. Did you mean 'jobs'? Use one of: jobs, addresses. [QUERY_BAD_ARGUMENT]",
    );
    // @ts-expect-error Gives no rows back.
    expect(message(() => users.any('jobs', () => undefined))).toContain('any: the function that narrows Job gives');
  });
});

describe.for(DATABASES)('paths in where and orderBy on $name', (database) => {
  test('lead along to-one relationships, each table joined once', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const found = await session
      .find(Job)
      .where('owner.name', 'like', 'A%')
      .where({ 'owner.email': null, title: ['a1', 'a2', 'b1'] })
      .orderBy('owner.name', 'desc')
      .orderBy('title', 'desc')
      .limit(5);
    expect(found.map(({ title }) => title)).toEqual(['a2', 'a1']);
    expect(selects(opened)).toEqual([
      'from "jobs" left join "users" on "users"."id" = "jobs"."owner_id" where "users"."name" like ? ' +
        'and "users"."email" is null and "jobs"."title" in (?, ?, ?, ?) ' +
        'order by "users"."name" desc, "jobs"."title" desc limit ?',
    ]);
    expect(found[0]?.ownerId).toBe(1);
  });

  test('go on over several tables, also over the same one again', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    expect(names(await session.find(Node).where('parent.parent.name', '=', 'root'))).toBe('leaf');
    expect(names(await session.find(Player).where('team.captain.name', '=', 'Zed'))).toBe('Zed');
    expect(selects(opened)).toEqual([
      'from "nodes" left join "nodes" as "nodes_1" on "nodes_1"."id" = "nodes"."parent_id" ' +
        'left join "nodes" as "nodes_2" on "nodes_2"."id" = "nodes_1"."parent_id" where "nodes_2"."name" = ?',
      'from "players" left join "teams" on "teams"."id" = "players"."team_id" ' +
        'left join "players" as "players_1" on "players_1"."id" = "teams"."captain_id" where "players_1"."name" = ?',
    ]);
  });

  test('a row without the related one has nulls there, and stays when only ordered', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const addresses = session.find(Address);
    const streets = async (query: typeof addresses): Promise<string[]> => (await query).map(({ street }) => street);
    expect(await streets(addresses.where('user.name', '=', null))).toEqual(['Nowhere']);
    expect(await streets(addresses.where('user.name', '!=', 'Bob'))).toEqual(['Elm']);
    const last = addresses.orderBy('user.name', (order) => order.asc().nullsLast());
    expect(await streets(last)).toEqual(['Elm', 'Nowhere']);
    expect(await streets(addresses.orderBy('user.name', (order) => order.desc().nullsFirst()))).toEqual([
      'Nowhere',
      'Elm',
    ]);
    expect(selects(opened).at(-1)).toContain('order by "users"."name" desc nulls first');
  });

  test('work inside any, where the inner query joins', async () => {
    const opened = await openSeeded(database);
    await using session = opened.Session();
    const teams = await session.find(Team).has('captain', (captain) => captain.where('team.name', '=', 'Red'));
    expect(names(teams)).toBe('Red');
    expect(selects(opened)[0]).toBe(
      'from "teams" where exists (select 1 as "one" from "players" left join "teams" as "teams_1" on "teams_1"."id" = "players"."team_id" ' +
        'where "players"."id" = "teams"."captain_id" and "teams_1"."name" = ?)',
    );
  });

  test('take an expression or a list on the right', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    expect(await session.find(Job).where('owner.name', 'in', ['Ada', 'Bob', 'Cid']).count()).toBe(3);
    expect(await session.find(Job).where('owner.name', 'in', []).count()).toBe(0);
    expect(
      await session
        .find(Job)
        .where((eb, it) => eb(it.path('owner.name'), '=', eb.val('Bob')))
        .count(),
    ).toBe(1);
  });

  test('are refused through collections and to what is not there, with advice', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const message = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (error instanceof QueryArgumentError) return error.message;
      }
      throw new Error('nothing was refused');
    };
    // @ts-expect-error Through a collection.
    expect(message(() => session.find(User).where('jobs.title', '=', 'x'))).toBe(
      "where: 'jobs.title' leads through User.jobs, which is a collection, so that there is no one value to take. " +
        "Use any('jobs', (rows) => rows.where(…)) to ask for its rows. [QUERY_BAD_ARGUMENT]",
    );
    // @ts-expect-error No such column there.
    expect(message(() => session.find(Job).orderBy('owner.nmae'))).toBe(
      "orderBy: User has no column 'nmae'. Did you mean 'name'? Use one of: id, name, email. [QUERY_BAD_ARGUMENT]",
    );
    // @ts-expect-error A relationship at the end.
    expect(message(() => session.find(Job).where('owner', '=', 1))).toContain(
      "Name a column of it, such as 'owner.id', or use has('owner').",
    );
  });
});
