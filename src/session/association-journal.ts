import type { ManyToMany, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { TransactionLevel } from './transaction-level.ts';

/**
 * Collections that were read from rows which this transaction wrote: foreign keys do not show what becomes of them in a
 * rollback, so they are forgotten then.
 */
export class AssociationJournal {
  readonly #transactions: { readonly level: TransactionLevel | undefined };

  constructor(transactions: { readonly level: TransactionLevel | undefined }) {
    this.#transactions = transactions;
  }

  noteWrite(association: Mapper): void {
    const { level } = this.#transactions;
    if (level?.associations.has(association) === false) level.associations.set(association, new Map());
  }

  noteRead(state: InstanceState, relationship: ManyToMany): void {
    for (const level of this.#transactions.level?.outward() ?? []) level.noteRead(state, relationship);
  }
}
