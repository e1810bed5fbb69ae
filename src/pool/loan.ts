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

/** What the holder of a connection does with it. */
interface Work {
  /** Declared a text, which a program may not know. */
  statement: unknown;
  isRunning: boolean;
  endedAt: number | undefined;
  inTransaction: boolean;
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
  /** What was done with the connection, once anything was. */
  #work: Work | undefined = undefined;

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
    return this.#work?.isRunning === true;
  }

  /** When its last statement ended, if a transaction is open and nothing runs. */
  get idleInTransactionSince(): number | undefined {
    return this.#work?.inTransaction !== true || this.isRunning ? undefined : this.#work.endedAt;
  }

  noteStart(sql: string): void {
    const work = this.#noted();
    work.statement = sql;
    work.isRunning = true;
  }

  noteEnd(now: number, inTransaction: boolean): void {
    const work = this.#noted();
    work.isRunning = false;
    work.endedAt = now;
    work.inTransaction = inTransaction;
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
    const work = this.#work;
    return {
      label: this.label,
      heldMs: now - this.takenAt,
      idleMs: idleMsOf(work, now),
      isRunning: this.isRunning,
      inTransaction: work?.inTransaction === true,
      lastStatement: shapeOf(work?.statement),
      line: lineOf(this.callSite),
    };
  }

  #noted(): Work {
    this.#work ??= { statement: undefined, isRunning: false, endedAt: undefined, inTransaction: false };
    return this.#work;
  }
}

function idleMsOf(work: Work | undefined, now: number): number | undefined {
  if (work?.isRunning === true) return 0;
  return work?.endedAt === undefined ? undefined : now - work.endedAt;
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
