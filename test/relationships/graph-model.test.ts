import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import type { Session } from '../../src/session/session.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { requireState } from '../../src/state/entity.ts';
import { inspect } from '../../src/state/inspect.ts';
import { UNLOADED } from '../../src/state/instance-state.ts';
import { cutMember, knownRelated, linkMember } from '../../src/state/related.ts';
import { DATABASES } from '../support/databases.ts';

class Doc extends Model('docs', {
  id: t.integer().primaryKey(),
  parentId: t.integer().nullable(),
  get labels() {
    return many(() => Label, { through: 'doc_labels' });
  },
  get cites() {
    return many(() => Doc, { through: { table: 'cites', from: 'citing_id', to: 'cited_id' } });
  },
  get citedBy() {
    return many(() => Doc, { through: { table: 'cites', from: 'cited_id', to: 'citing_id' } });
  },
  get parent() {
    return one(() => Doc, 'parentId');
  },
  get children() {
    return many(() => Doc, 'parentId');
  },
}) {}

class Label extends Model('labels', {
  id: t.integer().primaryKey(),
  get docs() {
    return many(() => Doc, { through: 'doc_labels' });
  },
}) {}

const VERBS = [
  'add doc',
  'add label',
  'label',
  'label',
  'label from its side',
  'cite',
  'be cited',
  'adopt',
  'be adopted',
  'delete doc',
  'delete label',
  'peek',
  'expire',
  'forget',
  'flush',
  'commit',
  'rollback',
  'savepoint',
] as const;

interface Step {
  readonly verb: (typeof VERBS)[number];
  readonly pick: number;
  readonly other: number;
}

const STEPS = array(record<Step>({ verb: constantFrom(...VERBS), pick: nat(9), other: nat(9) }), {
  minLength: 8,
  maxLength: 40,
});

/** What there is, in plain data. */
class Plain {
  readonly docs = new Set<number>();
  readonly labels = new Set<number>();
  /** `doc label`. */
  readonly labelled = new Set<string>();
  /** `citing cited`. */
  readonly cites = new Set<string>();
  readonly parents = new Map<number, number>();

  copy(): Plain {
    const copy = new Plain();
    for (const name of ['docs', 'labels', 'labelled', 'cites'] as const)
      for (const each of this[name]) (copy[name] as Set<unknown>).add(each);
    for (const [child, parent] of this.parents) copy.parents.set(child, parent);
    return copy;
  }

  toggle(pairs: Set<string>, pair: string): boolean {
    if (pairs.delete(pair)) return false;
    pairs.add(pair);
    return true;
  }

  removeDoc(id: number): void {
    this.docs.delete(id);
    for (const pair of this.labelled) if (pair.startsWith(`${id} `)) this.labelled.delete(pair);
    for (const pair of this.cites) if (pair.split(' ').includes(String(id))) this.cites.delete(pair);
    for (const [child, parent] of this.parents) if (child === id || parent === id) this.parents.delete(child);
  }

  removeLabel(id: number): void {
    this.labels.delete(id);
    for (const pair of this.labelled) if (pair.endsWith(` ${id}`)) this.labelled.delete(pair);
  }

  seconds(pairs: ReadonlySet<string>, first: number): number[] {
    return sorted([...pairs].filter((pair) => pair.startsWith(`${first} `)).map((pair) => Number(pair.split(' ')[1])));
  }

  firsts(pairs: ReadonlySet<string>, second: number): number[] {
    return sorted([...pairs].filter((pair) => pair.endsWith(` ${second}`)).map((pair) => Number(pair.split(' ')[0])));
  }

  children(id: number): number[] {
    return sorted([...this.parents].filter(([, parent]) => parent === id).map(([child]) => child));
  }
}

function sorted(ids: number[]): number[] {
  return ids.sort((left, right) => left - right);
}

function at<T>(set: ReadonlySet<T>, pick: number): T | undefined {
  return [...set][pick % Math.max(1, set.size)];
}

/** Turns a link of a collection on or off, loaded or not. */
function setMember(holder: object, property: string, member: object, isIn: boolean): void {
  const state = requireState(holder);
  const relationship = state.mapper.attributes.get(property);
  if (relationship?.kind !== 'relationship') throw new TypeError(property);
  if (knownRelated(state, relationship) === UNLOADED)
    return (isIn ? linkMember : cutMember)(state, relationship, requireState(member));
  const members = (holder as Record<string, object[]>)[property]!;
  if (isIn) members.push(member);
  else members.splice(members.indexOf(member), 1);
}

