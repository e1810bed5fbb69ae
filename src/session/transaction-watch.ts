import type { Connection } from '../engine/connection.ts';
import type { TransactionFacts } from './transaction-facts.ts';

/** Who is told of the transaction's life. */
export interface TransactionWatch {
  /** A level was opened in memory. */
  created(transaction: TransactionFacts): void;
  /** What was opened is made known now, before its first SQL. */
  announce(): Promise<void>;
  /** The transaction has a connection. */
  begun(transaction: TransactionFacts, connection: Connection): Promise<void>;
  /** A level was left. */
  ended(transaction: TransactionFacts): void;
}
