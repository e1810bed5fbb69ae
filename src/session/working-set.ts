import { rootMapper } from '../mapping/hierarchy.ts';
import { AttachError, ObjectStateError } from '../errors/session-errors.ts';
import { liftGuard } from '../state/column-guard.ts';
import type { IdentityMap } from '../state/identity-map.ts';
import { keyOfRow } from '../state/identity-key.ts';
import { isModified } from '../state/inspect.ts';
import type { InstanceState, StateOwner } from '../state/instance-state.ts';
import type { Lifecycle } from '../state/lifecycle.ts';
import type { Memento } from '../state/memento.ts';
import { restoreMemento, revertToCommitted } from '../state/memento.ts';
import { alignMembership, followMemberKeys, unloadTransient } from '../state/membership.ts';
import { leaveOthers, reconcileTouched, relink } from '../state/related.ts';
import { hasChangedColumns } from '../state/row-comparer.ts';
import { cascadeFrom } from '../unit-of-work/cascades.ts';

/** The objects of one session: which are in it, which are new, which are to be deleted. Runs no SQL. */
export class WorkingSet {
  readonly identity: IdentityMap;
  /** Pending objects, in the order in which they were added. */
  readonly added = new Set<InstanceState>();
  /** Persistent objects that the next flush deletes. */
  readonly deleted = new Set<InstanceState>();
  /** Pending objects whose INSERT is on its way. */
  flushing: ReadonlySet<InstanceState> = new Set();
  /** Objects whose rows this transaction deleted. */
  readonly #gone = new Set<InstanceState>();
  readonly #owner: StateOwner;
  readonly #onMove: (state: InstanceState, from: Lifecycle) => void;

  constructor(identity: IdentityMap, owner: StateOwner, onMove: (state: InstanceState, from: Lifecycle) => void) {
    this.identity = identity;
    this.#owner = owner;
    this.#onMove = onMove;
  }

  /** Puts an object, and all that `save-update` reaches from it, into the session. */
  add(start: InstanceState): void {
    const reached = cascadeFrom(start, 'save-update').filter(
      (state) => state.owner !== this.#owner || state.lifecycle === 'deleted',
    );
    for (const state of reached) this.#refuse(state);
    for (const state of reached) this.#attach(state);
    for (const state of reached) if (state.lifecycle === 'pending') relink(state);
    this.deleted.delete(start);
  }

