import type { FlushContext } from './flush-context.ts';
import type { CutStep } from './flush-plan.ts';
import { updateRows } from './update-rows.ts';

/** Sets foreign keys of rows that are about to be deleted to null, so that what they point at can go first. */
export async function cutRows(context: FlushContext, step: CutStep): Promise<void> {
  for (const [state, links] of step.links) {
    context.remember(state);
    state.links = new Map(links.map((link) => [link, null]));
  }
  await updateRows(context, step.mapper, step.states);
}
