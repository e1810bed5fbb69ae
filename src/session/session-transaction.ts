import type { IsolationLevel } from '../dialects/dialect.ts';
import type { DriverResult } from '../driver/driver.ts';
import type { Connection } from '../engine/connection.ts';
import { Connection as EngineConnection } from '../engine/connection.ts';
import type { Engine } from '../engine/engine.ts';
import type { Executable } from '../engine/executable.ts';
import { PendingRollbackError, SessionClosedError, SessionTransactionError } from '../errors/session-errors.ts';
import { PartialCommitError } from '../errors/transaction-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Bind, Binds } from './binds.ts';
import { commitAll, commitPrepared, prepareAll, rollbackPrepared } from './commit-all.ts';
import type { Prepared } from './commit-all.ts';
import { Enlistment, inReadOnly } from './enlistment.ts';
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
  readonly #holder: object;
  readonly #watch: TransactionWatch;
  /** In the order of their first use, which is the order of the commits. */
  readonly #enlisted = new Map<Bind, Enlistment>();
  #prepared: readonly Prepared[] = [];
  #level: TransactionLevel | undefined;
  #number = 0;
  #savepoints = 0;
  /** The begin blocks that are running, outermost first. */
  readonly #blocks: TransactionLevel[] = [];
  /** Set once nothing may use the database any more. */
  #refusal: { readonly reason: unknown } | undefined;
  /** The program's line that is about to use the database, for whoever looks at the pool. */
  callSite: CallSite | undefined;

  constructor(binds: Binds, settings: SessionSettings, { holder, watch }: { holder: object; watch: TransactionWatch }) {
    this.#binds = binds;
    this.#settings = settings;
    this.#holder = holder;
    this.#watch = watch;
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
    return this.#enlisted.size > 0;
  }

  /** True when a caller's transaction, which the session only joined, decides what becomes of the work. */
  get isCallersToEnd(): boolean {
    return [...this.#enlisted.values()].some((each) => !each.isControlled);
  }

  /** Refuses every use from now on, also by what waits for a connection. */
  shut(reason: unknown): void {
    this.#refusal = { reason };
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

  /** Runs one statement in the transaction; in autocommit mode outside `begin`, on a connection of its own. */
  async execute(executable: Executable, parameters?: readonly unknown[], bind?: Bind): Promise<DriverResult> {
    this.#refuse();
    const place = bind ?? this.#binds.default;
    if (this.#level === undefined && this.#settings.autocommit) {
      this.refuseEndedBlock();
      return this.#executeAlone(place, executable, parameters);
    }
    const connection = await this.connection(place);
    if (this.#settings.readOnly) this.#enlisted.get(place)?.refuseWriting(executable);
    try {
      return await connection.execute(executable, parameters);
    } catch (error) {
      if (connection.lease.isReleased) this.#lose(place, error);
      throw error;
    }
  }

  /**
   * The connection of the transaction to one bind, taken now if it is not there yet.
   *
   * @param isolationLevel - of its transaction, when it is taken now; else a warning.
   */
  async connection(bind: Bind = this.#binds.default, isolationLevel?: IsolationLevel): Promise<Connection> {
    const level = this.ensureLevelFor('connection()');
    let enlistment = this.#enlisted.get(bind);
    if (enlistment === undefined) {
      await this.#watch.announce();
      // A listener may have used the session, and so have taken it.
      enlistment = this.#enlisted.get(bind) ?? (await this.#enlistAndTell(bind, level, isolationLevel));
    } else if (isolationLevel !== undefined) warn(SessionTransactionError.isolationIgnored(isolationLevel));
    if (level.savepoint !== undefined && !level.savedOn.has(bind)) await this.#setSavepoints(bind, enlistment, level);
    return enlistment.connection;
  }

  /** Sets a savepoint on every connection that is there; those that come later get it then. */
  async beginNested(): Promise<TransactionLevel> {
    const level = new TransactionLevel(this.ensureLevel(), this.#savepointName());
    for (const [bind, enlistment] of this.#enlisted) await this.#setSavepoints(bind, enlistment, level);
    return this.#enter(level);
  }

  /** Releases the innermost savepoint; its changes become its parent's. */
  async releaseNested(): Promise<void> {
    const level = this.ensureLevel();
    for (const [bind, enlistment] of this.#savedWith(level))
      await this.#orLose(bind, () => enlistment.connection.releaseSavepoint(level.savepoint ?? ''));
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
    this.#prepared = await prepareAll([...this.#enlisted.values()].filter((each) => each.isBegun && each.hasCommit));
    level.status = 'prepared';
  }

  /**
   * Commits everywhere, in the order of first use. Afterwards `end()` gives the connections back. Rejects when a database
   * refuses; what has not committed is then still there.
   */
  async commit(): Promise<void> {
    if (this.#level?.status !== 'prepared') await this.#commitOrPrepare();
    for (const level of this.#level?.outward() ?? []) level.status = 'committed';
    const prepared = this.#prepared;
    this.#prepared = [];
    await commitPrepared(prepared);
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
    await this.#undoOnServers((each) => each.rollback());
    await this.#giveBack();
  }

  /** Throws the connections away, whatever they are doing. */
  invalidate(cause?: unknown): void {
    for (const { connection } of this.#enlisted.values()) connection.invalidate(cause);
  }

  /** Closes all levels and gives the connections back. */
  async end(): Promise<void> {
    for (const level of this.#level?.outward() ?? []) this.#leave(level);
    this.#number++;
    await this.#giveBack();
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

  /** The root level's `committedOn` says where the transaction has committed when it failed half-way. */
  async #commitOrPrepare(): Promise<void> {
    const level = this.ensureLevel();
    const enlisted = [...this.#enlisted.values()];
    const voters = enlisted.filter((each) => each.isBegun && each.hasCommit);
    if (this.#settings.twophase && voters.length > 1) this.#prepared = await prepareAll(voters);
    const committed: Enlistment[] = [];
    try {
      await commitAll(enlisted, (each) => committed.push(each));
    } catch (error) {
      if (error instanceof PartialCommitError) await this.#keepCommitted(level.root, committed);
      throw error;
    }
  }

  /** Lets go of the connections that have committed, so that a rollback leaves them, and their objects, alone. */
  async #keepCommitted(root: TransactionLevel, committed: readonly Enlistment[]): Promise<void> {
    for (const [bind, enlistment] of this.#enlisted) {
      if (!committed.includes(enlistment)) continue;
      root.committedOn.add(bind);
      this.#enlisted.delete(bind);
      await enlistment.release();
    }
  }

  async #enlist(bind: Bind, isolationLevel: IsolationLevel | undefined): Promise<Enlistment> {
    const { joinTransactionMode, readOnly } = this.#settings;
    const options = { isolationLevel: isolationLevel ?? this.#settings.isolationLevel, readOnly };
    const enlistment =
      bind instanceof EngineConnection
        ? await Enlistment.join(bind, joinTransactionMode, options)
        : Enlistment.own(await this.#connect(bind), options);
    this.#enlisted.set(bind, enlistment);
    return enlistment;
  }

  /** A connection on which a listener could not do its part is not used: the next use takes and tells of another. */
  async #enlistAndTell(bind: Bind, level: TransactionLevel, isolationLevel?: IsolationLevel): Promise<Enlistment> {
    const enlistment = await this.#enlist(bind, isolationLevel);
    try {
      await this.#watch.begun(level.facts, enlistment.connection);
      return enlistment;
    } catch (error) {
      if (this.#enlisted.delete(bind)) await enlistment.discard();
      throw error;
    }
  }

  /** Sets the savepoints of a level, and of those around it, where this connection does not have them yet. */
  async #setSavepoints(bind: Bind, { connection }: Enlistment, level: TransactionLevel): Promise<void> {
    const missing = [...level.outward()].filter((each) => each.savepoint !== undefined && !each.savedOn.has(bind));
    for (const each of missing.reverse()) {
      await this.#orLose(bind, () => connection.savepoint(each.savepoint ?? ''));
      each.savedOn.add(bind);
    }
  }

  /** @throws {DatabaseError} the savepoint is not there any more; every level has failed then. */
  async #rollbackTo(level: TransactionLevel): Promise<void> {
    try {
      for (const [bind, { connection }] of this.#savedWith(level))
        await this.#orLose(bind, () => connection.rollbackTo(level.savepoint ?? ''));
    } catch (error) {
      for (const each of level.outward()) each.fail(error);
      throw error;
    }
  }

  #savedWith(level: TransactionLevel): [Bind, Enlistment][] {
    return [...this.#enlisted].filter(([bind]) => level.savedOn.has(bind));
  }

  async #orLose(bind: Bind, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#enlisted.get(bind)?.connection.lease.isReleased === true) this.#lose(bind, error);
      throw error;
    }
  }

  /** A connection broke, and the transaction with it: the program must roll back to go on. */
  #lose(bind: Bind, error: unknown): void {
    this.#enlisted.delete(bind);
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
    const [bind] = this.#enlisted.keys();
    const caller = bind ?? (this.#binds.isSingle ? this.#binds.default : undefined);
    // Others may set savepoints on a caller's connection too.
    return caller instanceof EngineConnection ? caller.newSavepointName() : `hermetic_${++this.#savepoints}`;
  }

  #refuse(): void {
    if (this.#refusal !== undefined) throw this.#refusal.reason;
    const { signal } = this.#settings;
    if (signal?.aborted === true) throw SessionClosedError.aborted(signal.reason);
  }

  async #executeAlone(bind: Bind, executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    if (bind instanceof EngineConnection) return bind.execute(executable, parameters);
    const connection = await this.#connect(bind);
    const run = (): Promise<DriverResult> => connection.execute(executable, parameters);
    try {
      return await (this.#settings.readOnly ? inReadOnly(connection, run) : run());
    } finally {
      await connection.release();
    }
  }

  async #connect(engine: Engine): Promise<Connection> {
    const { signal, label } = this.#settings;
    const { callSite } = this;
    const connection = await engine.connect({
      owner: this.#holder,
      ...(signal === undefined ? {} : { signal }),
      ...(label === undefined ? {} : { label }),
      ...(callSite === undefined ? {} : { callSite }),
    });
    if (this.#refusal === undefined) return connection;
    await connection.release();
    throw this.#refusal.reason;
  }

  async #undo(how: (each: Enlistment) => Promise<void>): Promise<void> {
    const prepared = this.#prepared;
    this.#prepared = [];
    try {
      await rollbackPrepared(prepared);
    } finally {
      await this.#undoOnServers(how);
      await this.end();
    }
  }

  async #undoOnServers(how: (each: Enlistment) => Promise<void>): Promise<void> {
    for (const each of this.#enlisted.values())
      await how(each).catch((error: unknown) => each.connection.invalidate(error));
  }

  async #giveBack(): Promise<void> {
    const enlisted = [...this.#enlisted.values()];
    this.#enlisted.clear();
    for (const each of enlisted) await each.release();
  }
}
