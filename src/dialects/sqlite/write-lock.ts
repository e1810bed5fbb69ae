import { LockTimeout } from '../../errors/database-errors.ts';
import type { DatabaseRefusal, LockHolder } from '../../errors/database-errors.ts';
import type { Clock } from '../../util/clock.ts';

/** Whoever may hold the lock: a connection. */
export interface LockOwner {
  /** The work it does now, for other people's errors. */
  readonly holder: string | undefined;
}

export interface LockRequest {
  readonly owner: LockOwner;
  /** Longest wait, milliseconds. */
  readonly timeoutMs: number;
  /** What wanted the lock, for the error. */
  readonly refusal: DatabaseRefusal;
}

interface Waiter extends LockRequest {
  readonly sinceMs: number;
  readonly cancelTimer: () => void;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The right to write to one SQLite file, within this process: one owner at a time, first come, first served.
 *
 * SQLite allows one writer per file and can only poll for its turn; waiting in line here is fair and blocks nothing.
 */
export class WriteLock {
  readonly path: string;
  readonly #clock: Clock;
  #owner: LockOwner | undefined;
  #heldSinceMs = 0;
  /** First come, first served; a Set so that leaving is O(1). */
  readonly #waiters = new Set<Waiter>();

  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  isHeldBy(owner: LockOwner): boolean {
    return this.#owner === owner;
  }

  /** Who holds it now, unless that is `asker`. */
  holder(asker?: LockOwner): LockHolder | undefined {
    if (this.#owner === undefined || this.#owner === asker) return undefined;
    return { label: this.#owner.holder, heldMs: this.#clock.now() - this.#heldSinceMs };
  }

  /** Takes the lock if nobody has it. True when `owner` has it now. */
  tryAcquire(owner: LockOwner): boolean {
    if (this.#owner === owner) return true;
    if (this.#owner !== undefined) return false;
    this.#give(owner);
    return true;
  }

  /**
   * Waits in line for the lock.
   *
   * @throws {LockTimeout} DATABASE_LOCK_TIMEOUT - after `timeoutMs`.
   */
  acquire(request: LockRequest): Promise<void> {
    if (this.tryAcquire(request.owner)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        ...request,
        sinceMs: this.#clock.now(),
        cancelTimer: this.#clock.setTimer(request.timeoutMs, () => this.#giveUp(waiter)),
        resolve,
        reject,
      };
      this.#waiters.add(waiter);
    });
  }

  /** Gives the lock to the next in line. Does nothing unless `owner` has it. */
  release(owner: LockOwner): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    for (const waiter of this.#waiters) {
      this.#leave(waiter);
      this.#give(waiter.owner);
      waiter.resolve();
      return;
    }
  }

  /** Releases the lock and takes `owner` out of the line, refusing what it waited for with `error`. */
  abandon(owner: LockOwner, error: unknown): void {
    for (const waiter of this.#waiters) {
      if (waiter.owner !== owner) continue;
      this.#leave(waiter);
      waiter.reject(error);
    }
    this.release(owner);
  }

  #give(owner: LockOwner): void {
    this.#owner = owner;
    this.#heldSinceMs = this.#clock.now();
  }

  #leave(waiter: Waiter): void {
    waiter.cancelTimer();
    this.#waiters.delete(waiter);
  }

  #giveUp(waiter: Waiter): void {
    this.#leave(waiter);
    const waitedMs = this.#clock.now() - waiter.sinceMs;
    waiter.reject(LockTimeout.ofFile(this.path, waitedMs, this.holder(waiter.owner), waiter.refusal));
  }
}

/** path → its lock and how many connections use it; forgotten when the last one leaves. */
const LOCKS = new Map<string, { readonly lock: WriteLock; users: number }>();

/** The process's lock of one file. Give it back with `leaveLock`. */
export function joinLock(path: string, clock: Clock): WriteLock {
  const shared = LOCKS.get(path) ?? { lock: new WriteLock(path, clock), users: 0 };
  shared.users++;
  LOCKS.set(path, shared);
  return shared.lock;
}

export function leaveLock(lock: WriteLock): void {
  const shared = LOCKS.get(lock.path);
  if (shared === undefined || shared.lock !== lock) return;
  shared.users--;
  if (shared.users === 0) LOCKS.delete(lock.path);
}
