import type { Connection } from '../engine/connection.ts';
import type { SessionHooks } from './session-hooks.ts';
import { surface } from './session-hooks.ts';
import type { TransactionFacts } from './transaction-facts.ts';
import type { TransactionWatch } from './transaction-watch.ts';

/** What the news of a transaction need of the session's core. */
export interface NewsHost {
  readonly hooks: SessionHooks;
  /** Undoes the innermost level. */
  fail(error: unknown): Promise<void>;
}

/** Brings the news of a session's transaction to its listeners. */
export class TransactionNews implements TransactionWatch {
  readonly #host: NewsHost;

  constructor(host: NewsHost) {
    this.#host = host;
  }

  created(transaction: TransactionFacts): void {
    this.#host.hooks.created(transaction);
  }

  ended(transaction: TransactionFacts): void {
    this.#host.hooks.ended(transaction);
  }

  /** Tells of the transaction that was opened; one whose listener fails is rolled back. */
  async announce(): Promise<void> {
    const { hooks } = this.#host;
    if (!hooks.hasBoundaries) return;
    const errors = await hooks.tellBoundaries();
    if (errors.length > 0) await this.#host.fail(errors[0]);
    surface(errors);
  }

  async begun(transaction: TransactionFacts, connection: Connection): Promise<void> {
    const { hooks } = this.#host;
    if (!hooks.wants('afterBegin')) return;
    try {
      await hooks.emit('afterBegin', { transaction, connection });
    } catch (error) {
      // What the listener was to set up is not there: nothing may run without it.
      await this.#host.fail(error);
      throw error;
    }
  }
}
