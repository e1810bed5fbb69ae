import { deleteRows } from './delete-rows.ts';
import type { FlushContext } from './flush-context.ts';
import type { FlushPlan } from './flush-plan.ts';
import { insertRows } from './insert-rows.ts';
import { updateRows } from './update-rows.ts';

const WRITERS = { insert: insertRows, update: updateRows, delete: deleteRows };

/** Carries a plan out, step by step, in the transaction of the context. */
export async function executeFlush(context: FlushContext, plan: FlushPlan): Promise<void> {
  for (const step of plan.steps) await WRITERS[step.action](context, step);
}
