import type { ErrorCode } from './codes.ts';

/** What every Hermetic error is made of. */
export interface ErrorFacts {
  /** Stable for ever; has a heading in `docs/errors.md`. */
  readonly code: ErrorCode;
  /** What happened, with names and numbers. Never a parameter value. */
  readonly message: string;
  /** What to do about it, as an imperative sentence. */
  readonly cure: string;
  /** The error underneath, usually the driver's. */
  readonly cause?: unknown;
  /** True when the same work may succeed if it is simply tried again. Default false. */
  readonly retryable?: boolean;
}

/**
 * The root of every error that Hermetic throws.
 *
 * The text reads *fact, cure, code*; `code`, `cure` and `retryable` are there for programs.
 */
export class HermeticError extends Error {
  readonly code: ErrorCode;
  readonly cure: string;
  readonly retryable: boolean;

  constructor(facts: ErrorFacts) {
    super(
      `${facts.message} ${facts.cure} [${facts.code}]`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.name = new.target.name;
    this.code = facts.code;
    this.cure = facts.cure;
    this.retryable = facts.retryable ?? false;
  }
}
