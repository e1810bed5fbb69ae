import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';

import { compileOnly } from '../compile-only.ts';
import type { Dialect, IsolationLevel } from '../dialect.ts';
import { mayWrite } from '../may-write.ts';
import { bulk, MAX_PARAMETERS } from './bulk.ts';
import { addForeignKeys, createTable, dropTable } from './ddl.ts';
import { jsonRows } from './json-rows.ts';
import { codec } from './types.ts';

/** PostgreSQL. BEGIN goes out with the first statement, in the same round trip. */
export const postgres: Dialect = Object.freeze({
  name: 'postgres',
  kysely: compileOnly({
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  }),
  codec,
  json: jsonRows,
  bulk,
  createTable,
  dropTable,
  addForeignKeys,
  aroundDrop: { before: [], after: [] },
  begin: (level: IsolationLevel | undefined, readOnly: boolean) => {
    const isolation = level === undefined ? '' : ` isolation level ${level}`;
    return { sql: `begin${isolation}${readOnly ? ' read only' : ''}`, when: 'first-statement' } as const;
  },
  supportsTwoPhase: true,
  mayWrite,
  returnsAfterTriggers: true,
  locksRows: true,
  isRemote: true,
  nullsAre: 'greatest',
  maxParameters: MAX_PARAMETERS,
});
