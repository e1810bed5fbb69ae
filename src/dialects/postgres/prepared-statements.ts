import { createHash } from 'node:crypto';

import { LruMap } from '../../util/lru-map.ts';
import type { Wire, WireField } from './wire.ts';

/**
 * One statement prepared by name on one connection.
 *
 * `unsure`: an error hid whether the server has it, or it is out of date; closing it first is always allowed.
 */
export interface PreparedStatement {
  readonly name: string;
  state: 'new' | 'sure' | 'unsure';
  /** What the server said of the result; it need not be asked again, since a plan whose result changed is refused. */
  fields: readonly WireField[];
}

/** The statements that one connection keeps prepared: bounded, the ones unused for longest are closed. */
export class PreparedStatements {
  /** SQL text → its statement on the server. */
  readonly #statements: LruMap<string, PreparedStatement>;
  /** Names to close with the next message. */
  #evicted: string[] = [];

  constructor(limit: number) {
    this.#statements = new LruMap(limit, ({ name }) => this.#evicted.push(name));
  }

  get(sql: string): PreparedStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement: PreparedStatement = { name: nameOf(sql), state: 'new', fields: [] };
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Closes what was evicted. Costs no round trip: the answer comes with that of the next statement. */
  closeEvicted(wire: Wire): void {
    if (this.#evicted.length === 0) return;
    for (const name of this.#evicted) wire.close({ type: 'S', name });
    this.#evicted = [];
  }
}

/** The same text has the same name in every process, so that server-side statistics and proxies can tell. */
function nameOf(sql: string): string {
  return `h_${createHash('sha1').update(sql).digest('hex').slice(0, 24)}`;
}
