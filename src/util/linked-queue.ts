/** What a `LinkedQueue` needs of its members: room for two links. A member is in one queue at a time. */
export interface QueueLinks<T> {
  previous: T | undefined;
  next: T | undefined;
  /** The queue it stands in; kept by the queue. */
  queue: unknown;
}

/** A line with first and last place, which anyone may leave from the middle at the same small cost. */
export class LinkedQueue<T extends QueueLinks<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#first;
  }

  /** Adds at the end. */
  push(member: T): void {
    member.queue = this;
    member.previous = this.#last;
    member.next = undefined;
    if (this.#last === undefined) this.#first = member;
    else this.#last.next = member;
    this.#last = member;
    this.#length += 1;
  }

  /** Adds in front of `other`, which stands here. */
  insertBefore(member: T, other: T): void {
    member.queue = this;
    member.previous = other.previous;
    member.next = other;
    if (other.previous === undefined) this.#first = member;
    else other.previous.next = member;
    other.previous = member;
    this.#length += 1;
  }

  /** Takes the first out. */
  shift(): T | undefined {
    const member = this.#first;
    if (member === undefined) return undefined;
    const { next } = member;
    this.#first = next;
    if (next === undefined) this.#last = undefined;
    else next.previous = undefined;
    member.next = undefined;
    member.queue = undefined;
    this.#length -= 1;
    return member;
  }

  /** Takes the last out. */
  pop(): T | undefined {
    const member = this.#last;
    if (member !== undefined) this.#unlink(member);
    return member;
  }

  /** Takes `member` out, wherever it stands. False when it does not stand in this queue. */
  remove(member: T): boolean {
    if (member.queue !== this) return false;
    this.#unlink(member);
    return true;
  }

  /** First to last. The member just visited may leave meanwhile. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    let member = this.#first;
    while (member !== undefined) {
      const next: T | undefined = member.next;
      yield member;
      member = next;
    }
  }

  #unlink(member: T): void {
    const { previous, next } = member;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    member.previous = undefined;
    member.next = undefined;
    member.queue = undefined;
    this.#length -= 1;
  }
}
