import type { Mapper, ModelClass } from '../mapping/mapper.ts';
import type { ChangedRow, ColumnOf, NewRow } from '../model/bulk-types.ts';
import type { InstanceOf, Models } from '../model/model-types.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { callOf } from '../unit-of-work/bulk-rows.ts';
import { insertMany } from '../unit-of-work/insert-many.ts';
import { updateMany } from '../unit-of-work/update-many.ts';
import { upsertMany } from '../unit-of-work/upsert-many.ts';
import type { CallSite } from '../util/call-site.ts';
import { readChangedRows, readNewRows, readUpsert } from './bulk-arguments.ts';
import { SessionObjects } from './session-objects.ts';
import { SessionReads } from './session-reads.ts';

/** What `upsertMany` needs to know. */
export interface UpsertOptions<C extends ModelClass> {
  /** The columns of the primary key or a unique constraint by which a row is there already. */
  readonly conflict: readonly ColumnOf<C>[];
  /** What to set in rows that are there. Default: `'all'`, what each row gives, but its keys. */
  readonly update?: readonly ColumnOf<C>[] | 'all' | 'nothing';
  /** Give the objects, in the order of the rows. Default: false. */
  readonly returning?: boolean;
}

interface Returning {
  readonly returning: true;
}

interface NotReturning {
  readonly returning?: false;
}

/**
 * The part of a session that writes many plain rows at once, without an object for each. What is pending is flushed first.
 * When the database refuses a row, none is written, and the session waits for `rollback()`, as after a failed flush.
 */
export class SessionBulk<M extends Models = any> extends SessionReads<M> {
  readonly #core = SessionObjects.coreOf(this);

  /**
   * Inserts plain rows, in few statements: on PostgreSQL one for each 10,000 rows that give the same columns, on SQLite
   * one for each 1,000 or 32,766 values. Client-side defaults are filled in. No objects are made unless asked for.
   *
   * @param options - `returning: true` gives the objects, persistent, in the order of the rows.
   * @throws {BulkRowError} SESSION_BAD_ROW - by position and name, before anything is written.
   * @example await session.insertMany(User, [{ name: 'Ada' }, { name: 'Grace' }]);
   */
  insertMany<C extends ModelClass>(model: C, rows: readonly NewRow<C>[], options?: NotReturning): Promise<void>;
  insertMany<C extends ModelClass>(model: C, rows: readonly NewRow<C>[], options: Returning): Promise<InstanceOf<C>[]>;
  async insertMany(
    model: ModelClass,
    rows: readonly object[],
    options: { returning?: boolean } = {},
  ): Promise<unknown> {
    const core = this.#core;
    const mapper = SessionReads.mapperOf(this, model);
    const callSite = core.callSite(this.insertMany);
    const work = {
      rows: readNewRows(core.boundTo(mapper).dialect, mapper, 'insertMany', rows),
      returning: options.returning ?? false,
    };
    const states = await this.#write('insertMany', { callSite, rows, mapper }, () =>
      insertMany(core.boundTo(mapper), mapper, work),
    );
    return work.returning ? entitiesOf(states) : undefined;
  }

  /**
   * Inserts rows, or updates those that are there already: INSERT … ON CONFLICT. Objects of the session whose rows were met
   * follow; their unflushed edits stay. After a rollback, objects that only this call gave are detached.
   *
   * @throws {BulkRowError} SESSION_BAD_ROW - also for two rows of the same conflict columns, or a row without them.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an option that names no column of the model.
   * @example await session.upsertMany(User, rows, { conflict: ['email'], update: ['name'] });
   */
  upsertMany<C extends ModelClass>(
    model: C,
    rows: readonly NewRow<C>[],
    options: UpsertOptions<C> & NotReturning,
  ): Promise<void>;
  upsertMany<C extends ModelClass>(
    model: C,
    rows: readonly NewRow<C>[],
    options: UpsertOptions<C> & Returning,
  ): Promise<InstanceOf<C>[]>;
  async upsertMany(model: ModelClass, rows: readonly object[], options: UpsertOptions<ModelClass>): Promise<unknown> {
    const core = this.#core;
    const mapper = SessionReads.mapperOf(this, model);
    const callSite = core.callSite(this.upsertMany);
    const work = readUpsert(core.boundTo(mapper).dialect, mapper, rows, options);
    const states = await this.#write('upsertMany', { callSite, rows, mapper }, () =>
      upsertMany(core.boundTo(mapper), mapper, work),
    );
    return work.returning ? entitiesOf(states) : undefined;
  }

  /**
   * Updates rows by primary key: each sets the other columns that it gives. Rows that give the same columns share statements.
   * Objects of the session follow.
   *
   * @throws {BulkRowError} SESSION_BAD_ROW - by position and name, before anything is written.
   * @throws {StaleDataError} SESSION_STALE_ROW - there is no row with one of the keys; nothing is written.
   * @example await session.updateMany(User, [{ id: 1, name: 'Ada' }, { id: 2, name: 'Grace' }]);
   */
  async updateMany<C extends ModelClass>(model: C, rows: readonly ChangedRow<C>[]): Promise<void> {
    const core = this.#core;
    const mapper = SessionReads.mapperOf(this, model);
    const callSite = core.callSite(this.updateMany);
    const read = readChangedRows(core.boundTo(mapper).dialect, mapper, rows);
    await this.#write('updateMany', { callSite, rows, mapper }, () => updateMany(core.boundTo(mapper), mapper, read));
  }

  async #write<T>(
    name: string,
    { callSite, rows, mapper }: { callSite: CallSite | undefined; rows: readonly object[]; mapper: Mapper },
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    const core = this.#core;
    return core.turn(name, callSite, async () => {
      if (rows.length === 0) return undefined;
      await core.autoflush();
      return core.write(work, callOf(mapper, { call: name }));
    });
  }
}

function entitiesOf(states: readonly InstanceState[] | undefined): object[] {
  return (states ?? []).map(({ entity }) => entity);
}
