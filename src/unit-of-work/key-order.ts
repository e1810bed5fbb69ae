import { randomInt, randomUUID } from 'node:crypto';

import { FlushCycleError, StaleDataError } from '../errors/flush-errors.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import { rootPart } from '../mapping/table-parts.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import { keyOfRow, keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { valueOf } from '../state/row-comparer.ts';
import { dependencyLayers } from '../util/topological.ts';
import { valueEncoder } from './encode-values.ts';
import type { FlushContext } from './flush-context.ts';
import { followKeys } from './follow-keys.ts';
import { matchColumns } from './versions.ts';
import { updateStatement } from './write-statements.ts';

/** One row, and what is to be written of it. */
export interface RowUpdate {
  readonly state: InstanceState;
  readonly columns: readonly ColumnProperty[];
}

/**
 * Updates in waves, so that a row gives its key up before another takes it. Where rows exchange keys in a circle, one of
 * them is first parked on a key that nobody has: databases compare keys row by row.
 */
export async function* inKeyOrder(
  context: FlushContext,
  updates: readonly RowUpdate[],
): AsyncGenerator<readonly RowUpdate[]> {
  const moves = updates.filter(({ columns }) => columns.some((column) => column.isPrimaryKey));
  const others = updates.filter((update) => !moves.includes(update));
  if (moves.length < 2) {
    yield updates;
    return;
  }
  if (others.length > 0) yield others;
  let open: readonly RowUpdate[] = moves;
  while (open.length > 0) {
    const before = vacaters(open);
    const { layers, circle } = dependencyLayers(open, (update) =>
      [before.get(update)].filter((each) => each !== undefined),
    );
    yield* layers;
    const [first] = circle;
    if (first !== undefined) await park(context, onCircle(first, before));
    open = circle;
  }
}

/** Update → the one that must give its key up first. */
function vacaters(updates: readonly RowUpdate[]): Map<RowUpdate, RowUpdate> {
  const byKey = new Map(updates.map((update) => [keyOfRow(update.state.mapper, update.state.committed ?? []), update]));
  const result = new Map<RowUpdate, RowUpdate>();
  for (const update of updates) {
    const wanted = update.state.mapper.primaryKey.map((column) => valueOf(update.state, column));
    if (wanted.some((value) => value instanceof SqlExpression)) continue;
    const holder = byKey.get(keyOfValues(wanted));
    if (holder !== undefined && holder !== update) result.set(update, holder);
  }
  return result;
}

/** Whoever is met twice on the way from one to the next is on a circle. */
function onCircle(first: RowUpdate, before: ReadonlyMap<RowUpdate, RowUpdate>): RowUpdate {
  const met = new Set<RowUpdate>();
  let update = first;
  while (!met.has(update)) {
    met.add(update);
    update = before.get(update) ?? update;
  }
  return update;
}

/** Gives the row a key for the moment; the object keeps showing the one that it will have. */
async function park(context: FlushContext, { state, columns }: RowUpdate): Promise<void> {
  const { mapper } = state;
  const column = columns.find((each) => each.isPrimaryKey && isFree(state, each));
  if (column === undefined)
    throw FlushCycleError.exchange([String(state)], mapper.primaryKey.map((each) => each.property).join(', '));
  const before = state.committed ?? [];
  const committed = before.slice();
  committed[column.index] = placeholder(column);
  const match = matchColumns(mapper);
  const row = [...match.map((each) => [each, before] as const), [column, committed] as const];
  const encode = valueEncoder(context.dialect, mapper);
  const encoded = row.map(([each, from]) => encode(state, each, from[each.index]));
  const { statement, parameters } = updateStatement(context.dialect, rootPart(mapper), {
    match,
    columns: [column],
    returning: [],
    rows: [encoded],
  });
  const { affected } = await context.execute(statement, parameters);
  if (affected !== 1) throw StaleDataError.of('UPDATE', mapper.table.name, { expected: 1, matched: affected });
  context.identity.delete(state);
  state.committed = committed;
  state.key = keyOfRow(mapper, committed);
  context.admit(state);
  followKeys(context, [{ state, before }]);
}

const PARKABLE = new Set(['integer', 'bigint', 'text', 'varchar', 'uuid']);

/** A part of the key that is no foreign key and whose type has room. */
function isFree({ mapper }: InstanceState, column: ColumnProperty): boolean {
  return PARKABLE.has(column.type.name) && !mapper.links.some((link) => link.childColumns.includes(column));
}

/** Programs number from 1 up: a large negative number is nobody's. */
function placeholder({ type }: ColumnProperty): unknown {
  if (type.name === 'integer') return -randomInt(2 ** 30, 2 ** 31);
  if (type.name === 'bigint') return -BigInt(randomInt(2 ** 46, 2 ** 47));
  return type.name === 'varchar' ? randomUUID().slice(0, type.length) : randomUUID();
}
