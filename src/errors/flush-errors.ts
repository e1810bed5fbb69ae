import { HermeticError } from './hermetic-error.ts';
import type { ErrorFacts } from './hermetic-error.ts';

/** Rows that need each other's keys before either can be written. */
export class FlushCycleError extends HermeticError {
  /** @param relationships - what leads from one of them to another, such as `Person.favourite`. */
  static among(
    action: 'insert' | 'delete',
    instances: readonly string[],
    relationships: readonly string[],
  ): FlushCycleError {
    const other =
      action === 'insert'
        ? 'flush them with one of the links left empty, then set it and flush again'
        : 'set one of the links to null and flush before deleting';
    return new FlushCycleError({
      code: 'SESSION_FLUSH_CYCLE',
      message: `Cannot ${action} ${instances.length} objects because each needs another of them first: ${instances.slice(0, 5).join(', ')}.`,
      cure: `Set postUpdate: true on a relationship of the circle${relationships.length === 0 ? '' : ` (${relationships.join(', ')})`}, or ${other}.`,
    });
  }

  static exchange(instances: readonly string[], key: string): FlushCycleError {
    return new FlushCycleError({
      code: 'SESSION_FLUSH_CYCLE',
      message: `Cannot exchange the primary keys of ${instances.join(', ')}: no part of the key (${key}) can hold another value for a moment.`,
      cure: 'Give one of them a key that is free and flush, then exchange the rest.',
    });
  }
}

/** Facts, and the numbers of rows. */
interface StaleFacts extends ErrorFacts {
  readonly expected: number;
  readonly matched: number;
}

/** An UPDATE or DELETE met fewer rows than there were objects: somebody else changed or deleted them. */
export class StaleDataError extends HermeticError {
  /** How many rows should have been met. */
  readonly expected: number;
  /** How many were. */
  readonly matched: number;

  constructor(facts: StaleFacts) {
    super(facts);
    this.expected = facts.expected;
    this.matched = facts.matched;
  }

  static merged(instance: string): StaleDataError {
    return new StaleDataError({
      code: 'SESSION_STALE_ROW',
      message: `Version id on merged state ${instance} does not match existing version.`,
      cure: 'Leave the version attribute unset when merging to update the most recent version.',
      expected: 1,
      matched: 0,
    });
  }

  /** A locking read is made to go on from what it gives: what is held must not be older. */
  static locked(instance: string): StaleDataError {
    return new StaleDataError({
      code: 'SESSION_STALE_ROW',
      message: `Instance ${instance} has a version id which does not match the database-loaded version id.`,
      cure: 'Refresh it with a lock: session.refresh(object, [], { forUpdate: true }).',
      retryable: true,
      expected: 1,
      matched: 0,
    });
  }

  static of(action: 'UPDATE' | 'DELETE', table: string, counts: { expected: number; matched: number }): StaleDataError {
    return new StaleDataError({
      code: 'SESSION_STALE_ROW',
      message: `${action} statement on table '${table}' expected to ${action.toLowerCase()} ${counts.expected} row(s); ${counts.matched} were matched.`,
      cure: 'Roll back, read the objects again and repeat the change.',
      retryable: true,
      ...counts,
    });
  }

  /** What a warning says of rows that were gone before their DELETE. */
  static warning(table: string, counts: { expected: number; matched: number }): StaleDataError {
    return new StaleDataError({
      code: 'SESSION_STALE_ROW',
      message: `DELETE statement on table '${table}' expected to delete ${counts.expected} row(s); ${counts.matched} were matched.`,
      cure: 'If the database deletes such rows by itself, set confirmDeletedRows: false in the options of the model.',
      ...counts,
    });
  }
}

/** A row cannot be written or found because a part of its primary key has no value. */
export class NullKeyError extends HermeticError {
  static after(instance: string, columns: readonly string[]): NullKeyError {
    return new NullKeyError({
      code: 'SESSION_NULL_KEY',
      message: `Instance ${instance} has a NULL identity key (${columns.join(', ')}).`,
      cure: 'Give the key before the flush, or declare it with t.serial() or a default.',
    });
  }

  static inStatement(action: 'update' | 'delete from', table: string, column: string): NullKeyError {
    return new NullKeyError({
      code: 'SESSION_NULL_KEY',
      message: `Can't ${action} table ${table} using NULL for primary key value on column ${column}.`,
      cure: 'Give every part of the key a value; delete the object if its row is to go.',
    });
  }
}

/** A row whose version is not known cannot be told from later ones. */
export class NullVersionError extends HermeticError {
  static of(instance: string, attribute: string): NullVersionError {
    return new NullVersionError({
      code: 'SESSION_NULL_VERSION',
      message: `Instance does not contain a non-NULL version value (attribute '${attribute}' of ${instance}).`,
      cure: 'Give existing rows a version in the database; where the program keeps versions, set it before the flush.',
    });
  }
}

/** A column holds what the database cannot take. */
export class BadValueError extends HermeticError {
  /** @param refusal - what the column's type takes and what kind of thing was found, never the value; and who said so. */
  static of(
    attribute: string,
    instance: string,
    { expectation, cause }: { expectation: string; cause: unknown },
  ): BadValueError {
    return new BadValueError({
      code: 'SESSION_BAD_VALUE',
      message: `${attribute} of ${instance} cannot be written: ${expectation}.`,
      cure: 'Assign a value of the declared type; nothing of this flush was kept.',
      cause,
    });
  }

  static readOnly(attribute: string, instance: string): BadValueError {
    return new BadValueError({
      code: 'SESSION_BAD_VALUE',
      message: `${attribute} of ${instance} was assigned, but the database computes it.`,
      cure: 'Change the columns that it is computed from.',
    });
  }
}

/** The database answered an INSERT with fewer rows than it was given, so that keys cannot be told apart. */
export class MissingRowsError extends HermeticError {
  static after(table: string, counts: { expected: number; returned: number }): MissingRowsError {
    return new MissingRowsError({
      code: 'SESSION_MISSING_ROWS',
      message: `INSERT statement on table '${table}' was given ${counts.expected} row(s); ${counts.returned} came of it.`,
      cure: 'Look for a trigger or rule on the table that leaves rows out or sends them elsewhere.',
    });
  }
}
