import type { ErrorCode } from './codes.ts';
import { HermeticError } from './hermetic-error.ts';

/** What is known of a refusal by the database. Names only: never a value. */
export interface DatabaseRefusal {
  /** The driver's error. */
  readonly cause: unknown;
  /** The database's own code: an SQLSTATE, or the name of an SQLite result code. */
  readonly sqlState?: string | undefined;
  /** The statement's text. */
  readonly sql?: string | undefined;
  readonly table?: string | undefined;
  readonly constraint?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  /** The database's own words, given only where they cannot hold a value. */
  readonly words?: string | undefined;
}

interface Wording {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure: string;
  readonly retryable?: boolean;
}

/**
 * Something the database, or the way to it, refused.
 *
 * `sqlState` is the database's own code, `sql` the statement's text, `cause` the driver's error. Parameter values are
 * in none of them but `cause`.
 */
export class DatabaseError extends HermeticError {
  readonly sqlState: string | undefined;
  readonly sql: string | undefined;
  readonly table: string | undefined;
  readonly constraint: string | undefined;
  readonly columns: readonly string[];

  constructor(wording: Wording, refusal: DatabaseRefusal) {
    super({ ...wording, cause: refusal.cause });
    this.sqlState = refusal.sqlState;
    this.sql = refusal.sql;
    this.table = refusal.table;
    this.constraint = refusal.constraint;
    this.columns = refusal.columns ?? [];
  }

  static from(refusal: DatabaseRefusal): DatabaseError {
    const words = (refusal.words ?? 'its words may hold values, and are in `cause`').replace(/\.$/, '');
    return new DatabaseError(
      {
        code: 'DATABASE_ERROR',
        message: `The database refused${statementOf(refusal)}${stateOf(refusal)}: ${words}.`,
        cure: "Correct the statement or its parameters; `cause` is the driver's error.",
      },
      refusal,
    );
  }

  /** The program's own mistake in calling the driver, such as a parameter that cannot be bound. */
  static unusable(sql: string, reason: string, cause?: unknown): DatabaseError {
    return DatabaseError.from({ cause, sql, words: reason });
  }
}

/** Any of the four broken promises of a table. */
export class ConstraintViolation extends DatabaseError {}

export class UniqueViolation extends ConstraintViolation {
  static override from(refusal: DatabaseRefusal): UniqueViolation {
    return new UniqueViolation(
      {
        code: 'DATABASE_UNIQUE_VIOLATION',
        message: `A row with the same value exists already${placeOf(refusal)}.`,
        cure: 'Use another value, or change the row that has it.',
      },
      refusal,
    );
  }
}

export class ForeignKeyViolation extends ConstraintViolation {
  static override from(refusal: DatabaseRefusal): ForeignKeyViolation {
    return new ForeignKeyViolation(
      {
        code: 'DATABASE_FOREIGN_KEY_VIOLATION',
        message: `A foreign key points at no row, or a row is still pointed at${placeOf(refusal)}.`,
        cure: 'Add the row that is pointed at first; delete the rows that point at it first.',
      },
      refusal,
    );
  }
}

export class NotNullViolation extends ConstraintViolation {
  static override from(refusal: DatabaseRefusal): NotNullViolation {
    return new NotNullViolation(
      {
        code: 'DATABASE_NOT_NULL_VIOLATION',
        message: `A column that must have a value was given none${placeOf(refusal)}.`,
        cure: 'Give it a value or a default, or make the column nullable.',
      },
      refusal,
    );
  }
}

export class CheckViolation extends ConstraintViolation {
  static override from(refusal: DatabaseRefusal): CheckViolation {
    return new CheckViolation(
      {
        code: 'DATABASE_CHECK_VIOLATION',
        message: `A value breaks a check${placeOf(refusal)}.`,
        cure: 'Give a value that the check allows.',
      },
      refusal,
    );
  }
}

export class SerializationFailure extends DatabaseError {
  static override from(refusal: DatabaseRefusal): SerializationFailure {
    return new SerializationFailure(
      {
        code: 'DATABASE_SERIALIZATION_FAILURE',
        message: `Another transaction changed what this one relies on${stateOf(refusal)}.`,
        cure: 'Run the whole transaction again.',
        retryable: true,
      },
      refusal,
    );
  }
}

export class Deadlock extends DatabaseError {
  static override from(refusal: DatabaseRefusal): Deadlock {
    return new Deadlock(
      {
        code: 'DATABASE_DEADLOCK',
        message: `Two transactions waited for each other and the database ended this one${stateOf(refusal)}.`,
        cure: 'Run the whole transaction again, and touch rows in one order everywhere.',
        retryable: true,
      },
      refusal,
    );
  }
}

