import type { PoolHolder } from '../errors/pool-report.ts';
import type { CallSite } from '../util/call-site.ts';
import { statementShape } from '../util/statement-shape.ts';
import type { PoolScope } from './pool-scope.ts';

/** Who asks for a connection. */
export interface Borrower {
  readonly label?: string | undefined;
  readonly owner?: object | undefined;
  readonly scope?: PoolScope | undefined;
  readonly callSite?: CallSite | undefined;
}

/** The facts of one checkout, for as long as it lasts: who has the connection, since when, doing what. */
export class Loan {
  readonly label: string | undefined;
  readonly scope: PoolScope | undefined;
  readonly callSite: CallSite | undefined;
  readonly takenAt: number;
  /** The lease, until the collector watches it: from then on nothing here may keep it alive. */
  unwatchedLease: object | undefined = undefined;
  #owner: object | undefined;
  #ownerRef: WeakRef<object> | undefined = undefined;
  #statement: string | undefined = undefined;
  #endedAt: number | undefined = undefined;
  #isRunning = false;
  #inTransaction = false;

  constructor(borrower: Borrower, callSite: CallSite | undefined, takenAt: number) {
    this.label = borrower.label;
    this.scope = borrower.scope;
    this.callSite = callSite;
    this.takenAt = takenAt;
    this.#owner = borrower.owner;
  }

  get owner(): object | undefined {
    return this.#owner ?? this.#ownerRef?.deref();
  }

  /** When its last statement ended, if a transaction is open and nothing runs. */
  get idleInTransactionSince(): number | undefined {
    return this.#isRunning || !this.#inTransaction ? undefined : this.#endedAt;
  }

  noteStart(sql: string): void {
    this.#statement = sql;
    this.#isRunning = true;
  }

  noteEnd(now: number, inTransaction: boolean): void {
    this.#isRunning = false;
    this.#endedAt = now;
    this.#inTransaction = inTransaction;
  }

  /** Lets go of everything that may lead to the lease: the owner, and the frames of the call site. */
  weaken(): void {
    this.unwatchedLease = undefined;
    void this.callSite?.line;
    if (this.#owner === undefined) return;
    this.#ownerRef = new WeakRef(this.#owner);
    this.#owner = undefined;
  }

  toHolder(now: number): PoolHolder {
    return {
      label: this.label,
      heldMs: now - this.takenAt,
      idleMs: this.#idleMs(now),
      isRunning: this.#isRunning,
      inTransaction: this.#inTransaction,
      lastStatement: this.#statement === undefined ? undefined : statementShape(this.#statement),
      line: this.callSite?.line,
    };
  }

  #idleMs(now: number): number | undefined {
    if (this.#isRunning) return 0;
    return this.#endedAt === undefined ? undefined : now - this.#endedAt;
  }
}
