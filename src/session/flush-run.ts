import type { InstanceState } from '../state/instance-state.ts';
import { alignMembership } from '../state/membership.ts';
import { executeFlush } from '../unit-of-work/execute-flush.ts';
import type { FlushContext } from '../unit-of-work/flush-context.ts';
import type { Replacements } from '../unit-of-work/flush-plan.ts';
import { forgetPairs } from '../state/pairs.ts';
import { outdateAssociations } from '../unit-of-work/outdate.ts';
import { planFlush } from '../unit-of-work/plan-flush.ts';
import { prepareFlush } from '../unit-of-work/prepare-flush.ts';
import { markRelated, settleRelated } from '../unit-of-work/settle.ts';
import type { SessionHooks } from './session-hooks.ts';
import { surface } from './session-hooks.ts';
import type { TransactionFacts } from './transaction-facts.ts';
import type { WorkingSet } from './working-set.ts';

const NONE: ReadonlySet<InstanceState> = new Set();

/** What a flush needs of the session's core. */
export interface FlushHost extends FlushContext {
  readonly hooks: SessionHooks;
  readonly objects: WorkingSet;
  hasWork(): boolean;
}

/** One flush at a time: plan, statements, and the listeners around them. */
export class FlushRun {
  readonly #host: FlushHost;
  #isRunning = false;
  /** The flush as a scope in the transaction, once listeners know of it. */
  #scope: TransactionFacts | undefined;

  constructor(host: FlushHost) {
    this.#host = host;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Writes everything that is pending, inside the transaction that is open. What goes wrong is for the caller to undo.
   *
   * @param parent - the transaction in which listeners see the flush as a scope; none when it has one of its own.
   */
  async run(parent: TransactionFacts | undefined): Promise<void> {
    const { hooks, objects } = this.#host;
    this.#isRunning = true;
    try {
      if (hooks.wants('beforeFlush')) {
        await hooks.emit('beforeFlush', {});
        if (!this.#host.hasWork()) return;
      }
      const replacements = await prepareFlush(this.#host, objects);
      if (hooks.listeners.isEmpty) await this.#write(replacements);
      else await this.#writeAndTell(parent, replacements);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Leaves the scope of the flush, for listeners; undefined when none was opened. */
  leaveScope(): TransactionFacts | undefined {
    const scope = this.#scope;
    this.#scope = undefined;
    if (scope !== undefined) this.#host.hooks.ended(scope);
    return scope;
  }

  async #write(replacements: Replacements): Promise<void> {
    const { identity, objects } = this.#host;
    const inserts = [...objects.added];
    const updates = objects.changed();
    const plan = planFlush({ inserts, updates, deletes: [...objects.deleted], replacements });
    const marks = markRelated([...identity, ...inserts]);
    for (const state of [...inserts, ...updates, ...objects.deleted]) forgetPairs(state);
    const written = new Set([...plan.steps.flatMap((step) => step.states), ...replacements.values()]);
    objects.flushing = new Set(inserts);
    try {
      await executeFlush(this.#host, plan);
    } finally {
      objects.flushing = NONE;
    }
    for (const state of inserts) objects.added.delete(state);
    settleRelated(marks, this.#host.transaction);
    outdateAssociations(this.#host, written);
    alignMembership(identity, written);
  }

  async #writeAndTell(parent: TransactionFacts | undefined, replacements: Replacements): Promise<void> {
    const { hooks, objects } = this.#host;
    const moving = [...objects.added, ...objects.deleted].map((state) => ({ state, from: state.lifecycle }));
    const flushed = {
      new: entities(objects.added),
      dirty: entities(objects.changed()),
      deleted: entities(objects.deleted),
    };
    if (parent !== undefined) await this.#enterScope(parent);
    await this.#write(replacements);
    await hooks.emit('afterFlush', flushed);
    for (const { state, from } of moving) hooks.moved(state, from);
    surface(await hooks.tellMoves());
    await hooks.emit('afterFlushPostexec', flushed);
    this.leaveScope();
    surface(await hooks.tellBoundaries());
  }

  async #enterScope(parent: TransactionFacts): Promise<void> {
    this.#scope = Object.freeze({ origin: 'subtransaction', nested: false, parent });
    this.#host.hooks.created(this.#scope);
    surface(await this.#host.hooks.tellBoundaries());
  }
}

function entities(states: Iterable<{ readonly entity: object }>): object[] {
  return Array.from(states, ({ entity }) => entity);
}
