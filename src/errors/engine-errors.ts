import { HermeticError } from './hermetic-error.ts';

/** An option, URL or column type that `createEngine` or a dialect cannot take. Fix the program. */
export class EngineOptionError extends HermeticError {
  /** @param faults - one clause for each fault, naming the option. */
  static of(faults: readonly string[]): EngineOptionError {
    return new EngineOptionError({
      code: 'ENGINE_BAD_OPTION',
      message: `createEngine cannot use these options: ${faults.join('; ')}.`,
      cure:
        faults.length === 1
          ? 'Correct it, or leave it out for its default.'
          : 'Correct them, or leave them out for their defaults.',
    });
  }

  /** @param shown - the URL without its password. */
  static url(shown: string, reason: string): EngineOptionError {
    return new EngineOptionError({
      code: 'ENGINE_BAD_URL',
      message: `'${shown}' is no database URL: ${reason}.`,
      cure: 'Write sqlite:path/to/file.db, sqlite::memory: or postgres://user:password@host:5432/database.',
    });
  }

  /** @param where - the column, when known. */
  static unsupportedType(type: string, dialect: string, where?: string): EngineOptionError {
    return new EngineOptionError({
      code: 'ENGINE_UNSUPPORTED_TYPE',
      message: `${where === undefined ? 'A column' : `Column ${where}`} has the type '${type}', which ${dialect} does not have.`,
      cure: 'Use t.json() for it, or a database that has the type.',
    });
  }
}

/** A driver package that is not installed, or a built-in module that this runtime lacks. */
export class DriverMissingError extends HermeticError {
  static package(name: string, cause: unknown): DriverMissingError {
    return new DriverMissingError({
      code: 'ENGINE_DRIVER_MISSING',
      message: `The driver '${name}' could not be loaded.`,
      cure: `Run npm install ${name}.`,
      cause,
    });
  }

  static builtIn(name: string, cause: unknown): DriverMissingError {
    return new DriverMissingError({
      code: 'ENGINE_DRIVER_MISSING',
      message: `This runtime (${process.version}) has no module '${name}'.`,
      cure: "Use Node 22.13 or newer, or install better-sqlite3 and pass driver: 'better-sqlite3'.",
      cause,
    });
  }
}

/** A use of an engine after `dispose()`. */
export class EngineDisposedError extends HermeticError {
  static of(address: string): EngineDisposedError {
    return new EngineDisposedError({
      code: 'ENGINE_DISPOSED',
      message: `The engine for ${address} was disposed.`,
      cure: 'Dispose an engine only when the program ends, or create another with createEngine.',
    });
  }
}

/** A call that does not fit the state of the connection's transaction. */
export class TransactionStateError extends HermeticError {
  static alreadyBegun(): TransactionStateError {
    return new TransactionStateError({
      code: 'ENGINE_TRANSACTION_OPEN',
      message: 'This connection is already in a transaction.',
      cure: 'Commit or roll back first, or use a savepoint.',
    });
  }

  static notBegun(verb: string): TransactionStateError {
    return new TransactionStateError({
      code: 'ENGINE_NO_TRANSACTION',
      message: `${verb} needs a transaction, and this connection is in none.`,
      cure: 'Call begin() first.',
    });
  }

  static failed(): TransactionStateError {
    return new TransactionStateError({
      code: 'ENGINE_TRANSACTION_FAILED',
      message:
        'An earlier statement failed and the database gave the transaction up, so that there is nothing to commit.',
      cure: 'Roll back, and look at the error of the statement that failed first.',
    });
  }

  /** @param verb - the statement's first word. */
  static readOnly(verb = 'It'): TransactionStateError {
    return new TransactionStateError({
      code: 'ENGINE_READ_ONLY',
      message: `This transaction is read-only, and a statement that may write was to run in it (${verb.toUpperCase()} …).`,
      cure: 'Begin a transaction without readOnly for it.',
    });
  }

  static noTwoPhase(dialect: string): TransactionStateError {
    return new TransactionStateError({
      code: 'ENGINE_NO_TWO_PHASE',
      message: `${dialect} cannot prepare a transaction and commit it later.`,
      cure: 'Leave twophase out, or use PostgreSQL for every engine that takes part.',
    });
  }
}
