import type { BeginTime, Dialect, IsolationLevel } from '../dialects/dialect.ts';
import { TransactionStateError } from '../errors/engine-errors.ts';
import type { Statement } from '../sql/statement.ts';

export const COMMIT: Statement = control('commit', 'commit');
export const ROLLBACK: Statement = control('rollback', 'rollback');

export function control(sql: string, kind: Statement['kind'] = 'control'): Statement {
  return Object.freeze({ sql, kind, parse: 'raw', prepare: false });
}

/** dialect → isolation level → its BEGIN, for as long as the program runs: there are five levels. */
const BEGINS = new WeakMap<
  Dialect,
  Map<IsolationLevel | undefined, { readonly statement: Statement; readonly when: BeginTime }>
>();

function beginOf(
  dialect: Dialect,
  level: IsolationLevel | undefined,
): { readonly statement: Statement; readonly when: BeginTime } {
  let levels = BEGINS.get(dialect);
  if (levels === undefined) BEGINS.set(dialect, (levels = new Map()));
  let begin = levels.get(level);
  if (begin === undefined) {
    const { sql, when } = dialect.begin(level);
    levels.set(level, (begin = { statement: Object.freeze({ ...control(sql, 'begin'), prepare: true }), when }));
  }
  return begin;
}

/** The transaction of one connection: none, asked for, or begun on the server. */
export class Transaction {
  readonly #dialect: Dialect;
  #state: 'none' | 'asked' | 'begun' = 'none';
  #begin: { readonly statement: Statement; readonly when: BeginTime } | undefined;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get isOpen(): boolean {
    return this.#state !== 'none';
  }

  get isBegun(): boolean {
    return this.#state === 'begun';
  }

  ask(level: IsolationLevel | undefined): void {
    if (this.isOpen) throw TransactionStateError.alreadyBegun();
    this.#begin = beginOf(this.#dialect, level);
    this.#state = 'asked';
  }

  /** The BEGIN that has to go out before `statement`, if one has. */
  leadOf({ kind }: Statement): Statement | undefined {
    if (this.#state !== 'asked' || this.#begin === undefined) return undefined;
    return kind === 'read' && this.#begin.when === 'first-write' ? undefined : this.#begin.statement;
  }

  begun(): void {
    this.#state = 'begun';
  }

  end(): void {
    this.#state = 'none';
  }
}
