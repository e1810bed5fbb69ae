import { randomUUID } from 'node:crypto';

import { DatabaseError } from '../errors/database-errors.ts';
import { TransactionStateError } from '../errors/engine-errors.ts';
import { SessionOptionError } from '../errors/session-errors.ts';
import { InDoubtError, PartialCommitError } from '../errors/transaction-errors.ts';
import type { Enlistment } from './enlistment.ts';

/** What PostgreSQL says when `max_prepared_transactions` is 0. */
const PREPARE_DISABLED = '55000';

/** A transaction that its server keeps under a name, until it is told to commit or to roll back. */
export interface Prepared {
  readonly enlistment: Enlistment;
  readonly id: string;
}

/**
 * Commits one after the other.
 *
 * @param onCommitted - told of each that has committed.
 * @throws {PartialCommitError} SESSION_PARTIAL_COMMIT - one refused after others had committed.
 */
export async function commitAll(
  enlistments: readonly Enlistment[],
  onCommitted: (enlistment: Enlistment) => void,
): Promise<void> {
  if (enlistments.some((each) => each.hasCommit && each.connection.isAborted)) throw TransactionStateError.failed();
  const writers = enlistments.filter((each) => each.hasCommit);
  for (const [at, each] of writers.entries()) {
    try {
      await each.commit();
    } catch (error) {
      if (at === 0) throw error;
      throw PartialCommitError.after(each.connection.address, outcomeOf(writers, at), error);
    }
    onCommitted(each);
  }
  for (const each of enlistments) if (!writers.includes(each)) await each.commit();
}

function outcomeOf(writers: readonly Enlistment[], failedAt: number): { committed: string[]; rolledBack: string[] } {
  const addresses = writers.map((each) => each.connection.address);
  return { committed: addresses.slice(0, failedAt), rolledBack: addresses.slice(failedAt) };
}

/**
 * Has every server promise to commit. When one refuses, those that have promised are told to roll back.
 *
 * @throws {SessionOptionError} SESSION_BAD_OPTION - the server keeps no prepared transactions.
 */
export async function prepareAll(enlistments: readonly Enlistment[]): Promise<Prepared[]> {
  const transaction = `hermetic_${randomUUID()}`;
  const prepared: Prepared[] = [];
  for (const [at, enlistment] of enlistments.entries()) {
    const id = `${transaction}_${at + 1}`;
    try {
      await enlistment.connection.prepareTransaction(id);
    } catch (error) {
      await rollbackPrepared(prepared);
      throw explain(error, enlistment);
    }
    prepared.push({ enlistment, id });
  }
  return prepared;
}

/** Tells all to commit, whatever one of them says. @throws {InDoubtError} SESSION_IN_DOUBT - some could not be told. */
export function commitPrepared(prepared: readonly Prepared[]): Promise<void> {
  return tellAll(prepared, ({ enlistment, id }) => enlistment.connection.commitPrepared(id), 'commit');
}

/** @throws {InDoubtError} SESSION_IN_DOUBT - some could not be told. */
export function rollbackPrepared(prepared: readonly Prepared[]): Promise<void> {
  return tellAll(prepared, ({ enlistment, id }) => enlistment.connection.rollbackPrepared(id), 'rollback');
}

async function tellAll(
  prepared: readonly Prepared[],
  tell: (each: Prepared) => Promise<void>,
  decision: 'commit' | 'rollback',
): Promise<void> {
  const waiting: string[] = [];
  let cause: unknown;
  for (const each of prepared) {
    try {
      await tell(each);
    } catch (error) {
      waiting.push(`${each.enlistment.connection.address}: ${each.id}`);
      cause ??= error;
    }
  }
  if (waiting.length > 0) throw InDoubtError.left(decision, waiting, cause);
}

function explain(error: unknown, { connection }: Enlistment): unknown {
  const isDisabled = error instanceof DatabaseError && error.sqlState === PREPARE_DISABLED;
  return isDisabled ? SessionOptionError.twoPhaseDisabled(connection.address, error) : error;
}
