/**
 * The five states of an object.
 *
 * - `transient`: the program made it; no session, no row.
 * - `pending`: added to a session; its row comes with the next flush.
 * - `persistent`: in a session, with a row.
 * - `deleted`: its row was deleted in the transaction that is still open.
 * - `detached`: has had a row, belongs to no session.
 */
export type Lifecycle = 'transient' | 'pending' | 'persistent' | 'deleted' | 'detached';

/** Every legal move: from → to → what makes it. Nothing else ever changes a lifecycle. */
export const LEGAL_MOVES: Readonly<Record<Lifecycle, Readonly<Partial<Record<Lifecycle, string>>>>> = {
  transient: { pending: 'add', detached: 'makeTransientToDetached', persistent: 'load' },
  pending: { persistent: 'flush', transient: 'expunge, rollback or makeTransient' },
  persistent: {
    deleted: 'flush of a delete',
    detached: 'expunge or close',
    transient: 'rollback of its insert, or makeTransient',
  },
  deleted: {
    persistent: 'rollback',
    detached: 'commit or close',
    transient: 'rollback of its insert, or makeTransient',
  },
  detached: { persistent: 'add', transient: 'makeTransient' },
};

export function isLegalMove(from: Lifecycle, to: Lifecycle): boolean {
  return from === to || LEGAL_MOVES[from][to] !== undefined;
}
