import { IllegalMoveError } from '../errors/state-errors.ts';
import type { ColumnProperty, ForeignKeyLink, ManyToMany, Mapper, OneToMany, Relationship } from '../mapping/mapper.ts';
import type { CallSite } from '../util/call-site.ts';
import { Asked } from './asked.ts';
import type { Lifecycle } from './lifecycle.ts';
import { isLegalMove } from './lifecycle.ts';

/** Stands in a committed row for a column that is not loaded or has expired. */
export const ABSENT: unique symbol = Symbol('absent');

/** Stands for a relationship, or what it held before, that is not loaded. */
export const UNLOADED: unique symbol = Symbol('unloaded');

/** One relationship of one object, once something is known of it. */
export interface RelatedSlot {
  /** An object or null, or a `Collection`. */
  value: object | null;
  /** What it held when it was loaded or last flushed; a collection as an array. */
  committed: object | null | readonly object[] | typeof UNLOADED;
  /** Number of the session's transaction in which it was loaded or written; -1 for never. */
  seenIn: number;
  /** Which part of the relationship it is, in words; undefined: the whole. */
  part?: string;
  /** In which order it was asked for, in words; undefined: in none. */
  order?: string;
}

/** How a session reads the relationships of its objects. */
export interface RelatedReads {
  /** The line of the program below a function; undefined while nobody wants to know. */
  siteOf(below: Function): CallSite | undefined;
  /**
   * Loads a relationship that nobody loaded yet: the value, or the collection's members.
   *
   * @param site - the line that read it.
   */
  load(state: InstanceState, relationship: Relationship, site: CallSite | undefined): Promise<unknown>;
  /** A query for the objects that a relationship leads to. @throws {ObjectStateError} SESSION_NOT_PERSISTENT */
  query(state: InstanceState, relationship: OneToMany | ManyToMany): object;
}

/** What the next flush does to the row that joins two objects. */
export type PairChange = 'link' | 'unlink';

/** What an object's state may ask of the session that the object is in. */
export interface StateOwner {
  /** What `inspect(object).session` gives. */
  readonly session: object;
  /** Number of its transaction: what was read in an earlier one may be stale. */
  readonly transaction: number;
  readonly reads: RelatedReads;
  /** A `save-update` cascade reached this object. */
  cascadeAdd(state: InstanceState): void;
  /** Lets an object go without a trace: no rollback will bring it back. */
  release(state: InstanceState): void;
}

/** What stands between the program and the columns of an object that the session holds weakly. */
export interface ColumnGuard {
  /** The object's own values, by column index. */
  readonly values: readonly unknown[];
  readonly weak: WeakRef<InstanceState>;
  /** Called when the guard ends. */
  readonly lifted: () => void;
}

let serial = 0;

/** What is known about one object. Lives in the object's private slot; the object itself stays plain. */
export class InstanceState {
  readonly mapper: Mapper;
  readonly entity: object;
  /** Counts objects up: the order of `add` among equals, and the address in messages. */
  readonly serial: number;
  #lifecycle: Lifecycle = 'transient';
  #wasDeleted = false;
  /** The session, while there is one. */
  owner: StateOwner | undefined = undefined;
  /** The raw identity key within the mapper; undefined while there is no row. */
  key: unknown = undefined;
  /** The row as the database has it in this transaction, by column index; undefined while there is no row. */
  committed: unknown[] | undefined = undefined;
  /** How many entries of `committed` are ABSENT. */
  absentCount = 0;
  /** By relationship index; undefined where nothing is known. Made when the first one is. */
  related: (RelatedSlot | undefined)[] | undefined = undefined;
  /** A query asked that nothing of it be loaded lazily. */
  isStrict = false;
  /** The relationships that JSON shows, once they are known. */
  asked = Asked.nothing;
  /** Foreign keys that a changed relationship decides at the next flush: link → parent, or null to cut it. */
  links: Map<ForeignKeyLink, InstanceState | null> | undefined = undefined;
  /** Rows of associations that a changed many-to-many decides: relationship → the other object → what happens to their row. */
  pairs: Map<ManyToMany, Map<InstanceState, PairChange>> | undefined = undefined;
  /** One-to-ones that were assigned before anybody loaded them: the flush finds out whom the new object replaces. */
  replacing: Set<OneToMany> | undefined = undefined;
  /** True for an object that the program made and no later transaction re-read: what nobody linked to it is known to be nothing. */
  isBorn = false;
  /** What the constructor filled in by itself, by column: nobody has given these values. Kept for objects without a row. */
  filled: Map<ColumnProperty, unknown> | undefined = undefined;
  /** Number of the session's transaction in which the row was last read or written. */
  seenIn = -1;
  /** The objects that came in the same result: lazy loads serve them all at once. */
  siblings: (InstanceState | WeakRef<InstanceState>)[] | undefined = undefined;
  /** While the session holds the object weakly. */
  guard: ColumnGuard | undefined = undefined;
  /** True once a sweep of the identity map has passed over the object. */
  isOld = false;

  constructor(mapper: Mapper, entity: object) {
    this.mapper = mapper;
    this.entity = entity;
    this.serial = ++serial;
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  /** Moves to another state; a move that `LEGAL_MOVES` does not list is a fault of the library. */
  moveTo(lifecycle: Lifecycle): void {
    if (!isLegalMove(this.#lifecycle, lifecycle))
      throw IllegalMoveError.between(String(this), this.#lifecycle, lifecycle);
    this.#lifecycle = lifecycle;
    if (lifecycle !== 'detached') this.#wasDeleted = lifecycle === 'deleted';
  }

  /** Its row was deleted, and no rollback has brought it back. */
  get wasDeleted(): boolean {
    return this.#wasDeleted;
  }

  /** Whether a changed relationship has something to write. */
  get isRelinked(): boolean {
    return this.links !== undefined || this.pairs !== undefined || this.replacing !== undefined;
  }

  /** What is known of a relationship; undefined when nothing is. */
  slot(relationship: Relationship): RelatedSlot | undefined {
    return this.related?.[relationship.index];
  }

  setSlot(relationship: Relationship, slot: RelatedSlot | undefined): void {
    this.related ??= new Array<RelatedSlot | undefined>(this.mapper.relationships.length).fill(undefined);
    this.related[relationship.index] = slot;
  }

  /** The program asked for a relationship. */
  ask({ property }: Relationship): void {
    this.asked = this.asked.and(property);
  }

  /** `<User at 0x00000a1>`. */
  toString(): string {
    return `<${this.mapper.name} at 0x${this.serial.toString(16).padStart(7, '0')}>`;
  }
}
