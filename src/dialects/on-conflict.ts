import { columnNames, quote, quoteList } from './ddl-clauses.ts';
import type { BulkUpsert } from './dialect.ts';

/** What PostgreSQL and SQLite write after the rows of an upsert. */
export function onConflict({ table, conflict, update, increment }: BulkUpsert): string {
  const sets = update.map(({ name }) => `${quote(name)} = excluded.${quote(name)}`);
  if (increment !== undefined && sets.length > 0) {
    const name = quote(increment.name);
    sets.push(`${name} = ${quote(table.name)}.${name} + 1`);
  }
  const action = sets.length === 0 ? 'nothing' : `update set ${sets.join(', ')}`;
  return `on conflict (${quoteList(columnNames(conflict))}) do ${action}`;
}
