import type { Kysely } from 'kysely';

import type { DriverResult } from '../driver/driver.ts';
import type { ExecutionOptions } from '../engine/engine-events.ts';
import type { Executable } from '../engine/executable.ts';
import { NoSuchObject, ObjectStateError } from '../errors/session-errors.ts';
import type { LoadTree } from '../loading/query-spec.ts';
import { addPath, NO_PATHS, queryFor } from '../loading/query-spec.ts';
import { mapperOf } from '../mapping/configure.ts';
import type { Mapper, ModelClass } from '../mapping/mapper.ts';
import type { AttributePath, Loaded, LoadedSubject, SubjectOf, With } from '../model/loaded-types.ts';
import type { DatabaseOf, InstanceOf, KeyOf, Models, ShapeOf } from '../model/model-types.ts';
import type { CheckedLoads, KnownLoads, RelationshipName } from '../model/path-types.ts';
import { requireState } from '../state/entity.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { relationshipsOn } from './attribute-paths.ts';
import type { Bind } from './binds.ts';
import type { CompileRows, RowsSource } from './entity-query.ts';
import { EntityQuery, requireSource } from './entity-query.ts';
import { findByKey, isUnseen, keyValues } from './find-by-key.ts';
import { merge } from './merge.ts';
import type { MergeOptions } from './merge.ts';
import { mergeUnloaded } from './merge-unloaded.ts';
import { Query } from './query.ts';
import { namedColumns } from './query-arguments.ts';
import type { RelatedLoads } from './related-query.ts';
import { toLoadTree } from './related-query.ts';
import { loadAttributes, refreshAttributes, refreshRows } from './refresh.ts';
import type { ForUpdate } from './row-lock.ts';
import { lockOf } from './row-lock.ts';
import { SessionObjects } from './session-objects.ts';
import type { SessionSettings } from './session-options.ts';
import { requireFilters } from './session-filters.ts';
import { sessionSql } from './session-sql.ts';
import { TableRoutes } from './table-routes.ts';

/** How `get` reads. */
export interface GetOptions<L = readonly string[]> {
  /** Relationships to load along: paths, or objects of functions, as `Query.with` takes them. */
  readonly with?: L;
  /** Read the row even if this transaction has seen it, and overwrite edits. */
  readonly populateExisting?: boolean;
  /** Deferred columns to read along. */
  readonly undefer?: readonly string[];
  /** Names of global filters to step around, or true for all; what is loaded along is then not filtered either. */
  readonly withoutFilters?: true | readonly string[];
  /** Read and lock the row, until the end of the transaction. */
  readonly forUpdate?: ForUpdate;
}

/** How `refresh` reads. */
export interface RefreshOptions {
  /** Lock the row until the end of the transaction. */
  readonly forUpdate?: ForUpdate;
}

interface ExecuteOptions {
  readonly bind?: Bind;
  readonly parameters?: readonly unknown[] | undefined;
  readonly executionOptions?: ExecutionOptions;
}

/** The part of a session that asks the database. */
export class SessionReads<M extends Models = any> extends SessionObjects {
  readonly #core = SessionObjects.coreOf(this);
  readonly #mappers: ReadonlyMap<ModelClass, Mapper> | undefined;
  #sql: Kysely<DatabaseOf<M>> | undefined;

  constructor(bind: Bind | undefined, models: M | undefined, settings: SessionSettings) {
    super(bind, settings);
    this.#mappers =
      models === undefined ? undefined : new Map(Object.values(models).map((model) => [model, mapperOf(model)]));
    const core = this.#core;
    core.reads.makeQuery = (mapper, conditions) => {
      core.refuseClosed();
      return new Query({ core, callSite: undefined }, { ...queryFor(mapper), conditions });
    };
  }

  /** The mapper of one of a session's models; for the library alone. @throws {ObjectStateError} SESSION_UNKNOWN_MODEL */
  static mapperOf<M extends Models>(session: SessionReads<M>, model: ModelClass): Mapper {
    return session.#mapperOf(model);
  }

