import { describe, expect, test } from 'vitest';

import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { openGraph } from './graph-models.ts';

const id = t.serial().primaryKey();

/** Its parts are nobody else's, its notes go with it, its friends are left alone. */
class Machine extends Model('machines', {
  id,
  name: t.text(),
  planId: t.integer().nullable(),
  get parts() {
    return many(() => Part, { through: 'machine_parts', cascade: 'all, delete-orphan', singleParent: true });
  },
  get friends() {
    return many(() => Friend, { through: 'machine_friends', cascade: 'none', passiveDeletes: true });
  },
  get plan() {
    return one(() => Plan, 'planId', { cascade: 'all, delete-orphan', singleParent: true });
  },
}) {}

class Part extends Model('parts', { id, name: t.text() }) {}
class Friend extends Model('friends', { id, name: t.text() }) {}
class Plan extends Model('plans', { id, name: t.text() }) {}

/** Belongs to two owners. */
class Flat extends Model('flats', {
  id,
  houseId: t.integer().nullable(),
  tenantId: t.integer().nullable(),
  get house() {
    return one(() => House, 'houseId');
  },
  get tenant() {
    return one(() => Tenant, 'tenantId');
  },
}) {}

class House extends Model('houses', {
  id,
  get flats() {
    return many(() => Flat, 'houseId', { cascade: 'all, delete-orphan' });
  },
}) {}

class Tenant extends Model('tenants', {
  id,
  get flats() {
    return many(() => Flat, 'tenantId', { cascade: 'all, delete-orphan' });
  },
}) {}

const part = (name: string): Part => new Part({ name });
const partsOf = (machine: Machine): Part[] => machine.parts as Part[];

describe('a relationship with a single parent', () => {
  const text = (path: string) =>
    new RegExp(`^Instance <\\w+ at .*> is held by <Machine at .*> in ${path} already, which allows a single parent\\.`);

  test('refuses a second one', () => {
    const bolt = part('bolt');
    const plan = new Plan({ name: 'plan' });
    const first = new Machine({ name: 'first', parts: [bolt], plan });
    const second = new Machine({ name: 'second' });
    expect(() => partsOf(second).push(bolt)).toThrow(expect.objectContaining({ code: 'STATE_SECOND_PARENT' }));
    expect(() => (second.parts = [bolt])).toThrow(text('Machine.parts'));
    expect(() => (second.plan = plan)).toThrow(text('Machine.plan'));
    expect([partsOf(first), partsOf(second), second.plan]).toEqual([[bolt], [], null]);
  });

  test('takes what another has let go', () => {
    const bolt = part('bolt');
    const plan = new Plan({ name: 'plan' });
    const first = new Machine({ name: 'first', parts: [bolt], plan });
    partsOf(first).pop();
    first.plan = null;
    const second = new Machine({ name: 'second', parts: [bolt], plan });
    expect([partsOf(first), partsOf(second), second.plan]).toEqual([[], [bolt], plan]);
  });
});

