import type { Engine } from '../../src/engine/engine.ts';
import type { ModelClass } from '../../src/index.ts';
import { sessionFactory } from '../../src/index.ts';
import type { SessionFactory } from '../../src/session/session-factory.ts';
import type { TestDatabase } from '../support/databases.ts';
import { recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

export interface OpenedModels<M extends Readonly<Record<string, ModelClass>>> {
  readonly engine: Engine;
  readonly Session: SessionFactory<M>;
  /** The statements since the last call in a few words, those that begin and end transactions aside. */
  took(): string[];
  /** Their texts. */
  texts(): string[];
}

/** An empty database with the tables of some models. */
export async function openModels<M extends Readonly<Record<string, ModelClass>>>(
  database: TestDatabase,
  models: M,
): Promise<OpenedModels<M>> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(models));
  const statements = recordStatements(engine);
  const texts = (): string[] => statements.take().filter((sql) => !/^(begin|commit|rollback)/.test(sql));
  return { engine, Session: sessionFactory(engine, { models }), took: () => texts().map(inFewWords), texts };
}
