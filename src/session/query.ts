import { MultipleResultsError, NoResultError } from '../errors/session-errors.ts';
import type { ExecutionOptions } from '../engine/engine-events.ts';
import { defaultSelection, narrowSelection } from '../loading/column-selection.ts';
import { countRows } from '../loading/load-objects.ts';
import type { LoadedPage, PageLoad } from '../loading/load-page.ts';
import { loadPage } from '../loading/load-page.ts';
import { loadQuery } from '../loading/load-paths.ts';
import type { Alteration, Condition, LoadStrategy, QuerySpec, RowLock } from '../loading/query-spec.ts';
import { queryFor } from '../loading/query-spec.ts';
import { filteredQuery } from '../loading/row-filters.ts';
import type { ColumnProperty, Mapper, ModelClass } from '../mapping/mapper.ts';
import type { With } from '../model/loaded-types.ts';
import type { ColumnName, InstanceOf, ShapeOf } from '../model/model-types.ts';
import type { PartOf } from '../model/part-types.ts';
import type {
  Checked,
  CheckedLoads,
  KnownColumn,
  KnownLoads,
  RelationshipName,
  RelationshipPath,
} from '../model/path-types.ts';
import type { Changes, OrderDirection, OrderReference } from '../model/query-types.ts';
import type { CallSite } from '../util/call-site.ts';
import { Criteria } from './criteria.ts';
import { entitiesOf } from './entities-of.ts';
import { toOrdering } from './ordering-arguments.ts';
import type { Page, PageOptions } from './page.ts';
import { readPage } from './page.ts';
import { groupColumns, namedColumns, requireTags, strategyOf, wholeNumber } from './query-arguments.ts';
import type { RelatedLoads } from './related-query.ts';
import { toLoadTree } from './related-query.ts';
import { queryLock } from './row-lock.ts';
import { joinedNames, requireFilters } from './session-filters.ts';
import type { Change } from '../unit-of-work/where-statements.ts';
import type { Synchronize } from '../unit-of-work/write-where.ts';
import { prepareWrite } from '../unit-of-work/write-where.ts';
import type { WhereOptions } from './change-arguments.ts';
import { refuseKeyChange, refuseSlices, synchronizeOf, toChanges } from './change-arguments.ts';
import type { SessionCore } from './session-core.ts';
import type { StreamOptions } from './stream.ts';
import { streamPages } from './stream.ts';

/** More than any table has: OFFSET needs a LIMIT in some databases. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Whose rows to lock: the query's own, or those that a path leads to. */
type LockedRows<C extends ModelClass, P extends string> = P extends 'it' ? 'it' : RelationshipPath<ShapeOf<C>, P>;

/** Who runs a query, and where the program asked for it. */
export interface QueryContext {
  readonly core: SessionCore;
  readonly callSite: CallSite | undefined;
}

/**
 * A question for objects of one model. Immutable: each call gives a new query; `await` runs it.
 *
 * @example
 * const jobs = await session.find(ReportingJob).where('status', '=', 'queued').with('owner').orderBy('createdAt').limit(10);
 * // select … from "reporting_jobs" where "status" = $1 order by "created_at" asc limit $2
 * // select … from "users" where "id" in ($1, $2, …)
 */
