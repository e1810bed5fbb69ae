import {
  CheckViolation,
  DatabaseError,
  ForeignKeyViolation,
  LockTimeout,
  NotNullViolation,
  SerializationFailure,
  UniqueViolation,
} from '../../errors/database-errors.ts';
import type { DatabaseRefusal } from '../../errors/database-errors.ts';

/** Extended result code → its name, for those that mean something to programs. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  25: 'SQLITE_RANGE',
  26: 'SQLITE_NOTADB',
  261: 'SQLITE_BUSY_RECOVERY',
  262: 'SQLITE_LOCKED_SHAREDCACHE',
  275: 'SQLITE_CONSTRAINT_CHECK',
  517: 'SQLITE_BUSY_SNAPSHOT',
  773: 'SQLITE_BUSY_TIMEOUT',
  787: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  1299: 'SQLITE_CONSTRAINT_NOTNULL',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  1811: 'SQLITE_CONSTRAINT_TRIGGER',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
  2579: 'SQLITE_CONSTRAINT_ROWID',
};

/** The name of the result code in an error of either library, or undefined when SQLite itself did not speak. */
export function codeName(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') {
    return NAMES[error.errcode] ?? NAMES[error.errcode & 0xff] ?? `SQLITE_${error.errcode}`;
  }
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_') ? error.code : undefined;
}

/** Somebody else has the lock and waiting helps: not so for a snapshot that is out of date. */
export function isBusy(error: unknown): boolean {
  const name = codeName(error);
  return name !== undefined && name.startsWith('SQLITE_BUSY') && name !== 'SQLITE_BUSY_SNAPSHOT';
}

/** The error of either library as one of ours. */
export function translate(error: unknown, sql: string): DatabaseError {
  const sqlState = codeName(error);
  const words = error instanceof Error ? error.message : String(error);
  if (sqlState === undefined) return DatabaseError.unusable(sql, words, error);
  return refuse(sqlState, { cause: error, sqlState, sql, ...placeIn(words) }, words);
}

function refuse(code: string, refusal: DatabaseRefusal, words: string): DatabaseError {
  switch (code) {
    case 'SQLITE_CONSTRAINT_UNIQUE':
    case 'SQLITE_CONSTRAINT_PRIMARYKEY':
    case 'SQLITE_CONSTRAINT_ROWID':
      return UniqueViolation.from(refusal);
    case 'SQLITE_CONSTRAINT_FOREIGNKEY':
      return ForeignKeyViolation.from(refusal);
    case 'SQLITE_CONSTRAINT_NOTNULL':
      return NotNullViolation.from(refusal);
    case 'SQLITE_CONSTRAINT_CHECK':
      return CheckViolation.from(refusal);
    case 'SQLITE_BUSY_SNAPSHOT':
      return SerializationFailure.from(refusal);
    default:
      return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')
        ? LockTimeout.from(refusal)
        : DatabaseError.from({ ...refusal, words });
  }
}

/** Reads `UNIQUE constraint failed: users.email, users.name` and its kin. */
function placeIn(message: string): Pick<DatabaseRefusal, 'table' | 'columns' | 'constraint'> {
  const match = /^(UNIQUE|NOT NULL|CHECK) constraint failed: (.*)$/.exec(message);
  if (match === null) return {};
  const subject = match[2] ?? '';
  if (match[1] === 'CHECK') return { constraint: subject };
  const pairs = subject.split(', ').map((pair) => pair.split('.'));
  const table = pairs[0]?.[1] === undefined ? undefined : pairs[0][0];
  return { table, columns: pairs.map((pair) => pair.at(-1) ?? '') };
}
