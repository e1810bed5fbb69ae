import { DetachedInstanceError } from '../errors/state-errors.ts';
import type { ManyToMany, OneToMany } from '../mapping/mapper.ts';
import type { Collection } from './collection.ts';
import { requireTarget } from './collection.ts';
import { requireState } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { ABSENT } from './instance-state.ts';
import { cutMember, heldCollection, linkMember, reconcileTouched } from './related.ts';

/** A relationship to many that is never loaded: members go in and out by themselves, and are found by queries. */
export class WriteOnly {
  readonly #state: InstanceState;
  readonly #relationship: OneToMany | ManyToMany;

  constructor(state: InstanceState, relationship: OneToMany | ManyToMany) {
    this.#state = state;
    this.#relationship = relationship;
  }

  /** @throws {RelationshipTypeError} STATE_WRONG_TARGET */
  add(...members: readonly unknown[]): void {
    const added = members.map((member) => requireTarget(this.#state, this.#relationship, member));
    reconcileTouched();
    const held = this.#held();
    for (const member of added)
      if (held === undefined) linkMember(this.#state, this.#relationship, requireState(member));
      else held.put(member);
  }

  /** What is known to be no member is left alone. @throws {RelationshipTypeError} STATE_WRONG_TARGET */
  remove(...members: readonly unknown[]): void {
    const removed = members.map((member) => requireTarget(this.#state, this.#relationship, member));
    reconcileTouched();
    const held = this.#held();
    for (const member of removed) {
      if (held?.members.has(member) === true) held.take(member);
      else if (this.#mayHold(requireState(member))) cutMember(this.#state, this.#relationship, requireState(member));
    }
  }

  /** @throws {DetachedInstanceError} STATE_DETACHED @throws {ObjectStateError} SESSION_NOT_PERSISTENT */
  query(): object {
    const { owner } = this.#state;
    if (owner === undefined) throw DetachedInstanceError.lazyLoad(String(this.#state), this.#relationship.property);
    return owner.reads.query(this.#state, this.#relationship);
  }

  /** An object in no session has nobody else to remember its members until it is added to one. */
  #held(): Collection | undefined {
    const isAlone = this.#state.owner === undefined && this.#state.key === undefined;
    return heldCollection(this.#state, this.#relationship, isAlone);
  }

  #mayHold(member: InstanceState): boolean {
    if (this.#relationship.direction === 'many-to-many') return true;
    const { childColumns, parentColumns } = this.#relationship.link;
    const linked = member.links?.get(this.#relationship.link);
    if (linked !== undefined) return linked === this.#state;
    return childColumns.every((column, at) => {
      const [own, key] = [member.committed?.[column.index], this.#state.committed?.[parentColumns[at]?.index ?? -1]];
      return own === ABSENT || column.equals(own, key);
    });
  }
}
