import type { Dialect } from '../dialects/dialect.ts';
import type { Statement } from '../sql/statement.ts';

/** A compiled Kysely query, or anything else with a text and its parameters. */
export interface CompiledSql {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Whatever can be executed: a text, one of our statements, or a compiled Kysely query. */
export type Executable = string | Statement | CompiledSql;

export interface BoundStatement {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
}

/** A text that the program wrote itself: results are parsed by their database types, nothing is prepared. */
export function freeStatement(dialect: Dialect, sql: string): Statement {
  return { sql, kind: dialect.mayWrite(sql) ? 'write' : 'read', parse: 'typed', prepare: false };
}

/** @param parameters - for a compiled query, instead of its own when given. */
export function bind(
  dialect: Dialect,
  executable: Executable,
  parameters: readonly unknown[] | undefined,
): BoundStatement {
  if (typeof executable === 'string')
    return { statement: freeStatement(dialect, executable), parameters: parameters ?? [] };
  if ('kind' in executable) return { statement: executable, parameters: parameters ?? [] };
  return { statement: freeStatement(dialect, executable.sql), parameters: parameters ?? executable.parameters };
}
