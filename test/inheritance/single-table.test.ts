import { describe, expect, test } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import { rowsOf } from '../support/open-session.ts';
import { openModels } from './open-staff.ts';
import { Car, Company, Director, Employee, Engineer, Manager, STAFF } from './staff.ts';

const open = (database: (typeof DATABASES)[number]) => openModels(database, STAFF);

async function withStaff(database: (typeof DATABASES)[number]) {
  const opened = await open(database);
  await opened.Session.begin(async (session) => {
    const company = new Company({ name: 'Acme' });
    const boss = new Director({ name: 'Dora', title: 'CEO', company, car: new Car({ plate: 'D-1' }) });
    const manager = new Manager({ name: 'Max', company, boss });
    const plain = new Employee({ name: 'Paul', boss: manager });
    const engineer = new Engineer({ name: 'Eve', company, boss: manager, tags: ['a'] });
    session.addAll([boss, manager, plain, engineer]);
  });
  opened.took();
  return opened;
}

describe('objects of a class and its subclasses', () => {
  test('are objects of the parent, with its methods, private fields and constructor', () => {
    const director = new Director({ name: 'Dora', title: 'CEO' });
    expect(director).toBeInstanceOf(Manager);
    expect(director).toBeInstanceOf(Employee);
    expect([director.greet(), director.greet()]).toEqual(['Manager Dora 1', 'Manager Dora 2']);
    expect(JSON.parse(JSON.stringify(director))).toEqual({ type: 'director', name: 'Dora', budget: 100, title: 'CEO' });
    expect(Object.keys(director)).toEqual([
      'id',
      'type',
      'name',
      'version',
      'companyId',
      'bossId',
      'budget',
      'title',
      'carId',
    ]);
  });

  test('are told by a discriminator that nobody else may set', () => {
    expect([new Employee({ name: 'a' }).type, new Manager({ name: 'b' }).type]).toEqual(['employee', 'manager']);
    expect(new Manager({ name: 'b', type: 'manager' }).type).toBe('manager');
    expect(() => new Manager({ name: 'b', type: 'employee' })).toThrow(
      expect.objectContaining({ code: 'STATE_DISCRIMINATOR' }),
    );
  });

  test('know their own attributes and no others', () => {
    expect(() => Reflect.construct(Manager, [{ name: 'x', title: 'y' }])).toThrow("Manager has no attribute 'title'.");
    expect(() => Reflect.construct(Employee, [{ name: 'x', budget: 1 }])).toThrow(
      "Employee has no attribute 'budget'.",
    );
  });
});

