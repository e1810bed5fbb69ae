import { HermeticError } from './hermetic-error.ts';

/** Rows that need each other's keys before either can be written. */
export class FlushCycleError extends HermeticError {
  static among(action: 'insert' | 'delete', instances: readonly string[]): FlushCycleError {
    return new FlushCycleError({
      code: 'SESSION_FLUSH_CYCLE',
      message: `Cannot ${action} ${instances.length} objects because each needs another of them first: ${instances.slice(0, 5).join(', ')}.`,
      cure:
        action === 'insert'
          ? 'Flush them with one of the links left empty, then set it and flush again.'
          : 'Set one of the links to null and flush before deleting.',
    });
  }
}

/** An UPDATE or DELETE met fewer rows than there were objects: somebody else changed or deleted them. */
export class StaleDataError extends HermeticError {
  static of(action: 'UPDATE' | 'DELETE', table: string, counts: { expected: number; matched: number }): StaleDataError {
    return new StaleDataError({
      code: 'SESSION_STALE_ROW',
      message: `${action} statement on table '${table}' expected to ${action.toLowerCase()} ${counts.expected} row(s); ${counts.matched} were matched.`,
      cure: 'Roll back, read the objects again and repeat the change.',
      retryable: true,
    });
  }
}

/** An object came out of its INSERT without a primary key. */
export class NullKeyError extends HermeticError {
  static after(instance: string, columns: readonly string[]): NullKeyError {
    return new NullKeyError({
      code: 'SESSION_NULL_KEY',
      message: `Instance ${instance} has no value for its primary key (${columns.join(', ')}).`,
      cure: 'Give the key before the flush, or declare it with t.serial() or a default.',
    });
  }
}
