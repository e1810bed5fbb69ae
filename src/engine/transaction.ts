import type { BeginTime, Dialect, IsolationLevel } from '../dialects/dialect.ts';
import { TransactionStateError } from '../errors/engine-errors.ts';
import type { Statement } from '../sql/statement.ts';

export const COMMIT: Statement = control('commit', 'commit');
export const ROLLBACK: Statement = control('rollback', 'rollback');

export function control(sql: string, kind: Statement['kind'] = 'control'): Statement {
  return Object.freeze({ sql, kind, parse: 'raw', prepare: false });
}

interface Begin {
  readonly statement: Statement;
  readonly when: BeginTime;
}

/** What BEGIN is to say. */
export interface TransactionKind {
  readonly isolationLevel: IsolationLevel | undefined;
  readonly readOnly: boolean;
}

/** dialect → kind of transaction → its BEGIN, for as long as the program runs: there are ten kinds. */
const BEGINS = new WeakMap<Dialect, Map<string, Begin>>();

function beginOf(dialect: Dialect, { isolationLevel, readOnly }: TransactionKind): Begin {
  let begins = BEGINS.get(dialect);
  if (begins === undefined) BEGINS.set(dialect, (begins = new Map()));
  const key = readOnly ? `read only ${isolationLevel}` : String(isolationLevel);
  let begin = begins.get(key);
  if (begin === undefined) {
    const { sql, when } = dialect.begin(isolationLevel, readOnly);
    begins.set(key, (begin = { statement: Object.freeze({ ...control(sql, 'begin'), prepare: true }), when }));
  }
  return begin;
}

/** The transaction of one connection: none, asked for, or begun on the server. */
export class Transaction {
  readonly #dialect: Dialect;
  #state: 'none' | 'asked' | 'begun' = 'none';
  #begin: Begin | undefined;
  #isReadOnly = false;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get isOpen(): boolean {
    return this.#state !== 'none';
  }

  get isBegun(): boolean {
    return this.#state === 'begun';
  }

  ask(kind: TransactionKind): void {
    if (this.isOpen) throw TransactionStateError.alreadyBegun();
    this.#begin = beginOf(this.#dialect, kind);
    this.#isReadOnly = kind.readOnly;
    this.#state = 'asked';
  }

  /** Refuses what a read-only transaction must not run, where the database itself would not. */
  refuseWriting({ kind, sql }: Statement): void {
    const isUnguarded = this.#isReadOnly && this.#state !== 'none' && this.#dialect.name === 'sqlite';
    if (isUnguarded && kind === 'write') throw TransactionStateError.readOnly(/^\s*\w+/.exec(sql)?.[0].trim());
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