class Play {
  plain = new Plain();
  committed = new Plain();
  next = 1;
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async doc(id: number): Promise<Doc> {
    return this.session.noAutoflush(() => this.#find(Doc, id));
  }

  async label(id: number): Promise<Label> {
    return this.session.noAutoflush(() => this.#find(Label, id));
  }

  async #find<E extends Doc | Label>(model: new (...args: any[]) => E, id: number): Promise<E> {
    const pending = this.session.new.find((each): each is E => each instanceof model && each.id === id);
    return pending ?? ((await this.session.getOne(model as unknown as typeof Doc, id)) as unknown as E);
  }

  async step({ verb, pick, other }: Step): Promise<void> {
    const { plain, session } = this;
    const [docId, otherId, labelId] = [at(plain.docs, pick), at(plain.docs, other), at(plain.labels, other)];
    switch (verb) {
      case 'add doc': {
        const id = this.next++;
        session.add(new Doc({ id }));
        return void plain.docs.add(id);
      }
      case 'add label': {
        const id = this.next++;
        session.add(new Label({ id }));
        return void plain.labels.add(id);
      }
      case 'label':
      case 'label from its side': {
        if (docId === undefined || labelId === undefined) return;
        const [doc, label] = [await this.doc(docId), await this.label(labelId)];
        const isIn = plain.toggle(plain.labelled, `${docId} ${labelId}`);
        return verb === 'label' ? setMember(doc, 'labels', label, isIn) : setMember(label, 'docs', doc, isIn);
      }
      case 'cite':
      case 'be cited': {
        if (docId === undefined || otherId === undefined) return;
        const [doc, cited] = [await this.doc(docId), await this.doc(otherId)];
        const isIn = plain.toggle(plain.cites, `${docId} ${otherId}`);
        return verb === 'cite' ? setMember(doc, 'cites', cited, isIn) : setMember(cited, 'citedBy', doc, isIn);
      }
      case 'adopt':
      case 'be adopted': {
        // A circle of new rows cannot be inserted: parents are older than their children.
        if (docId === undefined || otherId === undefined || docId >= otherId) return;
        const [parent, child] = [await this.doc(docId), await this.doc(otherId)];
        const isIn = plain.parents.get(otherId) !== docId;
        if (isIn) plain.parents.set(otherId, docId);
        else plain.parents.delete(otherId);
        // A child that does not know its parent cannot leave the parent's collection before the flush.
        await session.noAutoflush(() => child.parent);
        if (verb === 'adopt') return setMember(parent, 'children', child, isIn);
        return void (child.parent = isIn ? parent : null);
      }
      case 'delete doc':
        if (docId === undefined) return;
        session.delete(await this.doc(docId));
        plain.removeDoc(docId);
        return session.flush();
      case 'delete label':
        if (labelId === undefined) return;
        session.delete(await this.label(labelId));
        plain.removeLabel(labelId);
        return session.flush();
      case 'peek':
        return docId === undefined ? undefined : session.noAutoflush(() => this.expectDoc(docId));
      case 'expire':
        await session.flush();
        if (docId !== undefined) session.expire(await this.doc(docId));
        return;
      case 'forget':
        await this.step({ verb: 'commit', pick, other });
        return session.expungeAll();
      case 'flush':
        return session.flush();
      case 'commit':
        await session.commit();
        return void (this.committed = plain.copy());
      case 'rollback':
        await session.rollback();
        return void (this.plain = this.committed.copy());
      case 'savepoint':
        return this.savepoint(pick, other);
    }
  }

  /** Work that is undone. */
  async savepoint(pick: number, other: number): Promise<void> {
    const nested = await this.session.beginNested();
    const before = this.plain.copy();
    await this.step({ verb: 'label', pick, other });
    await this.step({ verb: 'be cited', pick: other, other: pick });
    await this.step({ verb: 'delete doc', pick: other, other });
    await nested.rollback();
    this.plain = before;
  }

  async expectDoc(id: number): Promise<void> {
    const { plain } = this;
    const doc = await this.doc(id);
    const ids = async (members: PromiseLike<readonly { id: number }[]> | readonly { id: number }[]) =>
      sorted((await members).map((each) => each.id));
    expect({
      labels: await ids(doc.labels),
      cites: await ids(doc.cites),
      citedBy: await ids(doc.citedBy),
      children: await ids(doc.children),
      parent: (await doc.parent)?.id,
    }).toEqual({
      labels: plain.seconds(plain.labelled, id),
      cites: plain.seconds(plain.cites, id),
      citedBy: plain.firsts(plain.cites, id),
      children: plain.children(id),
      parent: plain.parents.get(id),
    });
  }

  /** Memory, the plain model and the tables agree. */
  async expectTruth(): Promise<void> {
    const { plain, session } = this;
    for (const id of plain.docs) await this.expectDoc(id);
    for (const id of plain.labels) {
      const docs = await (await this.label(id)).docs;
      expect(sorted(docs.map((each) => each.id))).toEqual(plain.firsts(plain.labelled, id));
    }
    await session.flush();
    const rows = async (sql: string): Promise<string[]> =>
      (await session.execute(sql)).rows.map((row) => row.join(' ')).sort();
    expect(await rows('select doc_id, label_id from doc_labels')).toEqual([...plain.labelled].sort());
    expect(await rows('select citing_id, cited_id from cites')).toEqual([...plain.cites].sort());
    expect(session.dirty).toEqual([]);
    for (const each of session) expect(inspect(each).modified).toBe(false);
  }
}

async function empty(engine: Engine): Promise<void> {
  await engine.execute('update docs set parent_id = null');
  for (const table of ['doc_labels', 'cites', 'docs', 'labels']) await engine.execute(`delete from ${table}`);
}

describe.each(DATABASES)('any work on a graph of many-to-manys on $name', (database) => {
  test('leaves memory, a plain model and the rows the same', { timeout: 60_000 }, async () => {
    const engine = await database.createEngine();
    await engine.createAll([Doc, Label]);
    const property = asyncProperty(STEPS, async (steps) => {
      await empty(engine);
      await using session = sessionFactory(engine, { repeatedLoads: false })();
      const play = new Play(session);
      for (const verb of ['add doc', 'add doc', 'add doc', 'add label', 'add label', 'commit'] as const)
        await play.step({ verb, pick: 0, other: 0 });
      for (const step of steps) {
        await play.step(step);
        if (step.other % 3 === 0 || step.verb === 'rollback') await play.expectTruth();
      }
      await play.expectTruth();
      await session.commit();
      await play.expectTruth();
    });
    await assert(property, {
      numRuns: Number(process.env['GRAPH_RUNS'] ?? 50),
      seed: Number(process.env['GRAPH_SEED'] ?? 11),
    });
  });
});
