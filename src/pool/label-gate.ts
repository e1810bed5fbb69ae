import { RankedQueue } from '../util/ranked-queue.ts';
import type { Ranked } from '../util/ranked-queue.ts';

/** How many connections work of one label may have: the same for all, or by name; what is not named has no cap. */
export type LabelCaps = number | Readonly<Record<string, number>>;

/** Who may be held back at the gate. */
export interface Labelled {
  readonly label: string | undefined;
}

/**
 * Stands before the line: lets as many of one label through as may have a connection at a time, and holds the others
 * back, by rank, then first come, first served. What has no label passes.
 */
export class LabelGate<W extends Labelled & Ranked<W>> implements Iterable<W> {
  readonly #caps: LabelCaps;
  readonly #ranks: number;
  /** Label → how many are through: in line or with a connection. */
  readonly #through = new Map<string, number>();
  readonly #held = new Map<string, RankedQueue<W>>();
  #length = 0;

  constructor(caps: LabelCaps, ranks: number) {
    this.#caps = caps;
    this.#ranks = ranks;
  }

  /** How many are held back. */
  get length(): number {
    return this.#length;
  }

  /** The cap of a label; `Infinity` when it has none. */
  capOf(label: string | undefined): number {
    if (label === undefined) return Infinity;
    if (typeof this.#caps === 'number') return this.#caps;
    return Object.hasOwn(this.#caps, label) ? (this.#caps[label] ?? Infinity) : Infinity;
  }

  /** Whether no more of this label may go through. */
  isFull(label: string | undefined): boolean {
    return label !== undefined && (this.#through.get(label) ?? 0) >= this.capOf(label);
  }

  /** Lets one of this label through, if it may. */
  enter(label: string | undefined): boolean {
    if (label === undefined) return true;
    if (this.isFull(label)) return false;
    this.#through.set(label, (this.#through.get(label) ?? 0) + 1);
    return true;
  }

  /** Whether this one is held back. */
  has(waiter: W): boolean {
    return this.#held.get(waiter.label ?? '')?.has(waiter) === true;
  }

  /** Holds back one who may not enter. */
  hold(waiter: W): void {
    const { label = '' } = waiter;
    const queue = this.#held.get(label) ?? new RankedQueue<W>(this.#ranks);
    this.#held.set(label, queue);
    queue.push(waiter);
    this.#length += 1;
  }

  /** One that was through is done. @returns who may go through instead, already counted. */
  leave(label: string | undefined): W | undefined {
    if (label === undefined) return undefined;
    const next = this.#held.get(label)?.shift();
    if (next === undefined) this.#countDown(label);
    else this.#noteGone(label);
    return next;
  }

  /** Takes out one who is held back. False when it is not here. */
  remove(waiter: W): boolean {
    const { label = '' } = waiter;
    if (this.#held.get(label)?.remove(waiter) !== true) return false;
    this.#noteGone(label);
    return true;
  }

  *[Symbol.iterator](): Generator<W, void, undefined> {
    for (const queue of this.#held.values()) yield* queue;
  }

  #countDown(label: string): void {
    const through = (this.#through.get(label) ?? 0) - 1;
    if (through > 0) this.#through.set(label, through);
    else this.#through.delete(label);
  }

  #noteGone(label: string): void {
    this.#length -= 1;
    if (this.#held.get(label)?.length === 0) this.#held.delete(label);
  }
}
