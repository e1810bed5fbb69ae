import type { InstanceState } from '../state/instance-state.ts';
import { changedColumns } from '../state/row-comparer.ts';
import type { TransactionLevel } from './transaction-level.ts';
import type { WorkingSet } from './working-set.ts';

/** Where work is found. */
export interface WorkPlace {
  readonly objects: WorkingSet;
  readonly transactions: { readonly level: TransactionLevel | undefined };
}

/** Most objects that are named one by one. */
const NAMED = 5;

/** The work that a session would lose if it ended now, call by call and object by object: never a value. */
export function describeUncommitted(core: WorkPlace): string | undefined {
  const { objects, transactions } = core;
  const dirty = new Set(objects.dirty());
  const levels = [...(transactions.level?.outward() ?? [])];
  const written = levels.flatMap((level) => [...level.journal.keys()]);
  const parts = [
    ...new Set(levels.flatMap((level) => [...level.bulkWrites])),
    ...[...objects.added].map((state) => `new ${state.toString()}`),
    ...[...dirty].map(describeChange),
    ...[...objects.deleted].map((state) => `deleted ${state.toString()}`),
    ...[...new Set(written)].filter((state) => !dirty.has(state)).map((state) => `flushed ${state.toString()}`),
  ];
  if (parts.length === 0) return undefined;
  const rest = parts.length - NAMED;
  return [...parts.slice(0, NAMED), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

function describeChange(state: InstanceState): string {
  const names = changedColumns(state).map((column) => column.property);
  return `changed ${state.toString()}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
}
