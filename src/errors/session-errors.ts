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

  static needsTwoPhase(): SessionOptionError {
    return new SessionOptionError({
      code: 'SESSION_BAD_OPTION',
      message: "prepare() needs a session with the option 'twophase'.",
      cure: 'Make the session with twophase: true, on PostgreSQL.',
    });
  }

  static type(option: string, expected: string): SessionOptionError {
    return new SessionOptionError({
      code: 'SESSION_BAD_OPTION',
      message: `The session option '${option}' must be ${expected}.`,
      cure: 'Correct it where the session or its factory is made.',
    });
  }

  static twoPhase(dialect: string, address: string): SessionOptionError {
    return new SessionOptionError({
      code: 'SESSION_BAD_OPTION',
      message: `The session option 'twophase' cannot work with ${dialect} (${address}), which cannot prepare a transaction.`,
      cure: 'Leave twophase out, or use PostgreSQL for every engine of the session.',
    });
  }

  static twoPhaseDisabled(address: string, cause: unknown): SessionOptionError {
    return new SessionOptionError({
      code: 'SESSION_BAD_OPTION',
      message: `The session option 'twophase' cannot work with ${address}, which keeps no prepared transactions.`,
      cure: 'Set max_prepared_transactions of that server above 0 and restart it, or leave twophase out.',
      cause,
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

  /** @param cause - what made the inner block fail. */
  static joined(cause?: unknown): SessionTransactionError {
    const original = cause instanceof Error ? `: ${cause.message}` : '.';
    return new SessionTransactionError({
      code: 'SESSION_CLOSED_TRANSACTION',
      message: `A begin block inside this transaction failed and rolled it back${original}`,
      cure: 'Let the error reach the outermost begin block, or use beginNested() where a part may fail.',
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** @param failure - what rolled the transaction back, if an error did. */
  static blockEnded(failure: unknown): SessionTransactionError {
    const original = failure instanceof Error ? failure.message : failure;
    const why =
      failure === undefined ? '' : ` The transaction was rolled back due to an exception: ${String(original)}.`;
    return new SessionTransactionError({
      code: 'SESSION_BLOCK_ENDED',
      message: `Can't operate on closed transaction inside context manager.${why}`,
      cure: 'Leave the begin block before using this session again: its transaction has ended, and its end would commit nothing.',
      ...(failure === undefined ? {} : { cause: failure }),
    });
  }

  static phase(status: string): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_PHASE',
      message: `This session is in '${status}' state; no further SQL can be emitted within this transaction.`,
      cure:
        status === 'prepared'
          ? 'Call commit() or rollback() now.'
          : 'Run it when commit() has returned; it then begins a transaction of its own.',
    });
  }

  /** @param call - what cannot be done outside a transaction in autocommit mode. */
  static noTransaction(call: string): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_NO_TRANSACTION',
      message: `${call} needs a transaction, and this autocommit session is in none.`,
      cure: 'Call it inside session.begin(…).',
    });
  }

  static isolationIgnored(wanted: string): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_ISOLATION_IGNORED',
      message: `The isolation level '${wanted}' is ignored: this transaction has its connection already.`,
      cure: 'Pass it to the first call of connection() in the transaction, or as the isolationLevel of the session.',
    });
  }

  static changedWhileInactive(): SessionTransactionError {
    return new SessionTransactionError({
      code: 'SESSION_PENDING_ROLLBACK',
      message: "Session's state has been changed on a non-active transaction; the change was discarded.",
      cure: 'Call session.rollback() as soon as a flush has failed, and repeat the change after it.',
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

  static pendingKey(instance: string, attributes: readonly string[]): ObjectStateError {
    return new ObjectStateError({
      code: 'SESSION_PENDING_KEY',
      message: `Please flush pending primary key changes on attributes ${attributes.join(', ')} of ${instance} before proceeding with a refresh.`,
      cure: 'Call await session.flush() first, or undo the change of the key.',
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

/** `getOne`: there is no row with this key. */
export class NoSuchObject extends NoResultError {
  static override of(model: string, call: string): NoSuchObject {
    return new NoSuchObject({
      code: 'QUERY_NO_RESULT',
      message: `There is no ${model} with the key that ${call} was given.`,
      cure: 'Use get(), which gives null, if there may be none.',
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
