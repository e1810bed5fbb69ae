import { codecsOf } from '../loading/row-codec.ts';
import type { FlushContext } from './flush-context.ts';
import type { FlushStep } from './flush-plan.ts';
import { StaleDataError } from '../errors/flush-errors.ts';
import { deleteStatement } from './write-statements.ts';

/** Deletes the rows of a step by primary key. */
export async function deleteRows(context: FlushContext, step: FlushStep): Promise<void> {
  const { mapper, states } = step;
  const codecs = codecsOf(context.dialect, mapper);
  const limit = context.dialect.bulk.maxRows(mapper.primaryKey.length);
  for (const state of states) context.remember(state);
  for (let at = 0; at < states.length; at += limit) {
    const chunk = states.slice(at, at + limit);
    const rows = chunk.map((state) =>
      mapper.primaryKey.map((column) => codecs[column.index]?.encode(state.committed?.[column.index])),
    );
    const { statement, parameters } = deleteStatement(context.dialect, mapper, rows);
    const { affected } = await context.execute(statement, parameters);
    if (affected !== chunk.length) warnMissed(mapper.table.name, chunk.length, affected);
  }
  for (const state of states) {
    context.identity.delete(state);
    state.links = undefined;
    state.moveTo('deleted');
    context.forget(state);
  }
}

/** Rows that are gone already are what a DELETE wants: said, not thrown. */
function warnMissed(table: string, expected: number, matched: number): void {
  const { message, code } = StaleDataError.of('DELETE', table, { expected, matched });
  process.emitWarning(message, { type: 'HermeticWarning', code });
}