  /** Marks a persistent object for deletion; a pending one simply leaves. */
  delete(state: InstanceState): void {
    if (state.owner !== undefined && state.owner !== this.#owner) throw AttachError.elsewhere(String(state));
    if (this.flushing.has(state) && state.owner !== undefined) return void this.deleted.add(state);
    if (state.lifecycle === 'pending') return this.drop(state);
    if (state.lifecycle === 'transient') throw ObjectStateError.notPersisted(String(state));
    if (state.lifecycle === 'detached') this.add(state);
    if (state.lifecycle === 'persistent') this.deleted.add(state);
  }

  has(state: InstanceState): boolean {
    reconcileTouched();
    return state.owner === this.#owner && state.lifecycle !== 'deleted';
  }

  /** Takes an object, and all that `expunge` reaches from it, out of the session. */
  expunge(start: InstanceState): void {
    if (start.owner !== this.#owner) throw ObjectStateError.notPresent(String(start));
    for (const state of cascadeFrom(start, 'expunge')) if (state.owner === this.#owner) this.#detach(state);
  }

  expungeAll(): void {
    for (const state of this.all()) this.#detach(state);
    this.identity.clear();
  }

  /** Takes a pending object, and pending ones that `delete` reaches from it, out; they are transient again. */
  drop(start: InstanceState): void {
    for (const state of cascadeFrom(start, 'delete')) {
      if (state.lifecycle === 'pending' && state.owner === this.#owner) this.#detach(state);
    }
    leaveOthers(start);
  }

  /** Puts a written object under its key; another one that had the key has no row any more. */
  admit(state: InstanceState): void {
    const usurped = this.identity.get(rootMapper(state.mapper), state.key);
    if (usurped !== undefined && usurped !== state) this.#detach(usurped);
    this.identity.set(state);
  }

  /** Takes out one object whose row is gone, and nothing that is linked to it. */
  evict(state: InstanceState): void {
    this.#detach(state);
  }

  /** Lets go of clean objects that the program dropped, when there are many. */
  sweep(): void {
    this.identity.sweep(
      (state) =>
        state.lifecycle !== 'persistent' || state.isRelinked || state.absentCount > 0 || this.deleted.has(state),
    );
  }

  /** Everything attached: persistent, pending, deleted in this transaction. */
  all(): Set<InstanceState> {
    reconcileTouched();
    return new Set([...this.identity, ...this.added, ...this.#gone]);
  }

  /** Persistent objects that differ from their rows, deleted ones aside. */
  changed(): InstanceState[] {
    reconcileTouched();
    return [...this.identity].filter((state) => this.#isChanged(state));
  }

  /**
   * Whether a flush would find something to do.
   *
   * @param reach - `held` leaves out what is held weakly: there only the inside of a value can have changed, which reads
   * need not pay for.
   */
  hasWork(reach: 'all' | 'held'): boolean {
    reconcileTouched();
    if (this.added.size > 0 || this.deleted.size > 0) return true;
    for (const state of reach === 'all' ? this.identity : this.identity.held()) if (this.#isChanged(state)) return true;
    return false;
  }

  /** Persistent objects that `isModified`, relationships included. */
  dirty(): InstanceState[] {
    reconcileTouched();
    return [...this.identity].filter((state) => !this.deleted.has(state) && isModified(state));
  }

  /** The row of this object is gone; whether for good, the end of the transaction decides. */
  forget(state: InstanceState): void {
    this.deleted.delete(state);
    this.#gone.add(state);
  }

  /** The program wrote rows by itself: new objects are no longer known to have nothing linked to them. */
  forgetBirths(): void {
    for (const state of this.identity) state.isBorn = false;
  }

  /** After COMMIT: what was deleted belongs to nobody. */
  committed(): void {
    for (const state of this.#gone) this.#detach(state);
    this.#gone.clear();
  }

  /** Puts the objects of a journal back to how they were, throws unflushed work away. */
  rollBack(journal: ReadonlyMap<InstanceState, Memento>): void {
    reconcileTouched();
    for (const state of this.added) this.#detach(state);
    this.added.clear();
    this.deleted.clear();
    for (const state of journal.keys()) this.identity.delete(state);
    for (const [state, memento] of journal) this.#restore(state, memento);
    for (const state of this.identity)
      if (state.isRelinked || state.related !== undefined || hasChangedColumns(state)) revertToCommitted(state);
    alignMembership(this.identity, new Set(journal.keys()));
    unloadTransient(this.identity, journal.keys());
    followMemberKeys(journal.keys());
  }

  /** When the session closes on work that was flushed and never committed: new objects have no row after all, deleted ones have. */
  disown(journal: ReadonlyMap<InstanceState, Memento>): void {
    for (const [state, memento] of journal) {
      const isUndone = memento.committed === undefined || state.lifecycle === 'deleted';
      if (isUndone && state.owner === this.#owner) this.#restore(state, memento);
    }
  }

  #isChanged(state: InstanceState): boolean {
    return (state.isRelinked || hasChangedColumns(state)) && !this.deleted.has(state);
  }

  #restore(state: InstanceState, memento: Memento): void {
    // Expunged, and at home somewhere else by now.
    if (state.owner !== undefined && state.owner !== this.#owner) return;
    const wasExpunged = state.owner === undefined;
    this.#gone.delete(state);
    this.identity.delete(state);
    restoreMemento(state, memento);
    if (memento.committed === undefined) {
      state.owner = undefined;
      this.#move(state, 'transient');
    } else if (memento.owner === undefined) {
      // Whether its row was there before this transaction is not known.
      if (!wasExpunged) this.#detach(state);
    } else if (!wasExpunged) {
      const usurper = this.identity.get(rootMapper(state.mapper), state.key);
      if (usurper !== undefined) this.#detach(usurper);
      this.#move(state, 'persistent');
      this.identity.set(state);
    }
  }

  #refuse(state: InstanceState): void {
    if (state.owner !== undefined && state.owner !== this.#owner) throw AttachError.elsewhere(String(state));
    if (state.wasDeleted) throw AttachError.deleted(String(state));
    if (state.key === undefined) return;
    const known = this.identity.get(rootMapper(state.mapper), state.key);
    if (known !== undefined && known !== state) throw AttachError.conflict(String(state), String(known));
  }

  #attach(state: InstanceState): void {
    state.owner = this.#owner;
    if (state.committed === undefined) {
      this.#move(state, 'pending');
      this.added.add(state);
      return;
    }
    this.#move(state, 'persistent');
    state.key = keyOfRow(state.mapper, state.committed);
    this.identity.set(state);
  }

  #detach(state: InstanceState): void {
    liftGuard(state);
    this.identity.delete(state);
    this.added.delete(state);
    this.deleted.delete(state);
    this.#gone.delete(state);
    state.owner = undefined;
    state.siblings = undefined;
    state.seenIn = -1;
    for (const slot of state.related ?? []) if (slot !== undefined) slot.seenIn = -1;
    if (state.lifecycle === 'pending') this.#move(state, 'transient');
    else if (state.lifecycle !== 'transient') this.#move(state, 'detached');
  }

  #move(state: InstanceState, to: Lifecycle): void {
    const from = state.lifecycle;
    state.moveTo(to);
    this.#onMove(state, from);
  }
}
