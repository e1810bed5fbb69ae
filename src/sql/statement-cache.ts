import { LruMap } from '../util/lru-map.ts';
import type { Statement } from './statement.ts';

/**
 * Statements by shape, so that each text is built once.
 *
 * A key says everything that the text depends on and nothing else: never a parameter value.
 */
export class StatementCache {
  /** shape → statement; the ones unused for longest are forgotten. */
  readonly #statements: LruMap<string, Statement>;

  /** @param limit - most statements kept. */
  constructor(limit = 1_000) {
    this.#statements = new LruMap(limit);
  }

  get size(): number {
    return this.#statements.size;
  }

  /** The statement of this shape, built at the first call. */
  get(key: string, build: () => Statement): Statement {
    const known = this.#statements.get(key);
    if (known !== undefined) return known;
    const statement = build();
    this.#statements.set(key, statement);
    return statement;
  }
}
