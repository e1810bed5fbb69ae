import { narrowSelection } from '../loading/column-selection.ts';
import { rowCodecOf } from '../loading/row-codec.ts';
import { queryFor } from '../loading/query-spec.ts';
import { selectStatement } from '../loading/select.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfRow, valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';
import type { FlushContext } from './flush-context.ts';

/**
 * Reads what triggers made of rows that were just written, where the database's own answer comes before its triggers.
 * One statement; none for models without such columns, or where the answer can be trusted.
 */
export async function readBack(context: FlushContext, mapper: Mapper, states: readonly InstanceState[]): Promise<void> {
  const columns = mapper.serverUpdated.filter((column) => column.isWritable);
  if (context.dialect.returnsAfterTriggers || columns.length === 0) return;
  const keys = states.map((state) => valuesAt(mapper.primaryKey, state.committed ?? []));
  const conditions = [{ kind: 'keys', columns: mapper.primaryKey, keys } as const];
  const selection = narrowSelection(mapper, new Set(columns));
  const { statement, parameters } = selectStatement(context.dialect, { ...queryFor(mapper), conditions, selection });
  const { rows } = await context.execute(statement, parameters);
  const byKey = new Map(states.map((state) => [state.key, state]));
  for (const answer of rows) {
    const row = rowCodecOf(context.dialect, mapper, selection).decode(answer);
    const state = byKey.get(keyOfRow(mapper, row));
    if (state !== undefined) take(state, columns, row);
  }
}

function take(state: InstanceState, columns: readonly ColumnProperty[], row: readonly unknown[]): void {
  const committed = (state.committed ?? []).slice();
  for (const column of columns) {
    const value = row[column.index];
    if (column.equals(valueOf(state, column), committed[column.index])) assignColumn(state, column, column.copy(value));
    committed[column.index] = value;
  }
  state.committed = committed;
}
