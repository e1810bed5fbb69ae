import type { InstanceState } from '../state/instance-state.ts';
import type { FlushContext } from '../unit-of-work/flush-context.ts';
import type { FlushStep } from '../unit-of-work/flush-plan.ts';
import { resolveLinks } from '../unit-of-work/resolve-links.ts';
import type { ObjectEventName } from './session-events.ts';
import type { SessionHooks } from './session-hooks.ts';

/** By step: what is told before and after. A new object that takes over a row is a new object all the same. */
const EVENTS: Readonly<Record<FlushStep['action'], readonly [ObjectEventName, ObjectEventName] | readonly []>> = {
  insert: ['beforeInsert', 'afterInsert'],
  replace: ['beforeInsert', 'afterInsert'],
  update: ['beforeUpdate', 'afterUpdate'],
  cut: [],
  link: [],
  unlink: [],
  clear: [],
  delete: ['beforeDelete', 'afterDelete'],
};

export const ROW_EVENTS = Object.values(EVENTS).flat();

export interface RowHooksContext {
  readonly hooks: SessionHooks;
  readonly context: FlushContext;
  /** Objects that this flush inserts: an update that follows for the sake of a key is part of that. */
  readonly inserting: ReadonlySet<InstanceState>;
}

/** Writes the rows of a step between the hooks of their objects, which may set columns of their own object. */
export async function withRowHooks(
  { hooks, context, inserting }: RowHooksContext,
  step: FlushStep,
  write: () => Promise<void>,
): Promise<void> {
  const [before, after] = EVENTS[step.action];
  if (before === undefined || after === undefined) return write();
  const states = step.action === 'update' ? step.states.filter((state) => !inserting.has(state)) : step.states;
  if (hooks.wants(before)) {
    for (const state of states) {
      // Before the hook: a rollback brings back what the program gave, and the hook sees the keys of parents.
      context.remember(state);
      if (step.action === 'insert') resolveLinks(state, step.deferred?.get(state));
      else if (step.action !== 'delete') resolveLinks(state);
      await hooks.emitFor(before, state);
    }
  }
  const rows = states.map((state) => state.committed);
  await write();
  if (!hooks.wants(after)) return;
  for (const [at, state] of states.entries()) {
    // An update without net changes wrote nothing.
    if (step.action === 'delete' || state.committed !== rows[at]) await hooks.emitFor(after, state);
  }
}
