import { HermeticError } from './hermetic-error.ts';

/** An option of a session that is unknown or has a value that it cannot have. */
export class SessionOptionError extends HermeticError {
  static unknown(option: string, known: readonly string[]): SessionOptionError {
    return new SessionOptionError({
      code: 'SESSION_BAD_OPTION',
      message: `Sessions have no option '${option}'.`,
      cure: `Use one of: ${known.join(', ')}.`,
    });
  }

  static type(option: string, expected: string): SessionOptionError {
    return new SessionOptionError({
      code: 'SESSION_BAD_OPTION',
      message: `The session option '${option}' must be ${expected}.`,
      cure: 'Correct it where the session or its factory is made.',
    });
  }
}

/** A session was used that cannot be used any more. */
export class SessionClosedError extends HermeticError {
  static permanently(): SessionClosedError {
    return new SessionClosedError({
      code: 'SESSION_CLOSED',
      message: 'This Session has been permanently closed and is unable to handle any more transaction requests.',
      cure: 'Make a new session, or leave closeResetsOnly at true.',
    });
  }

  static aborted(cause: unknown): SessionClosedError {
    return new SessionClosedError({
      code: 'SESSION_CLOSED',
      message: 'The work of this Session was aborted.',
      cure: 'Stop using it: whoever gave it the signal has given up on the result.',
      cause,
    });
  }
}

/** After a failed flush: everything was rolled back, and the session waits to be told that the program knows. */
export class PendingRollbackError extends HermeticError {
  static after(cause: unknown): PendingRollbackError {
    const original = cause instanceof Error ? cause.message : String(cause);
    return new PendingRollbackError({
      code: 'SESSION_PENDING_ROLLBACK',
      message: `This Session's transaction has been rolled back due to a previous exception during flush. Original exception was: ${original}`,
      cure: 'Call await session.rollback() before using this session again.',
      cause,
    });
  }
}

/** `begin`, `commit` or `rollback` at a time when it cannot be. */
export class SessionTransactionError extends HermeticError {
  static begun(): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_TRANSACTION_BEGUN',
      message: 'A transaction is already begun on this Session.',
      cure: 'Commit or roll it back first, or use beginNested() for a savepoint.',
    });
  }

  static closed(): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_CLOSED_TRANSACTION',
      message: 'This transaction is closed.',
      cure: 'Begin a new one; a handle serves one transaction only.',
    });
  }

  static closedInBlock(): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_CLOSED_TRANSACTION',
      message: 'The transaction of this begin block is closed already, so nothing more can be done in it.',
      cure: 'Commit and roll back at the end of the block, or do the rest after it.',
    });
  }

  static joined(): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_CLOSED_TRANSACTION',
      message: 'A begin block inside this transaction failed and rolled it back.',
      cure: 'Let the error reach the outermost begin block, or use beginNested() where a part may fail.',
    });
  }

  static noAutobegin(): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_AUTOBEGIN_DISABLED',
      message: 'Autobegin is disabled on this Session.',
      cure: 'Call session.begin() to start a new transaction.',
    });
  }
}

/** An object cannot come into this session. */
export class AttachError extends HermeticError {
  static elsewhere(instance: string): AttachError {
    return new AttachError({
      code: 'SESSION_ALREADY_ATTACHED',
      message: `Object ${instance} is already attached to another session.`,
      cure: 'Expunge it there first, or load it here with get().',
    });
  }

  static conflict(instance: string, other: string): AttachError {
    return new AttachError({
      code: 'SESSION_IDENTITY_CONFLICT',
      message: `Can't attach instance ${instance}; another instance with its key, ${other}, is already present in this session.`,
      cure: 'Use the instance that is there: session.get() returns it.',
    });
  }

  static deleted(instance: string): AttachError {
    return new AttachError({
      code: 'SESSION_OBJECT_DELETED',
      message: `Instance ${instance} has been deleted.`,
      cure: 'Use makeTransient(object) to add it again as a new row, or roll back if its deletion is not committed.',
    });
  }
}

