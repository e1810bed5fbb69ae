import { describe, expect, test } from 'vitest';

import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, Node, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

/** `a` over `b` and `c`, `b` over `d` over `e`; `x` alone. */
async function openSeeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database, { tables: [Node] });
  await opened.Session.begin((session) => {
    const node = (name: string, ...children: Node[]): Node => new Node({ name, children });
    session.addAll([node('a', node('c'), node('b', node('d', node('e')))), node('x')]);
  });
  opened.took();
  return opened;
}

const withoutBegin = (texts: readonly string[]): string[] => texts.filter((text) => text !== 'begin');

/** `a(b(d(e)) c)`; `?` where children are not loaded. */
function outline(node: Node): string {
  const children: unknown = node.children;
  if (!Array.isArray(children)) return `${node.name}?`;
  return children.length === 0
    ? node.name
    : `${node.name}(${children.map((child) => outline(child as Node)).join(' ')})`;
}

function ancestors(node: Node): string[] {
  const parent = node.parent as Node | null;
  if (parent === null || !(parent instanceof Node)) return [parent === null ? node.name : `${node.name}?`];
  return [node.name, ...ancestors(parent)];
}

describe.for(DATABASES)('recursive() on $name', (database) => {
  test('loads whole trees in one statement, every collection in order', async () => {
    const { Session, took, statements } = await openSeeded(database);
    await using session = Session();
    const roots = await session
      .find(Node)
      .where({ parentId: null })
      .with({ children: (child) => child.orderBy('name').recursive() })
      .orderBy('name');
    expect(roots.map(outline)).toEqual(['a(b(d(e)) c)', 'x']);
    expect(statements.texts.at(-1)).toContain('with recursive');
    expect(withoutBegin(took())).toHaveLength(2);
    expect(roots[0]!.children[0]!.parent).toBe(roots[0]);
    expect(took()).toEqual([]);
  });

  test('stops at a depth', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const root = await session
      .find(Node)
      .where({ name: 'a' })
      .with({ children: (child) => child.orderBy('name').recursive({ depth: 2 }) })
      .one();
    expect([outline(root), withoutBegin(took()).length]).toEqual(['a(b(d?) c)', 2]);
  });

  test('climbs to the root, or some steps of the way', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const climb = (depth?: number): Promise<Node> =>
      session
        .find(Node)
        .where({ name: 'e' })
        .with({ parent: (node) => node.recursive(depth === undefined ? {} : { depth }) })
        .one();
    expect(ancestors(await climb(2))).toEqual(['e', 'd', 'b?']);
    took();
    expect([ancestors(await climb()), took().length]).toEqual([['e', 'd', 'b', 'a'], 2]);
  });

  test('ends branches where a condition is not met', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const root = await session
      .find(Node)
      .where({ name: 'a' })
      .with({
        children: (child) =>
          child
            .where('name', '!=', 'd')
            .where((eb) => eb('it.name', '<>', 'c'))
            .recursive(),
      })
      .one();
    expect(outline(root)).toBe('a(b)');
  });

  test('ends in circles', async () => {
    const { Session } = await open(database, { tables: [Node] });
    await Session.begin(async (session) => {
      const [first, second] = [new Node({ name: 'first' }), new Node({ name: 'second' })];
      session.addAll([first, second]);
      await session.flush();
      [first.parentId, second.parentId] = [second.id, first.id];
    });
    await using session = Session();
    const first = await session
      .find(Node)
      .where({ name: 'first' })
      .with({ children: (child) => child.recursive(), parent: (node) => node.recursive({ depth: 9 }) })
      .one();
    const second = first.children[0] as Node;
    expect([second.name, (second.children as Node[])[0], second.parent, first.parent]).toEqual([
      'second',
      first,
      first,
      second,
    ]);
  });

  test('goes on from every object, and takes what is not written yet into account', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session({ autoflush: false });
    const d = await session.find(Node).where({ name: 'd' }).one();
    const x = await session.find(Node).where({ name: 'x' }).one();
    d.parent = x;
    took();
    const a = await session
      .find(Node)
      .where({ name: 'a' })
      .with({ children: (child) => child.orderBy('name').with('parent').recursive() })
      .one();
    expect([outline(a), took().length]).toEqual(['a(b c)', 2]);
  });

  test('is refused where there is no way on', async () => {
    const { Session } = await open(database);
    await using session = Session();
    expect(() => session.find(User).with({ jobs: (job) => job.recursive() })).toThrow('User.jobs leads to Job');
    expect(() => session.find(Node).with({ children: (child) => child.limit(1).recursive() })).toThrow('has a limit');
    expect(() => session.find(Node).with({ children: (child) => child.recursive({ depth: 0 }) })).toThrow('depth of 0');
    expect(() => session.find(Job).with({ owner: (user) => user.recursive() })).toThrow('Job.owner leads to User');
  });
});
