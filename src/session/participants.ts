import type { IsolationLevel } from '../dialects/dialect.ts';
import { Connection } from '../engine/connection.ts';
import { PartialCommitError } from '../errors/transaction-errors.ts';
import type { Bind } from './binds.ts';
import { commitAll, commitPrepared, prepareAll, rollbackPrepared } from './commit-all.ts';
import type { Prepared } from './commit-all.ts';
import { Enlistment } from './enlistment.ts';
import type { SessionCheckout } from './session-checkout.ts';
import type { SessionSettings } from './session-options.ts';
import type { TransactionLevel } from './transaction-level.ts';

/**
 * The connections that take part in a session's transaction, one for each bind, and what its levels mean on them. Which
 * levels there are, the session's transaction says.
 */
export class Participants {
  readonly #settings: SessionSettings;
  readonly #checkout: SessionCheckout;
  /** Told of a connection that broke: the transaction broke with it. */
  readonly #onLost: (error: unknown) => void;
  /** In the order of their first use, which is the order of the commits. */
  readonly #enlisted = new Map<Bind, Enlistment>();
  #prepared: readonly Prepared[] = [];

  constructor(settings: SessionSettings, checkout: SessionCheckout, onLost: (error: unknown) => void) {
    this.#settings = settings;
    this.#checkout = checkout;
    this.#onLost = onLost;
  }

  get isEmpty(): boolean {
    return this.#enlisted.size === 0;
  }

  /** The bind that was used first. */
  get first(): Bind | undefined {
    return this.#enlisted.keys().next().value;
  }

  /** Binds whose transactions are a caller's, who decides what becomes of the work. */
  get joined(): Set<Bind> {
    return new Set([...this.#enlisted].filter(([, each]) => !each.isControlled).map(([bind]) => bind));
  }

  get(bind: Bind): Enlistment | undefined {
    return this.#enlisted.get(bind);
  }

  /** Takes a bind's connection, and a transaction on it, begun or joined. */
  async enlist(bind: Bind, isolationLevel: IsolationLevel | undefined): Promise<Enlistment> {
    const { joinTransactionMode, readOnly } = this.#settings;
    const options = { isolationLevel: isolationLevel ?? this.#settings.isolationLevel, readOnly };
    const enlistment =
      bind instanceof Connection
        ? await Enlistment.join(bind, joinTransactionMode, options)
        : Enlistment.own(await this.#checkout.connect(bind), options);
    this.#enlisted.set(bind, enlistment);
    return enlistment;
  }

  /** Undoes `enlist`. */
  async dismiss(bind: Bind): Promise<void> {
    const enlistment = this.#enlisted.get(bind);
    this.#enlisted.delete(bind);
    await enlistment?.discard();
  }

  /** Runs work on a bind's connection; when that breaks, it takes part no more. */
  async using<T>(bind: Bind, connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await work(connection);
    } catch (error) {
      if (connection.lease.isReleased) {
        this.#enlisted.delete(bind);
        this.#onLost(error);
      }
      throw error;
    }
  }

  /** Sets a savepoint on every connection that is there. */
  async setSavepoint(level: TransactionLevel): Promise<void> {
    for (const bind of this.#enlisted.keys()) await this.setSavepointsOn(bind, level);
  }

  /** Sets the savepoints of a level, and of those around it, where this connection does not have them yet. */
  async setSavepointsOn(bind: Bind, level: TransactionLevel): Promise<void> {
    const missing = [...level.outward()].filter((each) => each.savepoint !== undefined && !each.savedOn.has(bind));
    const connection = this.#enlisted.get(bind)?.connection;
    if (connection === undefined) return;
    for (const each of missing.reverse()) {
      await this.using(bind, connection, () => connection.savepoint(each.savepoint ?? ''));
      each.savedOn.add(bind);
    }
  }

  async releaseSavepoint(level: TransactionLevel): Promise<void> {
    await this.#inSavepoint(level, (connection, savepoint) => connection.releaseSavepoint(savepoint));
  }

  async rollbackTo(level: TransactionLevel): Promise<void> {
    await this.#inSavepoint(level, (connection, savepoint) => connection.rollbackTo(savepoint));
  }

  /** Has every engine promise to commit. */
  async prepare(): Promise<void> {
    this.#prepared = await prepareAll(this.#voters());
  }

  /**
   * Commits everywhere, in one phase or two; what is prepared waits for `commitPrepared`.
   *
   * @param root - told where it has committed when another database refused.
   */
  async commit(root: TransactionLevel): Promise<void> {
    const voters = this.#voters();
    if (this.#settings.twophase && voters.length > 1) this.#prepared = await prepareAll(voters);
    const committed: Enlistment[] = [];
    try {
      await commitAll([...this.#enlisted.values()], (each) => committed.push(each));
    } catch (error) {
      if (error instanceof PartialCommitError) await this.#keepCommitted(root, committed);
      throw error;
    }
  }

  /** @throws {InDoubtError} SESSION_IN_DOUBT */
  commitPrepared(): Promise<void> {
    return commitPrepared(this.#takePrepared());
  }

  /** @throws {InDoubtError} SESSION_IN_DOUBT */
  rollbackPrepared(): Promise<void> {
    return rollbackPrepared(this.#takePrepared());
  }

  /** Undoes everything on the servers; a connection that cannot is thrown away. */
  async undo(how: (each: Enlistment) => Promise<void>): Promise<void> {
    for (const each of this.#enlisted.values())
      await how(each).catch((error: unknown) => each.connection.invalidate(error));
  }

  /** Throws the connections away, whatever they are doing. */
  invalidate(cause?: unknown): void {
    for (const { connection } of this.#enlisted.values()) connection.invalidate(cause);
  }

  async giveBack(): Promise<void> {
    const enlisted = [...this.#enlisted.values()];
    this.#enlisted.clear();
    for (const each of enlisted) await each.release();
  }

  #voters(): Enlistment[] {
    return [...this.#enlisted.values()].filter((each) => each.isBegun && each.hasCommit);
  }

  #takePrepared(): readonly Prepared[] {
    const prepared = this.#prepared;
    this.#prepared = [];
    return prepared;
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

  async #inSavepoint(
    level: TransactionLevel,
    work: (connection: Connection, savepoint: string) => Promise<void>,
  ): Promise<void> {
    const { savepoint } = level;
    if (savepoint === undefined) return;
    for (const [bind, { connection }] of this.#enlisted)
      if (level.savedOn.has(bind)) await this.using(bind, connection, () => work(connection, savepoint));
  }
}
