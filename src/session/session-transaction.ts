import type { IsolationLevel } from '../dialects/dialect.ts';
import type { DriverResult } from '../driver/driver.ts';
import type { Connection } from '../engine/connection.ts';
import { Connection as EngineConnection } from '../engine/connection.ts';
import type { ExecutionOptions } from '../engine/engine-events.ts';
import type { Executable } from '../engine/executable.ts';
import { tagged } from '../engine/tagged.ts';
import { PendingRollbackError, SessionTransactionError } from '../errors/session-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Bind, Binds } from './binds.ts';
import type { Enlistment } from './enlistment.ts';
import { Participants } from './participants.ts';
import { SessionCheckout } from './session-checkout.ts';
import type { SessionSettings } from './session-options.ts';
import { TransactionLevel } from './transaction-level.ts';
import type { TransactionWatch } from './transaction-watch.ts';
import { warn } from './warn.ts';

/**
 * The session's side of its databases: at most one connection to each, taken at the first SQL and given back when the
 * transaction ends, and the levels of the transaction on them. Knows nothing of objects.
 */
export class SessionTransaction {
  readonly #binds: Binds;
  readonly #settings: SessionSettings;
  readonly #watch: TransactionWatch;
  readonly #checkout: SessionCheckout;
  readonly #participants: Participants;
  #level: TransactionLevel | undefined;
  #number = 0;
  #savepoints = 0;
  /** The begin blocks that are running, outermost first. */
  readonly #blocks: TransactionLevel[] = [];
  #statements = 0;

  constructor(binds: Binds, settings: SessionSettings, { holder, watch }: { holder: object; watch: TransactionWatch }) {
    this.#binds = binds;
    this.#settings = settings;
    this.#watch = watch;
    this.#checkout = new SessionCheckout(settings, holder);
    this.#participants = new Participants(settings, this.#checkout, (error) => this.#failAll(error));
  }

  /** Counts transactions up: what was read under another number may be stale. */
  get number(): number {
    return this.#number;
  }

  /** The innermost level; undefined outside a transaction. */
  get level(): TransactionLevel | undefined {
    return this.#level;
  }

  get hasConnection(): boolean {
    return !this.#participants.isEmpty;
  }

  /** Binds whose transactions the session only joined: the caller decides what becomes of the work. */
  get joined(): ReadonlySet<Bind> {
    return this.#participants.joined;
  }

  /** The program's line that is about to use the database, for whoever looks at the pool. */
  get callSite(): CallSite | undefined {
    return this.#checkout.callSite;
  }

  set callSite(callSite: CallSite | undefined) {
    this.#checkout.callSite = callSite;
  }

  /** Refuses every use from now on, also by what waits for a connection. */
  shut(reason: unknown): void {
    this.#checkout.shut(reason);
  }