/** Who has a lock that somebody waited for. */
export interface LockHolder {
  readonly label: string | undefined;
  /** How long it has held the lock, milliseconds. */
  readonly heldMs: number;
}

export class LockTimeout extends DatabaseError {
  static override from(refusal: DatabaseRefusal): LockTimeout {
    return new LockTimeout(
      {
        code: 'DATABASE_LOCK_TIMEOUT',
        message: `A lock was not to be had in time${placeOf(refusal)}${stateOf(refusal)}.`,
        cure: 'Try again, or shorten the transaction that holds the lock.',
        retryable: true,
      },
      refusal,
    );
  }

  /** @param holder - undefined when another process has the lock. */
  static ofFile(file: string, waitedMs: number, holder: LockHolder | undefined, refusal: DatabaseRefusal): LockTimeout {
    const who =
      holder === undefined
        ? 'another process holds it'
        : `${holder.label ?? 'an unlabelled connection of this process'} has held it for ${Math.round(holder.heldMs)} ms`;
    return new LockTimeout(
      {
        code: 'DATABASE_LOCK_TIMEOUT',
        message: `The write lock of ${file} was not to be had in ${Math.round(waitedMs)} ms: ${who}.`,
        cure: 'Shorten the transaction that holds it, or raise `busyTimeout`.',
        retryable: true,
      },
      refusal,
    );
  }
}

/** The connection is gone, or could not be made. Its transaction is gone with it. */
export class DisconnectError extends DatabaseError {
  static override from(refusal: DatabaseRefusal): DisconnectError {
    return new DisconnectError(
      {
        code: 'DATABASE_DISCONNECT',
        message: `The connection to the database was lost${stateOf(refusal)}${refusal.words === undefined ? '' : `: ${refusal.words}`}.`,
        cure: 'Run the whole transaction again: the pool opens another connection.',
        retryable: true,
      },
      refusal,
    );
  }

  static connecting(address: string, refusal: DatabaseRefusal): DisconnectError {
    return new DisconnectError(
      {
        code: 'DATABASE_DISCONNECT',
        message: `No connection to ${address} could be made${stateOf(refusal)}${refusal.words === undefined ? '' : `: ${refusal.words}`}.`,
        cure: 'See that the server runs there and takes these credentials.',
        retryable: true,
      },
      refusal,
    );
  }

  /** @param reason - what the program gave for throwing the connection away, if anything. */
  static dropped(sql: string, reason: unknown): DisconnectError {
    const words = reason instanceof Error && reason.message !== '' ? `: ${reason.message.replace(/\.$/, '')}.` : '.';
    return new DisconnectError(
      {
        code: 'DATABASE_DISCONNECT',
        message: `The program threw the connection away while a statement ran on it${words}`,
        cure: 'Look at `cause` for why it was given up; whether the statement was carried out is not known.',
        retryable: true,
      },
      { cause: reason, sql },
    );
  }

  static closed(address: string): DisconnectError {
    return DisconnectError.from({ cause: undefined, words: `the connection to ${address} is closed` });
  }
}

/** The connection went while COMMIT was on its way: whether the transaction was committed is not known. */
export class CommitUnknownError extends DisconnectError {
  static after(disconnect: DisconnectError): CommitUnknownError {
    return new CommitUnknownError(
      {
        code: 'DATABASE_COMMIT_UNKNOWN',
        message: `The connection was lost${stateOf(disconnect)} before the answer to COMMIT came, so the transaction may or may not have been committed.`,
        cure: 'Look in the database whether it was before you do the work again, or give the work a unique key of its own, so that a second time is refused.',
      },
      { cause: disconnect, sqlState: disconnect.sqlState, sql: disconnect.sql },
    );
  }
}

function stateOf(refusal: Pick<DatabaseRefusal, 'sqlState'>): string {
  return refusal.sqlState === undefined ? '' : ` (${refusal.sqlState})`;
}

function placeOf({ table, columns, constraint }: DatabaseRefusal): string {
  const where = table === undefined ? '' : ` in table ${table}`;
  const which = columns === undefined || columns.length === 0 ? '' : `, column ${columns.join(', ')}`;
  const rule = constraint === undefined ? '' : `, constraint ${constraint}`;
  return `${where}${which}${rule}`;
}

const LONGEST_SHOWN = 300;

function statementOf({ sql }: DatabaseRefusal): string {
  if (sql === undefined) return ' the request';
  return ` "${sql.length > LONGEST_SHOWN ? `${sql.slice(0, LONGEST_SHOWN)}…` : sql}"`;
}
