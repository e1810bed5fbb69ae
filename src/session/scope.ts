import { ScopeClosedError } from '../errors/scope-errors.ts';
import type { Models } from '../model/model-types.ts';
import { SessionObjects } from './session-objects.ts';
import type { Session } from './session.ts';

/** How a scope ended: its work succeeded, failed, or was given up. */
export type ScopeEnd = 'finished' | 'failed' | 'aborted';

/** One piece of work with a session of its own, made at first use: open → closing → closed. */
export class Scope<M extends Models> {
  readonly label: string | undefined;
  readonly #makeSession: (signal: AbortSignal) => Session<M>;
  readonly #abort = new AbortController();
  #state: 'open' | 'closing' | 'closed' = 'open';
  #session: Session<M> | undefined;
  #ending: Promise<void> | undefined;

  constructor(label: string | undefined, makeSession: (signal: AbortSignal) => Session<M>) {
    this.label = label;
    this.#makeSession = makeSession;
  }

  get state(): 'open' | 'closing' | 'closed' {
    return this.#state;
  }

  /** Aborted when the scope's work was given up, so that the work can stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The scope's session, if it has made one. */
  get ownSession(): object | undefined {
    return this.#session;
  }

  /** The scope's session. @throws {ScopeClosedError} SCOPE_CLOSED - the scope has ended. */
  session(verb: string): Session<M> {
    if (this.#state !== 'open') throw ScopeClosedError.of(this.label, verb);
    return (this.#session ??= this.#makeSession(this.signal));
  }

  /** @throws {ReentrantCallError} SESSION_REENTRANT_CALL - called by a listener of the session, for which it would wait. */
  refuseInListener(operation: string): void {
    if (this.#session !== undefined) SessionObjects.coreOf(this.#session).turns.refuseInListener(operation);
  }

  /**
   * Ends the scope: refuses further use, lets a running statement end for `graceMs`, rolls back and gives the connection
   * back. Never rejects; later calls wait for the first.
   */
  end(end: ScopeEnd, graceMs: number): Promise<void> {
    return (this.#ending ??= this.#end(end, graceMs));
  }

  async #end(end: ScopeEnd, graceMs: number): Promise<void> {
    this.#state = 'closing';
    const session = this.#session;
    if (end === 'finished' && session !== undefined) warnOfUncommitted(session, this.label);
    const quiet = session?.terminate(ScopeClosedError.of(this.label, 'a statement that waited for its turn'), graceMs);
    // After the session began to refuse, in the scope's own words; before it is quiet, so that nobody stands in line for nothing.
    if (end === 'aborted') this.#abort.abort(ScopeClosedError.of(this.label, 'work for it'));
    await quiet;
    this.#state = 'closed';
  }
}

/** Says what a finished piece of work forgot to commit: nothing is ever committed by itself. */
function warnOfUncommitted(session: { uncommitted(): string | undefined }, label: string | undefined): void {
  const summary = session.uncommitted();
  if (summary === undefined) return;
  const scope = label === undefined ? 'A scope' : `The scope '${label}'`;
  const message = `${scope} ended with uncommitted changes, which are rolled back: ${summary}. Call commit() before it ends.`;
  process.emitWarning(message, { type: 'HermeticWarning', code: 'HERMETIC_UNCOMMITTED' });
}
