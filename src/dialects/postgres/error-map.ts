import {
  CheckViolation,
  DatabaseError,
  Deadlock,
  DisconnectError,
  ForeignKeyViolation,
  LockTimeout,
  NotNullViolation,
  SerializationFailure,
  UniqueViolation,
} from '../../errors/database-errors.ts';
import type { DatabaseRefusal } from '../../errors/database-errors.ts';

/** What an ErrorResponse holds, as pg reports it. `detail` is full of values and only searched for column names. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly detail?: string;
}

type Translate = (refusal: DatabaseRefusal) => DatabaseError;

const BY_STATE: Readonly<Record<string, Translate>> = {
  '23502': NotNullViolation.from,
  '23503': ForeignKeyViolation.from,
  '23505': UniqueViolation.from,
  '23514': CheckViolation.from,
  '40001': SerializationFailure.from,
  '40P01': Deadlock.from,
  '55P03': LockTimeout.from,
};

/** Classes whose messages quote values: data exceptions, integrity, and what functions raise. */
const QUOTES_VALUES = /^(?:22|23|P0)/;

const CONNECTION_LOST = /^(?:08|57P0[1235])/;

/** @param sql - what ran, if anything did. */
export function translate(error: unknown, sql: string | undefined): DatabaseError {
  // A translated error has been through here before: a statement sent on a connection that was lost earlier.
  if (error instanceof DatabaseError) return error;
  if (!isServerError(error)) return DisconnectError.from({ cause: error, sql, words: wordsOf(error) });
  const refusal = refusalOf(error, sql);
  if (CONNECTION_LOST.test(error.code) || error.severity === 'FATAL' || error.severity === 'PANIC') {
    return DisconnectError.from(refusal);
  }
  return (BY_STATE[error.code] ?? DatabaseError.from)(refusal);
}

/** A failed attempt to connect: wrong credentials are the program's mistake, everything else may pass. */
export function translateConnecting(error: unknown, address: string): DatabaseError {
  if (!isServerError(error)) return DisconnectError.connecting(address, { cause: error, words: wordsOf(error) });
  const refusal = refusalOf(error, undefined);
  return /^(?:28|3D|42)/.test(error.code) ? DatabaseError.from(refusal) : DisconnectError.connecting(address, refusal);
}

/** The prepared statement no longer fits the tables, or the server does not have it. */
export function isStalePlan(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  if (error.sqlState === '26000') return true;
  return error.sqlState === '0A000' && error.cause instanceof Error && error.cause.message.includes('cached plan');
}

function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

function refusalOf(error: ServerError, sql: string | undefined): DatabaseRefusal {
  return {
    cause: error,
    sqlState: error.code,
    sql,
    table: error.table,
    constraint: error.constraint,
    columns: columnsOf(error),
    words: QUOTES_VALUES.test(error.code) ? undefined : error.message,
  };
}

/** `Key (owner_id, name)=(1, x) already exists.` names the columns before the values. */
function columnsOf({ column, detail }: ServerError): string[] {
  if (column !== undefined) return [column];
  const end = detail?.indexOf(')=(') ?? -1;
  if (detail === undefined || !detail.startsWith('Key (') || end < 0) return [];
  return detail.slice('Key ('.length, end).split(', ');
}

/** Node tries every address of a host and then tells only that all failed. */
function wordsOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return wordsOf(error.errors[0]);
  return error instanceof Error ? error.message : undefined;
}