  /** Kysely over the session's transaction, typed by its models. Pending changes are flushed before each statement. */
  get sql(): Kysely<DatabaseOf<M>> {
    const core = this.#core;
    if (this.#sql !== undefined) return this.#sql;
    const mappers = [...(this.#mappers?.values() ?? [])];
    const routes = new TableRoutes(core.binds, mappers);
    return (this.#sql = sessionSql({
      dialect: core.binds.any.dialect,
      mappers,
      bindOf: (statement) => routes.bindOf(statement),
      run: (query) => this.#execute('sql', query, { bind: routes.bindOf(query.query) }),
    }));
  }

  /**
   * The object with this primary key, or null. No SQL when this transaction has read its row already.
   *
   * @param key - the value, or `{ orderId, number }` for a key of several columns.
   */
  async get<
    C extends ModelClass,
    const L extends readonly (RelationshipName<ShapeOf<C>> | `${string}.${string}` | RelatedLoads<C>)[],
    K = KnownLoads<ShapeOf<C>, L>,
  >(model: C, key: KeyOf<C>, options: GetOptions<CheckedLoads<L, K>> = {}): Promise<With<InstanceOf<C>, L> | null> {
    const callSite = this.#core.callSite(this.get);
    const mapper = this.#mapperOf(model);
    const search = {
      values: keyValues(mapper, key),
      paths: toLoadTree(mapper, NO_PATHS, [options.with ?? []].flat()),
      populateExisting: options.populateExisting ?? false,
      undeferred: new Set(namedColumns(mapper, 'get', options.undefer ?? [])),
      lock: lockOf('get', options.forUpdate),
    };
    const core = this.#core;
    const site = callSite ?? (isUnseen(core, mapper, search) ? core.reads.siteOf(this.get) : undefined);
    const unfiltered = options.withoutFilters === true ? [] : options.withoutFilters;
    requireFilters(core.filters, unfiltered ?? []);
    const run = (): Promise<InstanceState | null> => findByKey(core, mapper, { ...search, site });
    const found = await core.turn('get', callSite, () => core.filters?.without(unfiltered, run) ?? run());
    return found === null ? null : (found.entity as With<InstanceOf<C>, L>);
  }

  /** Like `get`. @throws {NoSuchObject} QUERY_NO_RESULT - there is no such row. */
  async getOne<
    C extends ModelClass,
    const L extends readonly (RelationshipName<ShapeOf<C>> | `${string}.${string}` | RelatedLoads<C>)[],
    K = KnownLoads<ShapeOf<C>, L>,
  >(model: C, key: KeyOf<C>, options: GetOptions<CheckedLoads<L, K>> = {}): Promise<With<InstanceOf<C>, L>> {
    const found = await this.get<C, L, K>(model, key, options);
    if (found === null) throw NoSuchObject.of(model.name, 'getOne()');
    return found;
  }

  /** A query for objects of a model; `await` runs it. */
  find<C extends ModelClass>(model: C): Query<C> {
    this.#core.refuseClosed();
    return Query.of<C>({ core: this.#core, callSite: this.#core.callSite(this.find) }, this.#mapperOf(model));
  }

  /**
   * Objects from the rows of any statement: a Kysely query, an `sql` template, or a text. Columns go by their names in the
   * database, or by property; those that the model does not have are left aside, and those that are missing are read when
   * `session.load` asks for them. What is pending is flushed first. Global filters do not alter the statement.
   *
   * @param parameters - for a text.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - a column of the primary key is missing, or a name comes twice.
   * @example
   * const latest = session.sql.selectFrom('jobs').selectAll().distinctOn('ownerId').orderBy('ownerId').orderBy('createdAt', 'desc');
   * const jobs = await session.entities(Job, latest).with('owner');
   */
  entities<C extends ModelClass>(model: C, source: RowsSource, parameters: readonly unknown[] = []): EntityQuery<C> {
    const core = this.#core;
    core.refuseClosed();
    const compile: CompileRows = (rows) => rows.compile(this.sql);
    const given = { source: requireSource(model, source), parameters, compile };
    return EntityQuery.of<C>({ core, callSite: core.callSite(this.entities) }, this.#mapperOf(model), given);
  }

  /** Runs a text or a compiled Kysely query in the session's transaction; flushes first. Rows are arrays. */
  execute(
    executable: Executable,
    parameters?: readonly unknown[],
    options: { readonly executionOptions?: ExecutionOptions } = {},
  ): Promise<DriverResult> {
    return this.#execute('execute', executable, { parameters, ...options });
  }

  /**
   * Runs `work` where global filters hold nothing back.
   *
   * @param names - of the filters to step around; none: all of them.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - the session has no filter of that name.
   * @example const everybody = await session.withoutFilters(() => session.find(User), 'tenant');
   */
  async withoutFilters<T>(work: () => PromiseLike<T> | T, ...names: readonly string[]): Promise<T> {
    const { filters } = this.#core;
    requireFilters(filters, names);
    return filters === undefined ? work() : filters.around(names, work);
  }

  /** Runs `work` with autoflush off. */
  noAutoflush<T>(work: () => Promise<T> | T): Promise<T> {
    return this.#core.withoutAutoflush(work);
  }

  /**
   * Reads an object's row again, in one SELECT; edits are lost, what is pending elsewhere is flushed first. Objects that the
   * `refresh-expire` cascade reaches are read again too, one SELECT for each model; relationships are loaded anew when next
   * awaited.
   *
   * @param attributes - read only these columns and relationships; edits of others stay.
   * @throws {ObjectDeletedError} SESSION_OBJECT_DELETED - the row is gone.
   * @throws {ObjectStateError} SESSION_NOT_PERSISTENT @throws {ObjectStateError} SESSION_PENDING_KEY
   * @example await session.refresh(job, ['status'], { forUpdate: true });
   */
  async refresh<E extends object>(
    object: E,
    attributes: readonly (keyof E & string)[] = [],
    options: RefreshOptions = {},
  ): Promise<void> {
    const core = this.#core;
    const state = requireState(object);
    const lock = lockOf('refresh', options.forUpdate);
    await core.turn('refresh', core.callSite(this.refresh), () =>
      attributes.length === 0
        ? refreshRows(core, [state], lock)
        : refreshAttributes(core, state, { names: attributes, lock }),
    );
  }

  /** Like `refresh` of whole objects, for many at once: one SELECT for each model and 500 objects. */
  async refreshAll(objects: Iterable<object>): Promise<void> {
    const core = this.#core;
    const states = Array.from(objects, requireState);
    await core.turn('refreshAll', core.callSite(this.refreshAll), () => refreshRows(core, states));
  }

  /**
   * Loads what is not loaded yet: deferred or expired columns in one SELECT, relationships in one each. What is there, and what
   * was set, stays. Without names, all expired columns. A dotted path goes on from a relationship.
   *
   * @param subject - one object, or objects of one model.
   * @returns the subject itself, which the compiler then knows to be loaded.
   * @throws {ObjectDeletedError} SESSION_OBJECT_DELETED - a row is gone. @throws {ObjectStateError} SESSION_NOT_PERSISTENT
   * @example
   * const { comments } = await session.load(article, 'body', 'comments.author');
   * comments[0]?.author.name;
   */
  async load<T extends object, const P extends AttributePath<SubjectOf<T>> = never>(
    subject: T,
    ...attributes: readonly P[]
  ): Promise<LoadedSubject<T, P>> {
    const core = this.#core;
    const states = [subject].flat().map((object) => requireState(object));
    await core.turn('load', core.callSite(this.load), () => loadAttributes(core, states, attributes));
    return subject as LoadedSubject<T, P>;
  }

  /**
   * Copies what an object from elsewhere says onto this session's object for the same row, which is read or made as
   * needed, and goes on through `merge` cascades. The object given stays as it is; attributes that it does not have are
   * left alone, null is copied. An object of this session is given back as it is.
   *
   * Reads level by level, one SELECT for the rows of each model; none for objects without a key, or with `load: false`.
   *
   * @returns the session's object.
   * @throws {StaleDataError} SESSION_STALE_ROW - the given object's version is not that of the row.
   * @throws {MergeError} SESSION_MERGE_WITHOUT_LOAD - `load: false`, and an object without a row or with changes.
   * @example const mine = await session.merge(fromCache);
   */
  async merge<E extends object, const P extends AttributePath<E> = never>(
    object: E,
    options: MergeOptions<P> = {},
  ): Promise<Loaded<E, P>> {
    const [merged] = await this.mergeAll([object], options);
    return merged as Loaded<E, P>;
  }

  /** Like `merge`, for many objects in as few statements. */
  mergeAll<E extends object, const P extends AttributePath<E> = never>(
    objects: Iterable<E>,
    options: MergeOptions<P> = {},
  ): Promise<Loaded<E, P>[]> {
    const core = this.#core;
    return core.turn('merge', core.callSite(this.mergeAll), async () => {
      const sources = Array.from(objects, requireState);
      const paths = mergePaths(sources, options.with ?? []);
      const merged =
        options.load === false
          ? mergeUnloaded(core, sources)
          : await merge(core, sources, { paths, populateExisting: options.populateExisting ?? false });
      return merged.map((state) => state.entity as Loaded<E, P>);
    });
  }

  async #execute(
    name: string,
    executable: Executable,
    { bind, parameters, executionOptions }: ExecuteOptions,
  ): Promise<DriverResult> {
    const core = this.#core;
    const place = bind ?? core.binds.default;
    return core.turn(name, core.callSite(this.#execute), async () => {
      await core.autoflush();
      try {
        const run = (): Promise<DriverResult> => core.executeOn(place, executable, parameters);
        return await core.transactions.withOptions(executionOptions, run);
      } finally {
        const text = typeof executable === 'string' ? executable : executable.sql;
        if (place.dialect.mayWrite(text)) core.objects.forgetBirths();
      }
    });
  }

  #mapperOf(model: ModelClass): Mapper {
    const mapper = this.#mappers === undefined ? mapperOf(model) : this.#mappers.get(model);
    if (mapper !== undefined) return mapper;
    mapperOf(model);
    throw ObjectStateError.unknownModel(model.name);
  }
}

/** Dotted paths, each checked against the class of every object. */
function mergePaths(sources: readonly InstanceState[], paths: readonly string[]): LoadTree {
  for (const { mapper } of sources) for (const path of paths) relationshipsOn(mapper, 'with', path);
  return paths.reduce((tree, path) => addPath(tree, path.split('.')), NO_PATHS);
}

declare module '../model/model-types.ts' {
  interface WriteOnly<C extends ModelClass> {
    /**
     * A query for the members.
     *
     * @throws {ObjectStateError} SESSION_NOT_PERSISTENT - the object has no row yet.
     * @throws {DetachedInstanceError} STATE_DETACHED - it is in no session.
     * @example await account.events.query().where('kind', '=', 'login').orderBy('at', 'desc').limit(20);
     * // select … from "events" where "account_id" = $1 and "kind" = $2 order by "at" desc limit $3
     */
    query(): Query<C>;
  }
}
