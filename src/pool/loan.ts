import type { PoolHolder } from '../errors/pool-report.ts';
import type { CallSite } from '../util/call-site.ts';
import { statementShape } from '../util/statement-shape.ts';
import type { PoolScope } from './pool-scope.ts';
import { lineOf } from './waiter-groups.ts';

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
  /** Declared a text, which a program may not know. */
  #statement: unknown = undefined;
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

  /** Whether it was taken for an owner, who may be gone by now. */
  get isOwned(): boolean {
    return this.#owner !== undefined || this.#ownerRef !== undefined;
  }

  /** A statement runs now. */
  get isRunning(): boolean {
    return this.#isRunning;
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
    void lineOf(this.callSite);
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
      lastStatement: shapeOf(this.#statement),
      line: lineOf(this.callSite),
    };
  }

  #idleMs(now: number): number | undefined {
    if (this.#isRunning) return 0;
    return this.#endedAt === undefined ? undefined : now - this.#endedAt;
  }
}

/** Reports must not fail over a statement, whatever the program gave for one. */
function shapeOf(statement: unknown): string | undefined {
  if (statement === undefined) return undefined;
  if (typeof statement !== 'string') return `a statement that is no text (${typeof statement})`;
  try {
    return statementShape(statement);
  } catch {
    return `a statement of ${statement.length} characters`;
  }
}