describe.for(DATABASES)('cascades on $name', (database) => {
  const open = () => openGraph(database, [Machine, Part, Friend, Plan, Flat, House, Tenant]);
  const NAMES = 'select name from parts order by 1';

  test('delete what a many-to-many or many-to-one loses, and not what moves', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const [bolt, nut, gear] = [part('bolt'), part('nut'), part('gear')];
    const [a, b] = [new Plan({ name: 'a' }), new Plan({ name: 'b' })];
    const first = new Machine({ name: 'first', parts: [bolt, nut, gear], plan: a });
    const second = new Machine({ name: 'second', plan: b });
    session.addAll([first, second]);
    await session.commit();
    await session.load([second], 'parts');
    first.parts = [gear];
    partsOf(second).push(nut);
    first.plan = null;
    second.plan = a;
    took();
    await session.commit();
    expect(took().filter((line) => line.startsWith('delete'))).toEqual([
      'delete machine_parts',
      'delete machine_parts',
      'delete parts',
      'delete plans',
    ]);
    expect([await rows(NAMES), await rows('select name from plans')]).toEqual([[['gear'], ['nut']], [['a']]]);
    expect([inspect(bolt).state, inspect(b).state]).toEqual(['detached', 'detached']);
  });

  test('find out by the foreign key what a many-to-one held before', async () => {
    const { Session, rows } = await open();
    await using writer = Session();
    writer.add(new Machine({ name: 'first', plan: new Plan({ name: 'a' }) }));
    await writer.commit();
    await using session = Session();
    const machine = await session.find(Machine).one();
    machine.plan = new Plan({ name: 'b' });
    await session.commit();
    expect(await rows('select name from plans')).toEqual([['b']]);
  });

  test('drop a pending object that nobody holds any more', async () => {
    const { Session, took } = await open();
    await using session = Session();
    const machine = new Machine({ name: 'first' });
    session.add(machine);
    await session.flush();
    partsOf(machine).push(part('bolt'));
    expect(session.new).toHaveLength(1);
    partsOf(machine).pop();
    took();
    await session.flush();
    expect(took().filter((line) => line === 'insert parts')).toHaveLength(1);
  });

  test('delete along a many-to-many, loaded or not', async () => {
    const { Session, took, rows } = await open();
    await using writer = Session();
    writer.add(new Machine({ name: 'first', parts: [part('bolt'), part('nut')], plan: new Plan({ name: 'a' }) }));
    await writer.commit();
    await using session = Session();
    session.delete(await session.find(Machine).one());
    took();
    await session.commit();
    expect(took().filter((line) => line !== 'begin')).toEqual([
      'select parts by machine_parts,machine_id',
      'select plans by id',
      'delete machine_parts',
      'delete machine_parts',
      'delete parts',
      'delete machines',
      'delete plans',
      'commit',
    ]);
    expect([await rows(NAMES), await rows('select * from machine_parts')]).toEqual([[], []]);
  });

  test('leave the rows of an association to the database where told so', async () => {
    const { Session, took, rows } = await open();
    await using writer = Session();
    const [machine, friend] = [new Machine({ name: 'first' }), new Friend({ name: 'Ada' })];
    writer.addAll([machine, friend]);
    (machine.friends as Friend[]).push(friend);
    await writer.commit();
    took();
    writer.delete(machine);
    await writer.commit();
    expect(took()).not.toContain('delete machine_friends');
    expect([await rows('select * from machine_friends'), await rows('select name from friends')]).toEqual([
      [],
      [['Ada']],
    ]);
  });

  test('do not bring objects into the session where they are switched off', async () => {
    const { Session } = await open();
    await using session = Session();
    const friend = new Friend({ name: 'Ada' });
    session.add(new Machine({ name: 'first', friends: [friend] }));
    expect(session.has(friend)).toBe(false);
  });

  test('expunge and expire along a many-to-many', async () => {
    const { Session } = await open();
    await using session = Session();
    const bolt = part('bolt');
    const machine = new Machine({ name: 'first', parts: [bolt] });
    session.add(machine);
    await session.commit();
    session.expire(machine);
    expect(inspect(bolt).unloaded).toEqual(['name']);
    await session.refresh(machine, ['parts', 'name']);
    session.expunge(machine);
    expect(session.has(bolt)).toBe(false);
  });

  test('delete a row that lost one of two owners, and a new object only when it lost both', async () => {
    const { Session, rows } = await open();
    await using session = Session();
    const [house, tenant] = [new House({}), new Tenant({})];
    const flat = new Flat({ house, tenant });
    session.addAll([house, tenant, flat]);
    flat.house = null;
    await session.flush();
    expect(inspect(flat).state).toBe('persistent');
    flat.house = house;
    await session.flush();
    flat.house = null;
    await session.commit();
    expect([inspect(flat).state, await rows('select * from flats')]).toEqual(['detached', []]);
    const other = new Flat({ house, tenant });
    session.add(other);
    Object.assign(other, { house: null, tenant: null });
    await session.commit();
    expect([inspect(other).state, await rows('select * from flats')]).toEqual(['transient', []]);
  });
});
