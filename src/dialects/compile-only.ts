import { DummyDriver, Kysely } from 'kysely';
import type { DatabaseIntrospector, DialectAdapter, QueryCompiler } from 'kysely';

export interface CompileOnlyParts {
  createAdapter(): DialectAdapter;
  createQueryCompiler(): QueryCompiler;
  createIntrospector(db: Kysely<any>): DatabaseIntrospector;
}

/** A Kysely that compiles and never runs. */
export function compileOnly(parts: CompileOnlyParts): Kysely<any> {
  return new Kysely<any>({ dialect: { ...parts, createDriver: () => new DummyDriver() } });
}
