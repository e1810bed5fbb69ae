import { LeaseReleasedError } from '../errors/pool-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Loan } from './loan.ts';
import type { PoolEntry } from './pool-entry.ts';

/**
 * One checkout: the right to use one connection until `release()`.
 *
 * A lease has an identity: after `release`, `invalidate` or `detach` it refuses every use and touches nothing.
 */
export interface Lease<C> {
  /** @throws {LeaseReleasedError} POOL_LEASE_RELEASED - after the lease ended. */
  readonly connection: C;
  readonly label: string | undefined;
  readonly callSite: CallSite | undefined;
  readonly isReleased: boolean;
  /** Gives the connection back, reset. Idempotent. Never rejects: a connection that cannot be reset is thrown away. */
  release(): Promise<void>;
  /**
   * What the program notes of this connection: empty when the connection is new, there again for each later holder.
   *
   * @throws {LeaseReleasedError} POOL_LEASE_RELEASED - after the lease ended.
   * @example lease.info.set('search path', 'tenant_7');
   */
  readonly info: Map<unknown, unknown>;
  /**
   * Throws the connection away; the place in the pool is free at once. Idempotent.
   *
   * @param options - `soft`: goes on with it, and has it closed instead of kept when it comes back.
   */
  invalidate(cause?: unknown, options?: { readonly soft?: boolean | undefined }): void;
  /**
   * Throws the connection away and, when it is as new as any, every other one opened before now: those that are out go
   * when they come back. For a failure that says the server went away. Idempotent.
   */
  invalidateAll(cause?: unknown): void;
  /**
   * Takes the connection out of the pool for good: the caller closes it.
   * @throws {LeaseReleasedError} POOL_LEASE_RELEASED - after the lease ended.
   */
  detach(): C;
  /** Tells the pool what runs, for `holders()`: at a statement's start its text, at its end whether a transaction is open. */
  noteStart(sql: string): void;
  noteEnd(inTransaction: boolean): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Where leases come from and go back to. */
export interface Lender<C> {
  now(): number;
  /** A borrower's statement has ended and left a transaction open. */
  noteIdleInTransaction(now: number): void;
  checkin(entry: PoolEntry<C>, loan: Loan): Promise<void>;
  invalidate(entry: PoolEntry<C>, loan: Loan, reason: { readonly cause: unknown; readonly all: boolean }): void;
  /** Has it closed instead of kept when it comes back. */
  invalidateSoftly(entry: PoolEntry<C>, loan: Loan, cause: unknown): void;
  detach(entry: PoolEntry<C>, loan: Loan): void;
}

/** The program's end of a loan. The pool does not hold on to it, so the collector can tell that it was lost. */
export class PoolLease<C> implements Lease<C> {
  readonly #lender: Lender<C>;
  readonly #loan: Loan;
  /** Undefined once the lease has ended; gone when the pool had to take the connection away. */
  #entry: PoolEntry<C> | undefined;
  #returned: Promise<void> | undefined = undefined;

  constructor(lender: Lender<C>, entry: PoolEntry<C>, loan: Loan) {
    this.#lender = lender;
    this.#entry = entry;
    this.#loan = loan;
  }

  get connection(): C {
    return this.#use('The connection').connection;
  }

  get label(): string | undefined {
    return this.#loan.label;
  }

  get callSite(): CallSite | undefined {
    return this.#loan.callSite;
  }

  get isReleased(): boolean {
    return this.#entry === undefined || this.#entry.state === 'gone';
  }

  release(): Promise<void> {
    const entry = this.#end();
    if (entry !== undefined) this.#returned = this.#lender.checkin(entry, this.#loan);
    return this.#returned ?? Promise.resolve();
  }

  get info(): Map<unknown, unknown> {
    return (this.#use('Its info').info ??= new Map());
  }

  invalidate(cause?: unknown, { soft = false }: { readonly soft?: boolean | undefined } = {}): void {
    if (soft) {
      if (this.#entry !== undefined) this.#lender.invalidateSoftly(this.#entry, this.#loan, cause);
      return;
    }
    const entry = this.#end();
    if (entry !== undefined) this.#lender.invalidate(entry, this.#loan, { cause, all: false });
  }

  invalidateAll(cause?: unknown): void {
    const entry = this.#end();
    if (entry !== undefined) this.#lender.invalidate(entry, this.#loan, { cause, all: true });
  }

  detach(): C {
    const entry = this.#use('Detaching');
    this.#end();
    this.#lender.detach(entry, this.#loan);
    return entry.connection;
  }

  noteStart(sql: string): void {
    this.#use('A statement');
    this.#loan.noteStart(sql);
  }

  noteEnd(inTransaction: boolean): void {
    if (this.isReleased) return;
    const now = this.#lender.now();
    this.#loan.noteEnd(now, inTransaction);
    if (inTransaction) this.#lender.noteIdleInTransaction(now);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #use(what: string): PoolEntry<C> {
    const entry = this.#entry;
    if (entry === undefined || entry.state === 'gone')
      throw LeaseReleasedError.forUse(what, this.#loan.label, this.#loan.callSite?.line);
    return entry;
  }

  #end(): PoolEntry<C> | undefined {
    const entry = this.#entry;
    this.#entry = undefined;
    return entry;
  }
}
