import { cutRows } from './cut-rows.ts';
import { deleteRows } from './delete-rows.ts';
import type { FlushContext } from './flush-context.ts';
import type { FlushPlan, FlushStep, PlainStep } from './flush-plan.ts';
import { insertRows } from './insert-rows.ts';
import { clearPairs, linkPairs, unlinkPairs } from './pair-rows.ts';
import { replaceRows } from './replace-rows.ts';
import { updateRows } from './update-rows.ts';

type Write = (context: FlushContext, step: never) => Promise<void>;

const WRITERS: Readonly<Record<FlushStep['action'], Write>> = {
  insert: insertRows,
  update: (context, { mapper, states }: PlainStep) => updateRows(context, mapper, states),
  replace: replaceRows,
  cut: cutRows,
  link: linkPairs,
  unlink: unlinkPairs,
  clear: clearPairs,
  delete: (context, { mapper, states }: PlainStep) => deleteRows(context, mapper, states),
};

/** Carries a plan out, step by step, in the transaction of the context. */
export async function executeFlush(context: FlushContext, plan: FlushPlan): Promise<void> {
  for (const step of plan.steps) {
    const write = (): Promise<void> => WRITERS[step.action](context.boundTo(step.mapper), step as never);
    await (context.writeStep === undefined ? write() : context.writeStep(step, write));
  }
}
