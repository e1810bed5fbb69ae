import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';

import { compileOnly } from '../compile-only.ts';
import type { Dialect, IsolationLevel } from '../dialect.ts';
import { mayWrite } from '../may-write.ts';
import { bulk, MAX_PARAMETERS } from './bulk.ts';
import { createTable, dropTable } from './ddl.ts';
import { jsonRows } from './json-rows.ts';
import { codec } from './types.ts';

/**
 * SQLite.
 *
 * BEGIN is always IMMEDIATE, so that a transaction which read first can never fail to write; it goes out only before
 * the first write, so that readers neither wait nor make others wait. 'serializable' sends it at once.
 */
export const sqlite: Dialect = Object.freeze({
  name: 'sqlite',
  kysely: compileOnly({
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }),
  codec,
  json: jsonRows,
  bulk,
  createTable,
  dropTable,
  addForeignKeys: () => [],
  aroundDrop: { before: ['pragma foreign_keys = off'], after: ['pragma foreign_keys = on'] },
  begin: (level: IsolationLevel | undefined) =>
    ({ sql: 'begin immediate', when: level === 'serializable' ? 'first-statement' : 'first-write' }) as const,
  supportsTwoPhase: false,
  mayWrite,
  returnsAfterTriggers: false,
  locksRows: false,
  isRemote: false,
  nullsAre: 'least',
  maxParameters: MAX_PARAMETERS,
});
