import { OverlappingCallError } from '../errors/hook-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { HookHost } from './hook-frame.ts';
import { HookFrame } from './hook-frame.ts';
import type { SessionHooks } from './session-hooks.ts';
import { surface, warnOf } from './session-hooks.ts';
import type { SessionTransaction } from './session-transaction.ts';
import type { WorkingSet } from './working-set.ts';

/** What turns need of the session's core. */
export interface TurnHost extends HookHost {
  readonly hooks: SessionHooks;
  readonly transactions: SessionTransaction;
  readonly objects: WorkingSet;
}

/** Operations after which there is no transaction. */
const ENDINGS: ReadonlySet<string> = new Set(['commit', 'rollback', 'close', 'reset']);

/**
 * Who may use the session now. Tasks wait for each other; what a listener calls is done within the turn that waits for
 * the listener, or refused.
 */
export class SessionTurns {
  readonly #host: TurnHost;

  constructor(host: TurnHost) {
    this.#host = host;
  }

  /** @param callSite - the program's line, kept in case this turn takes a connection. */
  async run<T>(name: string, callSite: CallSite | undefined, work: () => Promise<T> | T): Promise<T> {
    const turn = (): Promise<T> => this.#turn(callSite, work, name === 'rollback' ? warnOf : surface);
    return HookFrame.of(this.#host)?.run(name, turn) ?? this.#host.queue.run(name, turn);
  }

  /** A turn of an operation that ends the conversation: errors of earlier listeners do not keep it from doing so. */
  async end(name: string, work: () => Promise<void>): Promise<void> {
    this.refuseInListener(name);
    await this.#host.queue.run(name, async () => {
      warnOf(await this.#host.hooks.settle());
      await work();
    });
  }

  /** @throws {ReentrantCallError} SESSION_REENTRANT_CALL - called by a listener, for which the operation would wait. */
  refuseInListener(operation: string): void {
    HookFrame.of(this.#host)?.refuse(operation);
  }

  /** Refuses a method that cannot wait for its turn. @throws {OverlappingCallError} SESSION_OVERLAPPING_CALL */
  refuseOverlap(operation: string): void {
    this.refuseInListener(operation);
    const { running } = this.#host.queue;
    if (running !== undefined && ENDINGS.has(running)) throw OverlappingCallError.of(operation, running);
  }

  /** @param settle - what to do with errors of listeners for which nobody could wait: a rollback is not kept from its work. */
  async #turn<T>(
    callSite: CallSite | undefined,
    work: () => Promise<T> | T,
    settle: (errors: readonly unknown[]) => void,
  ): Promise<T> {
    const { transactions, hooks, objects } = this.#host;
    const outer = transactions.callSite;
    transactions.callSite = callSite ?? outer;
    try {
      if (!hooks.isSettled) settle(await hooks.settle());
      const result = await work();
      if (hooks.hasNews) surface(await hooks.tellMoves());
      return result;
    } finally {
      transactions.endTurn();
      transactions.callSite = outer;
      objects.sweep();
    }
  }
}
