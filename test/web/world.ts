import { expect, onTestFinished } from 'vitest';

import { Model, scopedSession, sessionFactory, t } from '../../src/index.ts';
import type { Engine, ScopedSession, Session } from '../../src/index.ts';
import { recordStatements } from '../support/databases.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { deferred } from '../support/deferred.ts';
import type { Deferred } from '../support/deferred.ts';
import { observeScopes } from './observed-scopes.ts';
import type { ObservedScopes } from './observed-scopes.ts';

export class Note extends Model('notes', {
  id: t.serial().primaryKey(),
  text: t.text(),
}) {}

/** What the handlers of one test share. */
export interface World {
  readonly engine: Engine;
  readonly db: ScopedSession;
  readonly scopes: ObservedScopes;
  readonly statements: RecordedStatements;
  /** Opened by a handler that has begun to wait. */
  readonly entered: Deferred;
  /** What such a handler waits for. */
  readonly go: Deferred;
  /** Opened when the handler is through. */
  readonly left: Deferred;
  /** What handlers saw, in order. */
  readonly seen: string[];
  readonly warnings: string[];
  /** A handler's own session, for what runs outside its async context. */
  session: Session | undefined;
}

export async function createWorld(database: TestDatabase, poolSize = 5): Promise<World> {
  const engine = await database.createEngine({ poolSize, maxOverflow: 0 });
  await engine.createAll([Note]);
  const db = scopedSession(sessionFactory(engine));
  return {
    engine,
    db,
    scopes: observeScopes(db),
    statements: recordStatements(engine),
    entered: deferred(),
    go: deferred(),
    left: deferred(),
    seen: [],
    warnings: collectWarnings(),
    session: undefined,
  };
}

/** Writes a note in an open transaction. */
export async function writeNote({ db }: World): Promise<void> {
  db.add(new Note({ text: 'written' }));
  await db.flush();
}

/** What a request left behind, to be compared as a whole. */
export interface Aftermath {
  /** Label and ends of each scope, in the order in which they were opened. */
  readonly scopes: readonly string[];
  /** The first word of each statement. */
  readonly statements: readonly string[];
  readonly committedNotes: number;
  readonly seen?: readonly string[];
  readonly warnings?: readonly string[];
}

export async function expectAftermath(world: World, expected: Aftermath): Promise<void> {
  await world.scopes.ended(expected.scopes.length);
  const { checkedOut, waiting } = world.engine.pool.status();
  const statements = world.statements.take().map((sql) => sql.split(' ')[0]);
  const { rows } = await world.engine.execute('select count(*) from notes');
  expect({
    scopes: world.scopes.scopes.map(({ label, ends }) => `${label}: ${ends.join()}`),
    statements,
    committedNotes: Number(rows[0]?.[0]),
    seen: world.seen,
    warnings: world.warnings,
    checkedOut,
    waiting,
  }).toEqual({ seen: [], warnings: [], checkedOut: 0, waiting: 0, ...expected });
}

function collectWarnings(): string[] {
  const warnings: string[] = [];
  const collect = (warning: Error): void => {
    if (warning.name === 'HermeticWarning') warnings.push(warning.message);
  };
  process.on('warning', collect);
  onTestFinished(() => void process.off('warning', collect));
  return warnings;
}
