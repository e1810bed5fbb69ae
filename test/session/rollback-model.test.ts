import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { TransactionHandle } from '../../src/index.ts';
import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import type { Opened } from '../support/open-session.ts';

type Session = ReturnType<Opened['Session']>;
type Child = Job | Address;
type Entity = User | Child;

/** One object as the program should see it. */
interface Expected {
  name: string;
  parent: User | null;
  isMarked: boolean;
}

/** Object → what its row should hold. */
type Rows = Map<Entity, { readonly name: string; readonly parent: User | null }>;

const STEPS = [
  'addUser',
  'addJob',
  'addAddress',
  'edit',
  'move',
  'orphan',
  'delete',
  'flush',
  'savepoint',
  'release',
  'rollbackTo',
  'commit',
  'rollback',
  'conflict',
] as const;

interface Step {
  readonly step: (typeof STEPS)[number];
  readonly a: number;
  readonly b: number;
}

/** Does to a session and to plain maps the same, and compares them. */
class Play {
  readonly #session: Session;
  readonly #opened: Opened;
  /** Objects in the session, as they should be. */
  #memory = new Map<Entity, Expected>();
  /** Rows as of the last flush. */
  #rows: Rows = new Map();
  #committed: Rows = new Map();
  #savepoints: { readonly handle: TransactionHandle; readonly rows: Rows }[] = [];
  #count = 0;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#session = opened.Session();
  }

  async take({ step, a, b }: Step): Promise<void> {
    await this[step](a, b);
    this.#compare();
  }

  async end(): Promise<void> {
    await this.rollback();
    this.#compare();
    await this.#session.close();
  }

  addUser(): void {
    const name = `user ${++this.#count}`;
    const user = new User({ name, email: name });
    expect([user.jobs, user.addresses]).toEqual([[], []]);
    this.#session.add(user);
    this.#memory.set(user, { name, parent: null, isMarked: false });
  }

  addJob(a: number, b: number): void {
    const owner = pick(this.#users(), a);
    if (owner === undefined) return;
    const title = `job ${++this.#count}`;
    const job = new Job(b % 2 === 0 ? { title, owner } : { title });
    if (b % 2 === 0) this.#session.add(job);
    else (owner.jobs as Job[]).push(job);
    this.#memory.set(job, { name: title, parent: owner, isMarked: false });
  }

  addAddress(a: number, b: number): void {
    const user = b % 3 === 0 ? undefined : pick(this.#users(), a);
    const street = `address ${++this.#count}`;
    const address = new Address({ street });
    this.#session.add(address);
    if (user !== undefined) this.#link(address, user, b);
    this.#memory.set(address, { name: street, parent: user ?? null, isMarked: false });
  }

  edit(a: number): void {
    const entity = pick([...this.#memory.keys()], a);
    if (entity === undefined) return;
    const name = `edit ${++this.#count}`;
    if (entity instanceof User) entity.name = name;
    else if (entity instanceof Job) entity.title = name;
    else entity.street = name;
    this.#memory.get(entity)!.name = name;
  }

  move(a: number, b: number): void {
    const child = pick(this.#children(), a);
    const parent = pick(this.#users(), b);
    if (child === undefined || parent === undefined) return;
    this.#link(child, parent, a);
    this.#memory.get(child)!.parent = parent;
  }

  orphan(a: number, b: number): void {
    const child = pick(this.#children(), a);
    const parent = child && this.#memory.get(child)!.parent;
    if (child === undefined || parent === undefined || parent === null) return;
    if (b % 2 === 0) cut(child);
    else {
      const siblings = (child instanceof Job ? parent.jobs : parent.addresses) as Child[];
      siblings.splice(siblings.indexOf(child), 1);
    }
    this.#memory.get(child)!.parent = null;
  }

  delete(a: number): void {
    const entity = pick([...this.#memory.keys()], a);
    if (entity === undefined) return;
    const isPending = inspect(entity).state === 'pending';
    const children = this.#childrenOf(entity);
    // An address would stay, linked to an object that is in no session.
    if (isPending && children.some((child) => child instanceof Address || inspect(child).state !== 'pending')) return;
    this.#session.delete(entity);
    if (!isPending) this.#memory.get(entity)!.isMarked = true;
    else for (const gone of [entity, ...children]) this.#memory.delete(gone);
  }

  async flush(): Promise<void> {
    await this.#session.flush();
    this.#written();
  }

  async savepoint(): Promise<void> {
    if (this.#savepoints.length === 3) return;
    const handle = await this.#session.beginNested();
    this.#written();
    this.#savepoints.push({ handle, rows: new Map(this.#rows) });
  }

  async release(a: number): Promise<void> {
    const at = this.#savepoints.length === 0 ? -1 : a % this.#savepoints.length;
    if (at < 0) return;
    await this.#savepoints[at]!.handle.commit();
    this.#savepoints.length = at;
    this.#written();
  }

  async rollbackTo(a: number): Promise<void> {
    const at = this.#savepoints.length === 0 ? -1 : a % this.#savepoints.length;
    if (at < 0) return;
    const { handle, rows } = this.#savepoints[at]!;
    await handle.rollback();
    this.#savepoints.length = at;
    this.#backTo(rows);
  }

  async commit(): Promise<void> {
    await this.#session.commit();
    this.#written();
    for (const entity of this.#memory.keys()) expect(inspect(entity).state).toBe('persistent');
    this.#savepoints = [];
    this.#committed = new Map(this.#rows);
    await this.#compareRows();
  }

  async rollback(): Promise<void> {
    await this.#session.rollback();
    this.#savepoints = [];
    this.#backTo(this.#committed);
    await this.#compareRows();
  }

  /** A flush that breaks a promise of the table: its level is undone at once. */
  async conflict(a: number, b: number): Promise<void> {
    const taken = pick([...this.#rows.keys()], a);
    if (!(taken instanceof User)) return;
    this.#session.add(new User({ name: 'conflict', email: taken.email }));
    await expect(this.#session.flush()).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
    const innermost = this.#savepoints.at(-1);
    this.#backTo(innermost?.rows ?? this.#committed);
    this.#compare();
    await expect(this.#session.find(User)).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    await expect(this.#session.commit()).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    if (innermost === undefined || b % 2 === 0) await this.rollback();
    else await this.rollbackTo(this.#savepoints.length - 1);
  }

  #link(child: Child, parent: User, side: number): void {
    if (side % 2 === 0) linkByChild(child, parent);
    else ((child instanceof Job ? parent.jobs : parent.addresses) as Child[]).push(child);
  }

  /** What a flush makes of memory. */
  #written(): void {
    for (const [entity, expected] of this.#memory) {
      const isGone = expected.isMarked || this.#isOrphan(entity, expected);
      if (!isGone) continue;
      this.#memory.delete(entity);
      for (const child of this.#childrenOf(entity)) {
        if (child instanceof Job) this.#memory.delete(child);
        else this.#memory.get(child)!.parent = null;
      }
    }
    this.#rows = new Map([...this.#memory].map(([entity, { name, parent }]) => [entity, { name, parent }]));
  }

  #isOrphan(entity: Entity, { parent }: Expected): boolean {
    return entity instanceof Job && parent === null;
  }

  /** Memory is what the rows say; what has no row is out of the session. */
  #backTo(rows: Rows): void {
    for (const entity of this.#memory.keys()) if (!rows.has(entity)) expect(inspect(entity).state).toBe('transient');
    this.#rows = new Map(rows);
    this.#memory = new Map([...rows].map(([entity, row]) => [entity, { ...row, isMarked: false }]));
  }

  #users(): User[] {
    return [...this.#memory].flatMap(([entity, { isMarked }]) => (entity instanceof User && !isMarked ? [entity] : []));
  }

  #children(): Child[] {
    return [...this.#memory].flatMap(([entity, { isMarked }]) => (entity instanceof User || isMarked ? [] : [entity]));
  }

  #childrenOf(parent: Entity): Child[] {
    return [...this.#memory].flatMap(([entity, expected]) =>
      expected.parent === parent && !(entity instanceof User) ? [entity] : [],
    );
  }

  #compare(): void {
    const session = this.#session;
    expectSame(session, [...this.#memory.keys(), ...deletedIn(session)]);
    for (const [entity, { name, parent, isMarked }] of this.#memory) {
      expect([nameOf(entity), session.deleted.includes(entity), session.has(entity)]).toEqual([name, isMarked, true]);
      const state = inspect(entity).state;
      expect(state).toBe(this.#rows.has(entity) ? 'persistent' : 'pending');
      if (entity instanceof User) this.#compareCollections(entity);
      else expect(parentOf(entity)).toBe(parent);
    }
  }

  #compareCollections(user: User): void {
    const children = this.#childrenOf(user);
    const jobs = children.filter((child) => child instanceof Job);
    const addresses = children.filter((child) => child instanceof Address);
    expectSame(user.jobs as Job[], jobs);
    expectSame(user.addresses as Address[], addresses);
  }

  async #compareRows(): Promise<void> {
    const { engine } = this.#opened;
    const expected = (kind: typeof User | typeof Job | typeof Address): unknown[][] =>
      [...this.#rows]
        .filter(([entity]) => entity instanceof kind)
        .map(([entity, { name, parent }]) => [entity.id, name, ...(entity instanceof User ? [] : [parent?.id ?? null])])
        .sort((left, right) => (left[0] as number) - (right[0] as number));
    expect(await rowsOf(engine, 'users', 'id, name')).toEqual(expected(User));
    expect(await rowsOf(engine, 'jobs', 'id, title, owner_id')).toEqual(expected(Job));
    expect(await rowsOf(engine, 'addresses', 'id, street, user_id')).toEqual(expected(Address));
  }
}

/** The same objects, in whatever order. */
function expectSame(actual: Iterable<object>, expected: Iterable<object>): void {
  const [left, right] = [new Set(actual), new Set(expected)];
  expect([[...left.difference(right)], [...right.difference(left)]]).toEqual([[], []]);
}

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % Math.max(1, list.length)];
}

function nameOf(entity: Entity): string {
  if (entity instanceof User) return entity.name;
  return entity instanceof Job ? entity.title : entity.street;
}

function parentOf(child: Child): unknown {
  return child instanceof Job ? child.owner : child.user;
}

function linkByChild(child: Child, parent: User): void {
  if (child instanceof Job) child.owner = parent;
  else child.user = parent;
}

function cut(child: Child): void {
  if (child instanceof Job) (child as { owner: unknown }).owner = null;
  else child.user = null;
}

/** Objects whose rows this transaction deleted are still in the session. */
function deletedIn(session: Session): object[] {
  return [...session].filter((entity) => inspect(entity).state === 'deleted');
}

const steps = fc.array(fc.record({ step: fc.constantFrom(...STEPS), a: fc.nat(30), b: fc.nat(30) }), {
  minLength: 4,
  maxLength: 30,
});

describe.for(DATABASES)('a session on $name', (database) => {
  test('agrees with a plain model after every step, and with the database after commit and rollback', async () => {
    const opened = await open(database);
    const property = fc.asyncProperty(steps, async (plan) => {
      for (const table of ['jobs', 'addresses', 'users']) await opened.engine.execute(`delete from ${table}`);
      const play = new Play(opened);
      for (const step of plan) await play.take(step);
      await play.end();
    });
    await fc.assert(property, { seed: 20_240, numRuns: 250 });
  });
});
