import type { ManyToMany, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { Memento } from '../state/memento.ts';
import { captureMemento } from '../state/memento.ts';
import { unload } from '../state/related.ts';
import type { Bind } from './binds.ts';
import type { TransactionFacts } from './transaction-facts.ts';

/**
 * `failed`: rolled back by itself after a failed flush, waiting for the program's `rollback()`.
 * `prepared`, `committed`: on its way out, open to no statement any more.
 */
export type LevelStatus = 'active' | 'failed' | 'prepared' | 'committed' | 'closed';

/** A transaction, or a savepoint in it, with what it takes to bring the objects back to where they were. */
export class TransactionLevel {
  readonly parent: TransactionLevel | undefined;
  /** The savepoint's name; undefined for the transaction itself. */
  readonly savepoint: string | undefined;
  /** Where the savepoint was set: a connection that is taken later gets it then. */
  readonly savedOn = new Set<Bind>();
  /** Of the transaction itself: where it has committed although it failed elsewhere. */
  readonly committedOn = new Set<Bind>();
  /** object → how it was before this level first changed its row. */
  readonly journal = new Map<InstanceState, Memento>();
  /** Associations with rows that this level wrote, and the collections that were read from them since. */
  readonly associations = new Map<Mapper, Map<InstanceState, Set<ManyToMany>>>();
  /** Writes that have no object to name them, such as `insertMany(User)`. */
  readonly bulkWrites = new Set<string>();
  status: LevelStatus = 'active';
  /** What made it fail. */
  error: unknown = undefined;
  /** The objects were put back already. */
  isUndone = false;
  /** For the listeners of transaction events. */
  readonly facts: TransactionFacts;

  constructor(parent?: TransactionLevel, savepoint?: string, origin: TransactionFacts['origin'] = 'autobegin') {
    this.parent = parent;
    this.savepoint = savepoint;
    const nested = savepoint !== undefined;
    this.facts = Object.freeze({ origin: nested ? 'beginNested' : origin, nested, parent: parent?.facts });
  }

  remember(state: InstanceState): void {
    if (!this.journal.has(state)) this.journal.set(state, captureMemento(state));
  }

  /** A collection was read; what it shows of this level's work must not outlive that. */
  noteRead(state: InstanceState, relationship: ManyToMany): void {
    const reads = this.associations.get(relationship.through.mapper);
    const known = reads?.get(state);
    if (known === undefined) reads?.set(state, new Set([relationship]));
    else known.add(relationship);
  }

  /** After its work was undone, and the objects that it wrote are back to how they were. */
  forgetReads(): void {
    for (const reads of this.associations.values())
      for (const [state, relationships] of reads) for (const relationship of relationships) unload(state, relationship);
    this.associations.clear();
  }

  fail(error: unknown): void {
    if (this.status === 'active') this.error = error;
    this.status = 'failed';
  }

  /** Its work is undone. */
  clear(): void {
    this.journal.clear();
    this.bulkWrites.clear();
  }

  /** A released savepoint's changes become its parent's; the parent's own, older mementos stand. */
  mergeIntoParent(): void {
    for (const name of this.bulkWrites) this.parent?.bulkWrites.add(name);
    for (const [mapper, reads] of this.associations)
      this.parent?.associations.set(mapper, new Map([...(this.parent.associations.get(mapper) ?? []), ...reads]));
    for (const [state, memento] of this.journal) {
      if (this.parent?.journal.has(state) === false) this.parent.journal.set(state, memento);
    }
  }

  /** This level and those around it, innermost first. */
  *outward(): Generator<TransactionLevel> {
    yield this;
    if (this.parent !== undefined) yield* this.parent.outward();
  }

  /** The transaction that this level is in. */
  get root(): TransactionLevel {
    return this.parent?.root ?? this;
  }
}
