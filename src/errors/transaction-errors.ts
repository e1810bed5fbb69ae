import { HermeticError } from './hermetic-error.ts';

/** There is no engine or connection to ask. */
export class UnboundError extends HermeticError {
  static model(name: string): UnboundError {
    return new UnboundError({
      code: 'SESSION_NO_BIND',
      message: `Could not locate a bind configured on ${name} or this Session.`,
      cure: `Give the session an engine, or name one for ${name} in binds.`,
    });
  }

  static statement(): UnboundError {
    return new UnboundError({
      code: 'SESSION_NO_BIND',
      message:
        'This session is not bound to a single Engine or Connection, and no context was provided to locate a binding.',
      cure: 'Give the session an engine, or use (await session.connection({ model })).execute(…).',
    });
  }

  static several(tables: readonly string[]): UnboundError {
    return new UnboundError({
      code: 'SESSION_NO_BIND',
      message: `A statement names tables that live on different engines: ${tables.join(', ')}.`,
      cure: 'Query each engine by itself, or load relationships with .with(…), which does.',
    });
  }

  static factory(): UnboundError {
    return new UnboundError({
      code: 'SESSION_NO_BIND',
      message: 'This session factory has no engine of its own: it was made with a connection, or with binds alone.',
      cure: 'Keep the engine at hand where you need it, or look at factory.bind.',
    });
  }
}

/** Several engines took part, some had committed, then one refused: the databases no longer agree. */
export class PartialCommitError extends HermeticError {
  /** Addresses that have committed, in order. */
  readonly committed: readonly string[];
  /** Addresses whose work was rolled back. */
  readonly rolledBack: readonly string[];

  private constructor(facts: ConstructorParameters<typeof HermeticError>[0], outcome: CommitOutcome) {
    super(facts);
    this.committed = outcome.committed;
    this.rolledBack = outcome.rolledBack;
  }

  static after(failed: string, outcome: CommitOutcome, cause: unknown): PartialCommitError {
    return new PartialCommitError(
      {
        code: 'SESSION_PARTIAL_COMMIT',
        message: `COMMIT failed on ${failed} after it had succeeded elsewhere. Committed: ${outcome.committed.join(', ')}. Rolled back: ${outcome.rolledBack.join(', ')}.`,
        cure: 'Undo or repeat what is missing by hand; with twophase: true, on PostgreSQL, either all commit or none.',
        cause,
      },
      outcome,
    );
  }
}

export interface CommitOutcome {
  readonly committed: readonly string[];
  readonly rolledBack: readonly string[];
}

/** Every engine had prepared its part, and then one could not be told how it ends. */
export class InDoubtError extends HermeticError {
  /** @param waiting - `address: name` of each transaction that is prepared and waits. */
  static left(decision: 'commit' | 'rollback', waiting: readonly string[], cause: unknown): InDoubtError {
    const verb = decision === 'commit' ? 'commit' : 'roll back';
    return new InDoubtError({
      code: 'SESSION_IN_DOUBT',
      message: `The transaction is to ${verb} everywhere, and these engines, which have prepared it, could not be told: ${waiting.join(', ')}.`,
      cure: `Run ${decision.toUpperCase()} PREPARED '<name>' on each; until then it holds its locks. SELECT * FROM pg_prepared_xacts lists them.`,
      cause,
    });
  }
}

/** A read-only session was to write. */
export class ReadOnlySessionError extends HermeticError {
  /** @param work - what the flush would have written, object by object. */
  static flush(work: string): ReadOnlySessionError {
    return new ReadOnlySessionError({
      code: 'SESSION_READ_ONLY',
      message: `This Session is read-only, and a flush would have to write: ${work}.`,
      cure: 'Undo the change, or use a session without readOnly.',
    });
  }

  /** @param call - such as `insertMany(User)`. */
  static write(call: string): ReadOnlySessionError {
    return new ReadOnlySessionError({
      code: 'SESSION_READ_ONLY',
      message: `This Session is read-only, and ${call} was to write.`,
      cure: 'Use a session without readOnly.',
    });
  }
}