export class Query<C extends ModelClass, E = InstanceOf<C>>
  extends Criteria<C, Query<C, E>>
  implements PromiseLike<E[]>
{
  readonly #context: QueryContext;
  readonly #spec: QuerySpec;

  constructor(context: QueryContext, spec: QuerySpec) {
    super();
    this.#context = context;
    this.#spec = spec;
  }

  static of<C extends ModelClass>(context: QueryContext, mapper: Mapper): Query<C> {
    return new Query<C>(context, queryFor(mapper));
  }

  /**
   * Orders by a column, one that a path along to-one relationships leads to, or an expression; later calls decide among
   * equals of the earlier ones. Rows without the related row stay, as rows with a null there.
   *
   * @example session.find(Job).orderBy('owner.name').orderBy('createdAt', 'desc');
   * // select … from "jobs" left join "users" on "users"."id" = "jobs"."owner_id" order by "users"."name" asc, "jobs"."created_at" desc
   */
  orderBy<const R extends OrderReference<C>, K = KnownColumn<ShapeOf<C>, R>>(
    column: Checked<R, K>,
    direction: OrderDirection = 'asc',
  ): Query<C, E> {
    const ordering = toOrdering(this.#spec.mapper, column, direction);
    return this.#with({ orderings: [...this.#spec.orderings, ordering] });
  }

  /** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - not a whole number from 0 on; so does `offset`. */
  limit(count: number): Query<C, E> {
    return this.#with({ limit: wholeNumber('limit', count) });
  }

  offset(count: number): Query<C, E> {
    const { limit = NO_LIMIT } = this.#spec;
    return this.#with({ offset: wholeNumber('offset', count), limit });
  }

  /**
   * Loads relationships along: one more statement for each, whatever the number of objects.
   *
   * @param paths - relationship names, dotted to go on from there: `'lines.product'`. Or an object: relationship → a function that
   * says what to read of the relationship, as `RelatedQuery` lets it.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown relationship.
   * @example session.find(Order).with({ lines: (line) => line.where('amount', '>', 3).orderBy('position').with('product') });
   */
  with<
    const L extends readonly (RelationshipName<ShapeOf<C>> | `${string}.${string}` | RelatedLoads<C>)[],
    K = KnownLoads<ShapeOf<C>, L>,
  >(...loads: CheckedLoads<L, K>): Query<C, With<E, L>> {
    const { mapper, paths } = this.#spec;
    return this.#with({ paths: toLoadTree(mapper, paths, loads) });
  }

  /** How the relationships of `with` are read, unless one says otherwise. */
  strategy(strategy: LoadStrategy): Query<C, E> {
    return this.#with({ strategy: strategyOf(strategy) });
  }

  /**
   * The statement as a Kysely query, to alter freely: joins, groups, `distinct`. Its columns must stay, and rows that it
   * repeats are repeated in the result; columns that it adds are left aside. The table is called `it`; columns of tables that
   * relationships lead to go by their properties, others by their names in the database.
   *
   * `count` and `exists` count what comes of it; relationships of `with` are read in statements of their own.
   *
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - what the function gives back is no query.
   * @example
   * session.find(User).using((query) => query.innerJoin('jobs', 'jobs.ownerId', 'it.id').where('jobs.status', '=', 'done').distinct());
   * // select distinct "users"."id", … from "users" inner join "jobs" on "jobs"."owner_id" = "users"."id" where "jobs"."status" = $1
   */
  using(alter: Alteration): Query<C, E> {
    return this.#with({ alterations: [...(this.#spec.alterations ?? []), alter] });
  }

  /** Lets what is read, along `with` as well, overwrite edits of objects that the session already holds. */
  populateExisting(): Query<C, E> {
    return this.#with({ overwrite: true });
  }

  /**
   * Has the objects, and those of `with`, refuse to load lazily what the query did not: awaiting it throws. What
   * `session.load` is asked for is loaded all the same.
   *
   * @example
   * const [order] = await session.find(Order).with('lines').raise();
   * await order.customer; // NotLoadedError: Order.customer is not loaded, and is not to be loaded lazily. …
   */
  raise(): Query<C, E> {
    return this.#with({ isStrict: true });
  }

  /**
   * Reads these columns and the primary key only. Objects that the session holds in whole stay whole; of others, reading a
   * column that was left out says so, and `session.load(object, 'name')` reads it.
   *
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown column.
   * @example const jobs = await session.find(Job).columns('title', 'status'); // select "id", "title", "status" from "jobs"
   */
  columns<const K extends ColumnName<ShapeOf<C>>>(...names: readonly K[]): Query<C, PartOf<C, K, E>> {
    const { mapper } = this.#spec;
    const selection = narrowSelection(mapper, new Set(namedColumns(mapper, 'columns', names)));
    return new Query<C, PartOf<C, K, E>>(this.#context, { ...this.#spec, selection });
  }

  /** Reads deferred columns along. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown column. */
  undefer(...names: readonly ColumnName<ShapeOf<C>>[]): Query<C, E> {
    return this.#select(namedColumns(this.#spec.mapper, 'undefer', names));
  }

  /** Reads the deferred columns of a group along. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - there is none. */
  undeferGroup(group: string): Query<C, E> {
    return this.#select(groupColumns(this.#spec.mapper, group));
  }

  /**
   * Locks the rows until the end of the transaction, or, with `of`, those that they point at. Where the database cannot lock rows (SQLite), the transaction takes the
   * lock of a write instead.
   */
  forUpdate<const P extends string = never>(
    lock: RowLock & { readonly of?: (P & LockedRows<C, P>) | readonly (P & LockedRows<C, P>)[] } = {},
  ): Query<C, E> {
    return this.#with(queryLock(this.#spec.mapper, lock));
  }

  /**
   * Sees what global filters hide, along `with` as well.
   *
   * @param names - of the filters to step around; none: all of them.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - the session has no filter of that name.
   */
  withoutFilters(...names: readonly string[]): Query<C, E> {
    const { core } = this.#context;
    const outer = this.#spec.unfiltered;
    const added = requireFilters(core.filters, names);
    return this.#with({ unfiltered: outer === undefined ? added : joinedNames(outer, added) });
  }

  /** The first object, or null. Adds `limit 1`. */
  async first(): Promise<E | null> {
    const [first] = await this.#load('first', { limit: Math.min(1, this.#spec.limit ?? 1) });
    return first ?? null;
  }

  /**
   * The only object. Reads at most two rows.
   *
   * @throws {NoResultError} QUERY_NO_RESULT @throws {MultipleResultsError} QUERY_MULTIPLE_RESULTS
   */
  async one(): Promise<E> {
    const only = await this.oneOrNone('one()');
    if (only === null) throw NoResultError.of(this.#spec.mapper.name, 'one()');
    return only;
  }

  /** The only object, or null. @throws {MultipleResultsError} QUERY_MULTIPLE_RESULTS */
  async oneOrNone(call = 'oneOrNone()'): Promise<E | null> {
    const found = await this.#load('one', { limit: Math.min(2, this.#spec.limit ?? 2) });
    if (found.length > 1) throw MultipleResultsError.of(this.#spec.mapper.name, call);
    return found[0] ?? null;
  }

  /** How many objects the query would give: `select count(*)`. */
  count(): Promise<number> {
    return this.#count('count');
  }

  /** Whether it would give any. */
  async exists(): Promise<boolean> {
    return (await this.#count('exists')) > 0;
  }

  /**
   * Sets columns in all rows that meet the conditions: one UPDATE. What is pending is flushed first. Objects that the
   * session holds follow, and go back at a rollback; what the database itself changes along (triggers) they do not see.
   *
   * @param changes - by column: a value, or a function of Kysely's expression builder.
   * @returns how many rows there were.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - after `limit`, `orderBy`, `with`; a column of the primary key.
   * @example await session.find(Job).where('status', '=', 'queued').update({ attempts: (eb) => eb('attempts', '+', 1) });
   */
  async update(changes: Changes<C>, options: WhereOptions = {}): Promise<number> {
    const { mapper } = this.#spec;
    const synchronize = synchronizeOf(`update(${mapper.name})`, options);
    const set = toChanges(this.#context.core.boundTo(mapper).dialect, mapper, changes);
    refuseKeyChange(mapper, set, synchronize);
    return this.#write('update', set, synchronize);
  }

  /**
   * Deletes all rows that meet the conditions: one DELETE. What is pending is flushed first. Objects that the session holds
   * are deleted with their rows, and come back at a rollback. Cascades of relationships do not run: what happens to rows
   * that point here is the database's affair (`onDelete`), and held objects of such rows are read again when next met.
   *
   * @returns how many rows there were.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - after `limit`, `orderBy`, `with`.
   * @example await session.find(Job).where('createdAt', '<', lastYear).delete();
   */
  async delete(options: WhereOptions = {}): Promise<number> {
    return this.#write('delete', undefined, synchronizeOf(`delete(${this.#spec.mapper.name})`, options));
  }

  /**
   * Puts a comment before the query's statements, those of `with` included: whoever reads the database's logs sees where they come
   * from.
   *
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - empty, over 200 characters, or with comment marks or line breaks in it.
   * @example session.find(Job).tag('report') gives statements that begin with the comment `report`.
   */
  tag(...tags: readonly string[]): Query<C, E> {
    return this.#with({ tags: [...(this.#spec.tags ?? []), ...requireTags(tags)] });
  }

  /** What listeners of statements see of this query's, over what the session says. Later calls win. */
  executionOptions(options: ExecutionOptions): Query<C, E> {
    return this.#with({ executionOptions: { ...this.#spec.executionOptions, ...options } });
  }

  /**
   * The objects one after the other, in any number, with their relationships of `with`: one statement for each batch, begun after
   * the last row of the one before. Holds neither the session nor a cursor between batches, so the loop may use the
   * session as it likes; objects that it drops are collected.
   *
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - ordered by an expression.
   * @example for await (const order of session.find(Order).with('lines').stream({ batch: 200 })) print(order);
   */
  stream(options: StreamOptions = {}): AsyncGenerator<E, void, undefined> {
    return streamPages(this.#spec, options, (load) => this.#loadPage('stream', load));
  }

  /**
   * One page of the objects, and cursors to those around it: keyset paging, which stays at its place whatever rows come and
   * go before it, and costs the same for every page. One statement, and those of `with`. The primary key decides
   * among equals; columns may be null and of related rows.
   *
   * @throws {CursorError} QUERY_CURSOR_ALTERED, QUERY_CURSOR_FOREIGN - not a cursor of this query.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - ordered by an expression; after `limit` or `offset`.
   * @example
   * const { items, next } = await session.find(Job).orderBy('createdAt', 'desc').page({ size: 20, after: request.query.after });
   * // select … from "jobs" where ("created_at" < $1 or ("created_at" = $2 and "id" > $3)) order by "created_at" desc, "id" asc limit $4
   */
  page(options: PageOptions<C> = {}): Promise<Page<C, E>> {
    const secret = this.#context.core.settings.cursorSecret;
    return readPage<C, E>(this.#spec, { options, secret }, (load) => this.#loadPage('page', load));
  }

  then<A = E[], B = never>(
    onFulfilled?: ((objects: E[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#load('find', {}).then(onFulfilled, onRejected);
  }

  /** Runs the query, as `then` does. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<E[] | B> {
    return this.then(undefined, onRejected);
  }

  /** Runs the query, as `then` does. */
  finally(onSettled?: (() => void) | null): Promise<E[]> {
    return this.then().finally(onSettled);
  }

  protected get mapper(): Mapper {
    return this.#spec.mapper;
  }

  protected narrowed(added: readonly Condition[]): Query<C, E> {
    return this.#with({ conditions: [...this.#spec.conditions, ...added] });
  }

  #select(added: readonly ColumnProperty[]): Query<C, E> {
    const { mapper, selection } = this.#spec;
    return this.#with({ selection: defaultSelection(mapper, new Set([...(selection?.columns ?? []), ...added])) });
  }

  #with<F = E>(change: Partial<QuerySpec>): Query<C, F> {
    return new Query<C, F>(this.#context, { ...this.#spec, ...change });
  }

  #load(name: string, change: Partial<QuerySpec>): Promise<E[]> {
    return this.#turn(name, async (core) => {
      const spec = filteredQuery(core.filters, { ...this.#spec, ...change });
      const states = await loadQuery(core, spec);
      return entitiesOf<E>(states);
    });
  }

  async #loadPage(name: string, load: PageLoad): Promise<Omit<LoadedPage, 'states'> & { readonly objects: E[] }> {
    return this.#turn(name, async (core) => {
      const spec = filteredQuery(core.filters, load.spec);
      const { states, ...places } = await loadPage(core, { ...load, spec });
      return { ...places, objects: entitiesOf<E>(states) };
    });
  }

  #count(selection: 'count' | 'exists'): Promise<number> {
    return this.#turn(selection, (core) => countRows(core, filteredQuery(core.filters, this.#spec), selection));
  }

  #write(name: 'update' | 'delete', changes: readonly Change[] | undefined, synchronize: Synchronize): Promise<number> {
    const { mapper } = this.#spec;
    const call = `${name}(${mapper.name})`;
    refuseSlices(call, this.#spec);
    return this.#turn(name, (core) => {
      const { conditions, filters } = filteredQuery(core.filters, this.#spec);
      const work = { mapper, conditions, filters, changes, synchronize };
      return core.write(prepareWrite(core.boundTo(mapper), work), call);
    });
  }

  #turn<T>(name: string, work: (core: SessionCore) => Promise<T>): Promise<T> {
    const { core, callSite } = this.#context;
    return core.turn(name, callSite, async () => {
      await core.autoflush();
      const { executionOptions, tags, unfiltered } = this.#spec;
      const { transactions } = core;
      const tag = (): Promise<T> => transactions.withTags(tags, () => work(core));
      const run = (): Promise<T> => transactions.withOptions(executionOptions, tag);
      return core.filters === undefined ? run() : core.filters.without(unfiltered, run);
    });
  }
}
