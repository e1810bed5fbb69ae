import type { CompiledQuery as KyselyCompiledQuery } from 'kysely';

import type { Statement } from '../sql/statement.ts';

/** Stands for a value while a query is compiled: says where in the list of values its parameter comes from. */
export class Slot {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** A statement whose shape was compiled once, and where each of its parameters comes from. */
export interface CompiledQuery {
  readonly statement: Statement;
  /** By parameter: the index of its value, or the constant that the compiler put in. */
  readonly sources: readonly (Slot | { readonly constant: unknown })[];
}

/** Keeps a compiled query with its slots; nothing of the values stays. */
export function toCompiledQuery(compiled: KyselyCompiledQuery, kind: Statement['kind']): CompiledQuery {
  const statement: Statement = Object.freeze({ sql: compiled.sql, kind, parse: 'raw', prepare: true });
  return {
    statement,
    sources: compiled.parameters.map((value) => (value instanceof Slot ? value : { constant: value })),
  };
}

/** The parameters for one execution. */
export function bind(query: CompiledQuery, values: readonly unknown[]): unknown[] {
  return query.sources.map((source) => (source instanceof Slot ? values[source.index] : source.constant));
}

/** Counts up from 0 while a query is built. */
export function slots(): () => unknown {
  let next = 0;
  return () => new Slot(next++);
}