  /** Opens the transaction, in memory: the connection comes with the first SQL. */
  begin(): TransactionLevel {
    this.refuseEndedBlock();
    if (this.#level !== undefined) throw SessionTransactionError.begun();
    return this.#enter(new TransactionLevel(undefined, undefined, 'begin'));
  }

  /** The level to work in, begun by itself when there is none. */
  ensureLevel(): TransactionLevel {
    this.refuseEndedBlock();
    const level = this.#level ?? this.#autobegin();
    if (level.status === 'failed') throw PendingRollbackError.after(level.error);
    if (level.status !== 'active') throw SessionTransactionError.phase(level.status);
    return level;
  }

  /** Like `ensureLevel`, for a call that in autocommit mode would leave a transaction behind that nobody ends. */
  ensureLevelFor(call: string): TransactionLevel {
    this.refuseEndedBlock();
    if (this.#level === undefined && this.#settings.autocommit) throw SessionTransactionError.noTransaction(call);
    return this.ensureLevel();
  }

  /** Refuses what needs a transaction where none may begin by itself. Touches nothing. */
  refuseUnbegun(): void {
    this.refuseEndedBlock();
    const { autobegin, autocommit } = this.#settings;
    if (this.#level === undefined && !autobegin && !autocommit) throw SessionTransactionError.noAutobegin();
  }

  /** A begin block whose transaction ended early must be left first. */
  refuseEndedBlock(): void {
    const block = this.#blocks.at(-1);
    if (block?.status === 'closed') throw SessionTransactionError.blockEnded(block.error);
  }

  enterBlock(level: TransactionLevel): void {
    this.#blocks.push(level);
  }

  leaveBlock(level: TransactionLevel): void {
    const at = this.#blocks.lastIndexOf(level);
    if (at >= 0) this.#blocks.splice(at, 1);
  }

  /** Runs `work` with execution options laid over the session's; only inside a turn. */
  async withOptions<T>(options: ExecutionOptions | undefined, work: () => Promise<T>): Promise<T> {
    if (options === undefined) return work();
    const checkout = this.#checkout;
    const outer = checkout.executionOptions;
    checkout.executionOptions = { ...outer, ...options };
    try {
      return await work();
    } finally {
      checkout.executionOptions = outer;
    }
  }

  /** How many statements the session has run. */
  get statements(): number {
    return this.#statements;
  }

  /** Runs `work` with more tags before its statements; only inside a turn. */
  async withTags<T>(tags: readonly string[] | undefined, work: () => Promise<T>): Promise<T> {
    if (tags === undefined) return work();
    const checkout = this.#checkout;
    const outer = checkout.tags;
    checkout.tags = [...outer, ...tags];
    try {
      return await work();
    } finally {
      checkout.tags = outer;
    }
  }

  /** Runs one statement in the transaction; in autocommit mode outside `begin`, on a connection of its own. */
  async execute(executable: Executable, parameters?: readonly unknown[], bind?: Bind): Promise<DriverResult> {
    this.#checkout.refuse();
    this.#statements++;
    const place = bind ?? this.#binds.default;
    if (this.#level === undefined && this.#settings.autocommit) {
      this.refuseEndedBlock();
      return this.#checkout.execute(place, executable, parameters);
    }
    const connection = await this.connection(place);
    if (this.#settings.readOnly) this.#participants.get(place)?.refuseWriting(executable);
    const { executionOptions, tags } = this.#checkout;
    return this.#participants.using(place, connection, () =>
      connection.execute(tagged(executable, tags), parameters, executionOptions),
    );
  }

  /**
   * The connection of the transaction to one bind, taken now if it is not there yet.
   *
   * @param isolationLevel - of its transaction, when it is taken now; else a warning.
   */
  async connection(bind: Bind = this.#binds.default, isolationLevel?: IsolationLevel): Promise<Connection> {
    const level = this.ensureLevelFor('connection()');
    let enlistment = this.#participants.get(bind);
    if (enlistment === undefined) {
      await this.#watch.announce();
      // A listener may have used the session, and so have taken it.
      enlistment = this.#participants.get(bind) ?? (await this.#enlistAndTell(bind, level, isolationLevel));
    } else if (isolationLevel !== undefined) warn(SessionTransactionError.isolationIgnored(isolationLevel));
    if (level.savepoint !== undefined && !level.savedOn.has(bind))
      await this.#participants.setSavepointsOn(bind, level);
    return enlistment.connection;
  }

  /** Sets a savepoint on every connection that is there; those that come later get it then. */
  async beginNested(): Promise<TransactionLevel> {
    const level = new TransactionLevel(this.ensureLevel(), this.#savepointName());
    await this.#participants.setSavepoint(level);
    return this.#enter(level);
  }

  /** Releases the innermost savepoint; its changes become its parent's. */
  async releaseNested(): Promise<void> {
    const level = this.ensureLevel();
    await this.#participants.releaseSavepoint(level);
    level.mergeIntoParent();
    this.#leave(level);
  }

  /** Undoes the innermost savepoint on the server and leaves it. When the server cannot, the transaction is lost. */
  async rollbackNested(): Promise<void> {
    const level = this.#level;
    if (level?.savepoint === undefined) return;
    this.#number++;
    try {
      if (level.status !== 'failed') await this.#rollbackTo(level);
    } finally {
      this.#leave(level);
    }
  }

  /** Has every engine promise to commit: the first half of a two-phase commit. Savepoints must be released before. */
  async prepare(): Promise<void> {
    const level = this.ensureLevel();
    await this.#participants.prepare();
    level.status = 'prepared';
  }

  /**
   * Commits everywhere, in the order of first use. Afterwards `end()` gives the connections back. Rejects when a database
   * refuses; what has not committed is then still there.
   */
  async commit(): Promise<void> {
    if (this.#level?.status !== 'prepared') await this.#participants.commit(this.ensureLevel().root);
    for (const level of this.#level?.outward() ?? []) level.status = 'committed';
    await this.#participants.commitPrepared();
  }

  /** Undoes everything on the servers and gives the connections back. A connection that cannot is thrown away. */
  async rollback(): Promise<void> {
    await this.#undo((each) => each.rollback());
  }

  /** Like `rollback`, but leaves a caller's transaction to the caller where the session only joined it. */
  async close(): Promise<void> {
    await this.#undo((each) => each.close());
  }

  /** After a failed flush: undoes the innermost level at once, so that no lock is held while the program thinks. */
  async fail(error: unknown): Promise<void> {
    const level = this.#level;
    if (level === undefined) return;
    level.fail(error);
    this.#number++;
    if (level.savepoint !== undefined) return this.#rollbackTo(level).catch(() => {});
    await this.#participants.undo((each) => each.rollback());
    await this.#participants.giveBack();
  }

  /** Throws the connections away, whatever they are doing. */
  invalidate(cause?: unknown): void {
    this.#participants.invalidate(cause);
  }

  /** Closes all levels and gives the connections back. */
  async end(): Promise<void> {
    for (const level of this.#level?.outward() ?? []) this.#leave(level);
    this.#number++;
    await this.#participants.giveBack();
  }

  /** Outside a transaction every turn is one of its own. */
  endTurn(): void {
    this.callSite = undefined;
    if (this.#level === undefined) this.#number++;
  }

  #autobegin(): TransactionLevel {
    if (!this.#settings.autobegin) throw SessionTransactionError.noAutobegin();
    return this.#enter(new TransactionLevel());
  }

  /** A connection on which a listener could not do its part is not used: the next use takes and tells of another. */
  async #enlistAndTell(bind: Bind, level: TransactionLevel, isolationLevel?: IsolationLevel): Promise<Enlistment> {
    const enlistment = await this.#participants.enlist(bind, isolationLevel);
    try {
      await this.#watch.begun(level.facts, enlistment.connection);
      return enlistment;
    } catch (error) {
      await this.#participants.dismiss(bind);
      throw error;
    }
  }

  /** @throws {DatabaseError} the savepoint is not there any more; every level has failed then. */
  async #rollbackTo(level: TransactionLevel): Promise<void> {
    try {
      await this.#participants.rollbackTo(level);
    } catch (error) {
      for (const each of level.outward()) each.fail(error);
      throw error;
    }
  }

  /** A connection broke, and the transaction with it: the program must roll back to go on. */
  #failAll(error: unknown): void {
    for (const level of this.#level?.outward() ?? []) level.fail(error);
  }

  #enter(level: TransactionLevel): TransactionLevel {
    this.#watch.created(level.facts);
    return (this.#level = level);
  }

  #leave(level: TransactionLevel): void {
    level.status = 'closed';
    this.#level = level.parent;
    this.#watch.ended(level.facts);
  }

  #savepointName(): string {
    const bind = this.#participants.first ?? (this.#binds.isSingle ? this.#binds.default : undefined);
    // Others may set savepoints on a caller's connection too.
    return bind instanceof EngineConnection ? bind.newSavepointName() : `hermetic_${++this.#savepoints}`;
  }

  async #undo(how: (each: Enlistment) => Promise<void>): Promise<void> {
    try {
      await this.#participants.rollbackPrepared();
    } finally {
      await this.#participants.undo(how);
      await this.end();
    }
  }
}
