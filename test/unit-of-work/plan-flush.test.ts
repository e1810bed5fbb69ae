import { describe, expect, test } from 'vitest';

import { requireState } from '../../src/state/entity.ts';
import type { InstanceState } from '../../src/state/instance-state.ts';
import { planFlush } from '../../src/unit-of-work/plan-flush.ts';
import { Job, Node, Order, Player, Team, Ticket, User } from '../support/models.ts';

type Entity = Job | Node | Player | Team | Ticket | User | Order;

/** A plan in words: `insert users Ada, Eve`. */
function planned(work: { inserts?: Entity[]; updates?: Entity[]; deletes?: Entity[] }): string[] {
  const states = (entities: Entity[] = []): InstanceState[] => entities.map(requireState);
  const plan = planFlush({
    inserts: states(work.inserts),
    updates: states(work.updates),
    deletes: states(work.deletes),
  });
  return plan.steps.map(({ action, mapper, states: written }) => {
    const names = written.map(({ entity }) => String(Object.values(entity).find((value) => typeof value === 'string')));
    return `${action} ${mapper.table.name} ${names.join(', ')}`;
  });
}

/** An object with a row: what its columns hold is what its row holds. */
function stored<E extends Entity>(entity: E): E {
  const state = requireState(entity);
  state.committed = state.mapper.columns.map(
    ({ property }) => (entity as unknown as Record<string, unknown>)[property] ?? null,
  );
  return entity;
}

const withId = <E extends { id: number }>(entity: E, id: number): E => Object.assign(entity, { id });

describe('a flush plan', () => {
  test('is empty for no work', () => {
    expect(planFlush({ inserts: [], updates: [], deletes: [] })).toEqual({ steps: [] });
  });

  test('writes tables after those that they point at, and deletes the other way round', () => {
    const [oldUser, oldJob] = [
      stored(withId(new User({ name: 'old' }), 1)),
      stored(withId(new Job({ title: 'old job', ownerId: 1 }), 1)),
    ];
    const user = new User({ name: 'Ada' });
    const job = new Job({ title: 'job', owner: user });
    expect(planned({ inserts: [job, user], deletes: [oldUser, oldJob] })).toEqual([
      'insert users Ada',
      'insert jobs job',
      'delete jobs old job',
      'delete users old',
    ]);
  });

  test('takes unrelated tables in the order of their names', () => {
    const inserts = [new User({ name: 'u' }), new Ticket({ code: 't' }), new Order({ region: 'o', number: 1 })];
    expect(planned({ inserts })).toEqual(['insert orders o', 'insert tickets t', 'insert users u']);
  });

  test('keeps new rows in the order in which they were added, the others in that of their keys', () => {
    const users = ['c', 'a', 'b'].map((name) => new User({ name }));
    const rows = [3, 1, 2].map((id) => stored(withId(new User({ name: `row ${id}` }), id)));
    const gone = [30, 20].map((id) => stored(withId(new User({ name: `gone ${id}` }), id)));
    expect(planned({ inserts: users, updates: rows, deletes: gone })).toEqual([
      'update users row 1, row 2, row 3',
      'insert users c, a, b',
      'delete users gone 20, gone 30',
    ]);
  });

  test('orders composite keys part by part', () => {
    const row = (region: string, number: number): Order =>
      stored(new Order({ region, number, note: `${region}${number}` }));
    const orders = [row('us', 1), row('eu', 10), row('eu', 9)];
    const plan = planFlush({ inserts: [], updates: orders.map(requireState), deletes: [] });
    expect(plan.steps[0]?.states.map(({ entity }) => (entity as Order).note)).toEqual(['eu9', 'eu10', 'us1']);
  });

  test('orders the rows of a table that points at itself', () => {
    const root = new Node({ name: 'root' });
    const left = new Node({ name: 'left', parent: root });
    const leaf = new Node({ name: 'leaf', parent: left });
    const other = new Node({ name: 'other' });
    expect(planned({ inserts: [leaf, other, left, root] })).toEqual([
      'insert nodes other, root',
      'insert nodes left',
      'insert nodes leaf',
    ]);
  });

  test('knows new parents also by the key alone', () => {
    const parent = withId(new Node({ name: 'parent' }), 7);
    const child = new Node({ name: 'child', parentId: 7 });
    expect(planned({ inserts: [child, parent] })).toEqual(['insert nodes parent', 'insert nodes child']);
  });

  test('deletes children before their parents, by what their rows say', () => {
    const root = stored(withId(new Node({ name: 'root' }), 1));
    const child = stored(withId(new Node({ name: 'child', parentId: 1 }), 2));
    const leaf = stored(withId(new Node({ name: 'leaf', parentId: 2 }), 3));
    // A change that is not written decides nothing: the rows still are a chain.
    requireState(root).links = new Map([[requireState(root).mapper.links[0]!, requireState(leaf)]]);
    expect(planned({ deletes: [root, child, leaf] })).toEqual([
      'delete nodes leaf',
      'delete nodes child',
      'delete nodes root',
    ]);
  });

  test('orders two tables that point at each other row by row', () => {
    const team = new Team({ name: 'team' });
    const player = new Player({ name: 'player', team });
    const captained = new Team({ name: 'captained', captain: player });
    expect(planned({ inserts: [captained, player, team] })).toEqual([
      'insert teams team',
      'insert players player',
      'insert teams captained',
    ]);
  });

  test('refuses rows that need each other', () => {
    const team = new Team({ name: 'team' });
    team.captain = new Player({ name: 'player', team });
    const work = { inserts: [team, team.captain] };
    expect(() => planned(work)).toThrow(expect.objectContaining({ code: 'SESSION_FLUSH_CYCLE' }));
    expect(() => planned(work)).toThrow(
      /^Cannot insert 2 objects because each needs another of them first: <Team at 0x\w+>, <Player at 0x\w+>\. Set postUpdate: true on a relationship of the circle \(.*\), or flush them/,
    );
    const [a, b] = [
      stored(withId(new Node({ name: 'a', parentId: 2 }), 1)),
      stored(withId(new Node({ name: 'b', parentId: 1 }), 2)),
    ];
    expect(() => planned({ deletes: [a, b] })).toThrow(
      /^Cannot delete 2 objects .* or set one of the links to null and flush before deleting\./,
    );
  });

  test('lets a row point at itself', () => {
    const self = withId(new Node({ name: 'self', parentId: 1 }), 1);
    self.parent = self;
    expect(planned({ inserts: [self] })).toEqual(['insert nodes self']);
  });
});