describe.each(DATABASES)('single-table inheritance on $name', (database) => {
  test('makes one table with the columns of all classes', async () => {
    const { engine } = await withStaff(database);
    expect(await rowsOf(engine, 'employees', 'id, type, name, budget, language, title')).toEqual([
      [1, 'director', 'Dora', 100, 'sql', 'CEO'],
      [2, 'manager', 'Max', 100, 'sql', null],
      [3, 'employee', 'Paul', null, 'sql', null],
      [4, 'engineer', 'Eve', null, 'sql', null],
    ]);
  });

  test('gives each row as an object of its class in one statement', async () => {
    const { Session, texts } = await withStaff(database);
    await using session = Session();
    const staff = await session.find(Employee).orderBy('id');
    expect(staff.map((each) => each.constructor)).toEqual([Director, Manager, Employee, Engineer]);
    expect(staff.map((each) => each.greet())).toEqual(['Manager Dora 1', 'Manager Max 1', 'Paul 1', 'Eve 1']);
    expect(staff.map((each) => Object.keys(each).length)).toEqual([9, 7, 6, 8]);
    expect(texts()).toEqual([
      'select "id", "type", "name", "version", "company_id", "boss_id", "budget", "title", "car_id", "language", "tags" from "employees" order by "id" asc',
    ]);
    const [dora] = staff;
    if (dora instanceof Director) expect([dora.budget, dora.title]).toEqual([100, 'CEO']);
    expect(dora).toBeInstanceOf(Director);
  });

  test('asks for the rows of a class and of its subclasses alone', async () => {
    const { Session, texts } = await withStaff(database);
    await using session = Session();
    expect((await session.find(Manager).orderBy('id')).map(({ name, budget }) => [name, budget])).toEqual([
      ['Dora', 100],
      ['Max', 100],
    ]);
    expect((await session.find(Director)).map(({ title }) => title)).toEqual(['CEO']);
    expect(await session.find(Engineer).where('language', '=', 'sql').count()).toBe(1);
    expect(
      await session
        .find(Manager)
        .where((eb) => eb('name', 'like', 'M%'))
        .exists(),
    ).toBe(true);
    const [managers = '', directors = '', engineers = '', free = ''] = texts();
    expect(managers).toMatch(/where "type" in \(.{1,6}, .{1,6}\) order by "id" asc$/);
    expect(directors).toMatch(/where "type" = .{1,2}$/);
    expect(engineers).toMatch(/where "type" = .{1,2} and "language" = .{1,2}$/);
    expect(free).toContain('"type" in (');
  });

  test('knows an object under one key, whichever class asks for it', async () => {
    const { Session, took } = await withStaff(database);
    await using session = Session();
    const max = await session.get(Employee, 2);
    expect(max).toBeInstanceOf(Manager);
    expect(await session.get(Manager, 2)).toBe(max);
    expect(took()).toEqual(['select employees by id']);
    expect(await session.get(Director, 2)).toBeNull();
    expect(await session.get(Manager, 3)).toBeNull();
    expect(await session.get(Engineer, 4)).toBe(await session.get(Employee, 4));
  });

  test('follows relationships of the parent and of the class, lazily and along', async () => {
    const { Session, took } = await withStaff(database);
    await using session = Session();
    const staff = await session.find(Employee).with('boss', 'company').orderBy('id');
    expect(staff.map(({ boss }) => boss?.name ?? null)).toEqual([null, 'Dora', 'Max', 'Max']);
    expect(took()).toEqual(['select employees', 'select companies by id']);
    const [dora, max] = staff;
    if (!(dora instanceof Director) || !(max instanceof Manager)) throw new Error('of the wrong class');
    expect((await dora.car)?.plate).toBe('D-1');
    expect((await max.reports).map(({ name }) => name)).toEqual(['Paul', 'Eve']);
    expect((await dora.reports).map(({ name }) => name)).toEqual(['Max']);
    expect(took()).toEqual(['select cars by id', 'select employees by boss_id']);
    const company = await session.getOne(Company, 1);
    expect((await company.managers).map(({ name }) => name)).toEqual(['Dora', 'Max']);
    expect((await company.employees).map(({ name }) => name)).toEqual(['Dora', 'Max', 'Eve']);
  });

  test('writes what changed, by version, in statements of several rows', async () => {
    const { engine, Session, took } = await withStaff(database);
    await Session.begin(async (session) => {
      const staff = await session.find(Employee).orderBy('id');
      took();
      for (const each of staff) each.name += '!';
      const [dora, , , eve] = staff;
      if (dora instanceof Director) dora.title = 'Chair';
      if (eve instanceof Engineer) eve.tags?.push('b');
    });
    expect(took()).toEqual([
      'update employees name,version',
      'update employees name,version,title',
      'update employees name,version,tags',
      'update employees name,version',
    ]);
    expect(await rowsOf(engine, 'employees', 'id, name, version, title')).toEqual([
      [1, 'Dora!', 2, 'Chair'],
      [2, 'Max!', 2, null],
      [3, 'Paul!', 2, null],
      [4, 'Eve!', 2, null],
    ]);
  });

  test('refuses another class for a row', async () => {
    const { Session } = await withStaff(database);
    await using session = Session();
    const max = await session.getOne(Manager, 2);
    max.type = 'director';
    await expect(session.flush()).rejects.toThrow(
      'Manager.type says of which class an object is, and an object cannot change its class.',
    );
    await session.rollback();
    expect(max.type).toBe('manager');
    await expect(session.find(Manager).update({ type: 'x' })).rejects.toMatchObject({ code: 'QUERY_BAD_ARGUMENT' });
    await expect(session.insertMany(Manager, [{ name: 'a', type: 'x' }])).rejects.toMatchObject({
      code: 'SESSION_BAD_ROW',
    });
  });

  test('says which row has a discriminator that no class knows', async () => {
    const { engine, Session } = await withStaff(database);
    await engine.execute("update employees set type = 'robot' where id = 3");
    await using session = Session();
    await expect(session.find(Employee)).rejects.toThrow(
      "A row of Employee has the discriminator 'robot', which is not the identity of a known class. " +
        'Known are: employee, manager, director, engineer. ' +
        'Name every subclass in the models of sessionFactory(engine, { models }), or correct the row. [QUERY_UNKNOWN_IDENTITY]',
    );
  });

  test('says when the row of an object has changed its class', async () => {
    const { engine, Session } = await withStaff(database);
    await using session = Session();
    const max = await session.getOne(Manager, 2);
    await session.commit();
    await engine.execute("update employees set type = 'engineer' where id = 2");
    await expect(session.find(Employee)).rejects.toMatchObject({ code: 'STATE_DISCRIMINATOR' });
    session.expunge(max);
    expect(await session.get(Employee, 2)).toBeInstanceOf(Engineer);
  });

  test('deletes along cascades, whatever the class', async () => {
    const { engine, Session, took } = await withStaff(database);
    await Session.begin(async (session) => {
      const company = await session.getOne(Company, 1);
      for (const each of await session.find(Employee)) Object.assign(each, { boss: null });
      await session.flush();
      took();
      await session.delete(company);
    });
    expect(took()).toEqual([
      'select employees by company_id',
      'select employees by type,company_id',
      'select employees by boss_id',
      'delete employees',
      'delete employees',
      'delete employees',
      'delete companies',
    ]);
    expect(await rowsOf(engine, 'employees', 'name')).toEqual([['Paul']]);
  });

  test('goes back at a rollback', async () => {
    const { Session } = await withStaff(database);
    await using session = Session();
    const max = await session.getOne(Manager, 2);
    const fresh = new Engineer({ name: 'New', boss: max });
    session.add(fresh);
    max.budget = 7;
    await session.flush();
    expect([fresh.id, fresh.language]).toEqual([5, 'sql']);
    await session.rollback();
    expect([max.budget, fresh.id, fresh.type]).toEqual([100, undefined, 'engineer']);
  });

  test('refreshes, expires and merges objects by their own class', async () => {
    const { engine, Session } = await withStaff(database);
    await using session = Session();
    const dora = await session.getOne(Employee, 1);
    if (!(dora instanceof Director)) throw new Error('of the wrong class');
    await session.commit();
    await engine.execute("update employees set title = 'Chair', name = 'D' where id = 1");
    await session.refresh(dora);
    expect([dora.name, dora.title]).toEqual(['D', 'Chair']);
    session.expire(dora);
    expect(() => dora.title).toThrow("Attribute 'title' of");
    await session.refresh(dora);
    const given = new Director({ id: 1, name: 'E', title: 'Other' });
    expect(await session.merge(given)).toBe(dora);
    expect([dora.title, dora.name]).toEqual(['Other', 'E']);
    expect(await session.merge(new Manager({ id: 2, name: 'M', budget: 3 }))).toMatchObject({
      budget: 3,
      type: 'manager',
    });
  });

  test('reads expired objects of several classes again, one statement for each class', async () => {
    const { Session, took } = await withStaff(database);
    await using session = Session();
    const staff = await session.find(Employee).orderBy('id');
    session.expireAll();
    took();
    await session.refreshAll(staff);
    expect(staff.map(({ name }) => name)).toEqual(['Dora', 'Max', 'Paul', 'Eve']);
    expect(took()).toHaveLength(4);
  });

  test('writes plain rows of a class, and sets columns of its rows alone', async () => {
    const { engine, Session } = await withStaff(database);
    await using session = Session();
    const made = await session.insertMany(Director, [{ name: 'X', title: 't' }, { name: 'Y' }], { returning: true });
    expect(made.map((each) => [each.constructor, each.type, each.budget])).toEqual([
      [Director, 'director', 100],
      [Director, 'director', 100],
    ]);
    const max = await session.getOne(Manager, 2);
    expect(await session.find(Manager).update({ budget: 5 })).toBe(4);
    expect([max.budget, made[0]?.budget]).toEqual([5, 5]);
    await session.updateMany(Director, [{ id: 1, title: 'U', version: 2 }]);
    expect(await session.find(Director).where('title', '=', 't').delete()).toBe(1);
    expect(await session.find(Employee).where('name', '=', 'Max').update({ name: 'Maxi' })).toBe(1);
    expect(max.name).toBe('Maxi');
    await session.commit();
    expect(await rowsOf(engine, 'employees', 'id, type, budget, title')).toEqual([
      [1, 'director', 5, 'U'],
      [2, 'manager', 5, null],
      [3, 'employee', null, null],
      [4, 'engineer', null, null],
      [6, 'director', 5, null],
    ]);
  });

  test('streams, counts and locks', async () => {
    const { Session } = await withStaff(database);
    await using session = Session();
    const names: string[] = [];
    for await (const each of session.find(Employee).stream({ batch: 2 })) names.push(each.greet());
    expect(names).toEqual(['Manager Dora 1', 'Manager Max 1', 'Paul 1', 'Eve 1']);
    expect(await session.find(Manager).forUpdate()).toHaveLength(2);
    expect(
      await session
        .find(Employee)
        .where({ type: ['manager', 'engineer'] })
        .count(),
    ).toBe(2);
  });

  test.each(['selectin', 'joined', 'json'] as const)('is loaded along by strategy %s', async (strategy) => {
    const { Session } = await withStaff(database);
    await using session = Session();
    const [company] = await session.find(Company).strategy(strategy).with('employees.boss', 'managers');
    expect(company?.employees.map((each) => [each.constructor, each.boss?.constructor])).toEqual([
      [Director, undefined],
      [Manager, Director],
      [Engineer, Manager],
    ]);
    expect(company?.managers.map(({ name }) => name)).toEqual(['Dora', 'Max']);
  });

  test('is asked for through relationships to a part of the classes', async () => {
    const { Session, texts } = await withStaff(database);
    await using session = Session();
    expect(
      await session
        .find(Company)
        .any('managers', (rows) => rows.where('budget', '>', 1))
        .count(),
    ).toBe(1);
    expect(await session.find(Company).hasNone('managers').count()).toBe(0);
    expect(await session.find(Employee).where('boss.budget', '>', 1).count()).toBe(3);
    for (const text of texts()) expect(text).toContain('"type" in (');
  });
});