/** An object is not in the state that the call needs. */
export class ObjectStateError extends HermeticError {
  static notPersistent(instance: string, verb: string): ObjectStateError {
    return new ObjectStateError({
      code: 'SESSION_NOT_PERSISTENT',
      message: `Instance ${instance} is not persistent within this Session, so ${verb}() cannot proceed.`,
      cure: 'Add and flush it first, or load it with get().',
    });
  }

  static notPersisted(instance: string): ObjectStateError {
    return new ObjectStateError({
      code: 'SESSION_NOT_PERSISTENT',
      message: `Instance ${instance} is not persisted.`,
      cure: 'There is no row to delete yet: add and flush it first, or simply drop the object.',
    });
  }

  static notTransient(instance: string): ObjectStateError {
    return new ObjectStateError({
      code: 'STATE_NOT_TRANSIENT',
      message: `Instance ${instance} has a row or a session; only a transient object can be made detached.`,
      cure: 'Pass an object that was just made with new, or call makeTransient(object) first.',
    });
  }

  static noKey(instance: string, missing: readonly string[]): ObjectStateError {
    return new ObjectStateError({
      code: 'SESSION_NULL_KEY',
      message: `Instance ${instance} has no value for its primary key (${missing.join(', ')}), so there is no row that it could stand for.`,
      cure: 'Set the whole primary key first.',
    });
  }

  static notPresent(instance: string): ObjectStateError {
    return new ObjectStateError({
      code: 'SESSION_NOT_PRESENT',
      message: `Instance ${instance} is not present in this Session.`,
      cure: 'Only what session.has(object) can be expunged.',
    });
  }

  static unknownModel(name: string): ObjectStateError {
    return new ObjectStateError({
      code: 'SESSION_UNKNOWN_MODEL',
      message: `${name} is not among the models of this Session.`,
      cure: 'Name it in sessionFactory(engine, { models: { … } }).',
    });
  }
}

/** `merge(object, { load: false })` was given something that it cannot take as it is. */
export class MergeError extends HermeticError {
  static transient(instance: string): MergeError {
    return new MergeError({
      code: 'SESSION_MERGE_WITHOUT_LOAD',
      message: `merge() with load: false does not support transient objects, and ${instance} has no row.`,
      cure: 'Flush it where it was made before merging, or merge it with load: true.',
    });
  }

  static dirty(instance: string): MergeError {
    return new MergeError({
      code: 'SESSION_MERGE_WITHOUT_LOAD',
      message: `merge() with load: false does not support objects marked as 'dirty', and ${instance} has unflushed changes.`,
      cure: 'Flush them where they were made before merging, or merge the object with load: true.',
    });
  }
}

/** The row of an object is gone. */
export class ObjectDeletedError extends HermeticError {
  static of(instance: string): ObjectDeletedError {
    return new ObjectDeletedError({
      code: 'SESSION_OBJECT_DELETED',
      message: `Instance ${instance} has been deleted, or its row is otherwise not present.`,
      cure: 'Expunge the object; somebody else deleted its row.',
    });
  }
}

/** A query was given something that it cannot use. */
export class QueryArgumentError extends HermeticError {
  static of(call: string, problem: string, cure: string): QueryArgumentError {
    return new QueryArgumentError({ code: 'QUERY_BAD_ARGUMENT', message: `${call}: ${problem}.`, cure });
  }
}

/** There is no such row. */
export class NoResultError extends HermeticError {
  static of(model: string, call: string): NoResultError {
    return new NoResultError({
      code: 'QUERY_NO_RESULT',
      message: `No ${model} was found where ${call} needs one.`,
      cure: 'Use oneOrNone() or get(), which give null, if there may be none.',
    });
  }
}

/** There are several rows where one is wanted. */
export class MultipleResultsError extends HermeticError {
  static of(model: string, call: string): MultipleResultsError {
    return new MultipleResultsError({
      code: 'QUERY_MULTIPLE_RESULTS',
      message: `More than one ${model} was found where ${call} needs at most one.`,
      cure: 'Narrow the condition, or use first().',
    });
  }
}
