import { columnNames, quote, quoteList } from './ddl-clauses.ts';
import type { BulkUpsert } from './dialect.ts';

/** What PostgreSQL and SQLite write after the rows of an upsert. */
export function onConflict({ conflict, update }: Pick<BulkUpsert, 'conflict' | 'update'>): string {
  const sets = update.map(({ name }) => `${quote(name)} = excluded.${quote(name)}`);
  return `on conflict (${quoteList(columnNames(conflict))}) do ${sets.length === 0 ? 'nothing' : `update set ${sets.join(', ')}`}`;
}
