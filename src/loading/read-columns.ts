import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { countAbsent, wasReadInPart } from '../state/absent.ts';
import { keyOfRow, valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { assignColumn } from '../state/row-comparer.ts';
import { narrowSelection } from './column-selection.ts';
import { forgetMoved } from './hydrate.ts';
import type { LoadContext } from './load-context.ts';
import type { RowLock } from './query-spec.ts';
import { queryFor } from './query-spec.ts';
import { rowCodecOf } from './row-codec.ts';
import { selectStatement } from './select.ts';

const KEYS_PER_STATEMENT = 500;

export interface ColumnsRead {
  readonly columns: ReadonlySet<ColumnProperty>;
  readonly lock?: RowLock | undefined;
  /** Keep what the program has set since, and what is loaded. */
  readonly keepKnown?: boolean;
}

/** Whether a column's value is the database's and the object does not have it. */
export function isAbsent({ committed, entity }: InstanceState, column: ColumnProperty): boolean {
  return committed?.[column.index] === ABSENT && !Object.hasOwn(entity, column.property);
}

/**
 * Reads some columns of objects, and nothing else: one statement for each class and 500 objects.
 *
 * @returns the objects whose rows are there.
 */
export async function readColumns(
  session: LoadContext,
  states: readonly InstanceState[],
  read: ColumnsRead,
): Promise<Set<InstanceState>> {
  const found = new Set<InstanceState>();
  for (const [mapper, alike] of Map.groupBy(states, (state) => state.mapper))
    for (const state of await readColumnsOf(session, mapper, alike, read)) found.add(state);
  return found;
}

async function readColumnsOf(
  session: LoadContext,
  mapper: Mapper,
  states: readonly InstanceState[],
  { columns, lock, keepKnown = false }: ColumnsRead,
): Promise<Set<InstanceState>> {
  const found = new Set<InstanceState>();
  const context = session.boundTo(mapper);
  const selection = narrowSelection(mapper, columns);
  const { decode } = rowCodecOf(context.dialect, mapper, selection);
  const byKey = new Map(states.map((state) => [state.key, state]));
  const keys = states.map((state) => valuesAt(mapper.primaryKey, state.committed ?? []));
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    const condition = {
      kind: 'keys',
      columns: mapper.primaryKey,
      keys: keys.slice(at, at + KEYS_PER_STATEMENT),
    } as const;
    const spec = { ...queryFor(mapper), conditions: [condition], selection, lock };
    const { statement, parameters } = selectStatement(context.dialect, spec);
    const { rows } = await context.execute(statement, parameters);
    for (const row of rows.map(decode)) {
      const state = byKey.get(keyOfRow(mapper, row));
      if (state === undefined) continue;
      found.add(state);
      take(state, row, { columns, keepKnown });
    }
  }
  return found;
}

/** Reads what objects of one mapper lack: all their expired columns, and `more` where they are not loaded. */
export async function readAbsent(
  context: LoadContext,
  states: readonly InstanceState[],
  more: ReadonlySet<ColumnProperty>,
): Promise<Set<InstanceState>> {
  const columns = new Set(states.flatMap((state) => absentColumns(state.mapper, state, more)));
  return readColumns(context, states, { columns, keepKnown: true });
}

function absentColumns(mapper: Mapper, state: InstanceState, more: ReadonlySet<ColumnProperty>): ColumnProperty[] {
  // Who left columns out of a query gets those that are asked for.
  const isAll = more.size === 0 || !wasReadInPart(state);
  return mapper.columns.filter(
    (column) => isAbsent(state, column) && (more.has(column) || (isAll && !column.isDeferred)),
  );
}

function take(
  state: InstanceState,
  row: readonly unknown[],
  { columns, keepKnown }: { readonly columns: ReadonlySet<ColumnProperty>; readonly keepKnown: boolean },
): void {
  const before = state.committed ?? [];
  const committed = before.slice();
  for (const column of columns) {
    if (keepKnown && committed[column.index] !== ABSENT) continue;
    const isSet = Object.hasOwn(state.entity, column.property);
    const isKept = keepKnown && isSet;
    committed[column.index] = row[column.index];
    if (!isKept) assignColumn(state, column, column.copy(row[column.index]));
  }
  state.committed = committed;
  state.absentCount = countAbsent(state.mapper, committed);
  forgetMoved(state, (column) => !column.equals(committed[column.index], before[column.index]));
}
