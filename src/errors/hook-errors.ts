import { HermeticError } from './hermetic-error.ts';

/** `on` was given an event that there is not, or no function. */
export class SessionEventError extends HermeticError {
  static unknown(event: string, nearest: string | undefined, known: readonly string[]): SessionEventError {
    return new SessionEventError({
      code: 'SESSION_UNKNOWN_EVENT',
      message: `Sessions have no event '${event}'.`,
      cure: `${nearest === undefined ? '' : `Did you mean '${nearest}'? `}Use one of: ${known.join(', ')}.`,
    });
  }

  static notOfObjects(event: string, model: string): SessionEventError {
    return new SessionEventError({
      code: 'SESSION_UNKNOWN_EVENT',
      message: `The event '${event}' is about a session, not about one ${model}.`,
      cure: `Leave the model out: on('${event}', listener).`,
    });
  }

  static noListener(event: string): SessionEventError {
    return new SessionEventError({
      code: 'SESSION_UNKNOWN_EVENT',
      message: `on('${event}') was given no function.`,
      cure: `Write on('${event}', (event) => …).`,
    });
  }
}

/** A listener called a method of its own session that has to wait for the listener. */
export class ReentrantCallError extends HermeticError {
  static flushing(operation: string, running: string, hook: string): ReentrantCallError {
    return of(
      `Session is already flushing: ${operation}() was called by a '${hook}' listener of the ${running}() in progress.`,
      `Leave it out: what a 'beforeFlush' listener changes is part of the same flush, what a later one changes of the next.`,
    );
  }

  static ending(operation: string, running: string, hook: string): ReentrantCallError {
    return of(
      `Method '${operation}()' can't be called here; method '${running}()' is already in progress and waits for this '${hook}' listener.`,
      `Call ${operation}() after ${running}() has resolved, or use another session.`,
    );
  }

  static inState(state: string, operation: string, hook: string): ReentrantCallError {
    const why = state === 'inactive' ? ', due to the SQL transaction being rolled back' : '';
    return of(
      `This session is in '${state}' state${why}; no further SQL can be emitted within this transaction: ${operation}() was called by a '${hook}' listener.`,
      `Do it after the call that ended the transaction has resolved, or use another session.`,
    );
  }

  static watching(operation: string, hook: string): ReentrantCallError {
    return of(
      `A '${hook}' listener called ${operation}(); it is told of a move that has been made and may run no SQL on its session.`,
      `Read or write in 'beforeFlush', or use another session.`,
    );
  }
}

/** A method that cannot wait was called while another task's call is ending the transaction. */
export class OverlappingCallError extends HermeticError {
  static of(operation: string, running: string): OverlappingCallError {
    return new OverlappingCallError({
      code: 'SESSION_OVERLAPPING_CALL',
      message: `Method '${operation}()' can't be called here; method '${running}()', called by another task, is already in progress and ends the transaction.`,
      cure: `Await it first, or use ${operation}(work), which waits for its turn.`,
    });
  }
}

/** A commit that never gets to its end, because each flush leaves work for another. */
export class EndlessFlushError extends HermeticError {
  static after(flushes: number): EndlessFlushError {
    return new EndlessFlushError({
      code: 'SESSION_ENDLESS_FLUSH',
      message: `Over ${flushes} subsequent flushes have occurred within session.commit() - is an afterFlush listener creating new objects?`,
      cure: 'Change objects in a flush listener only if they are not yet as they should be, so that a flush comes that finds nothing to do.',
    });
  }
}

function of(message: string, cure: string): ReentrantCallError {
  return new ReentrantCallError({ code: 'SESSION_REENTRANT_CALL', message, cure });
}
