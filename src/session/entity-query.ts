import type { Compilable, RawBuilder } from 'kysely';

import { MultipleResultsError, NoResultError, QueryArgumentError } from '../errors/session-errors.ts';
import type { GivenStatement } from '../loading/load-given.ts';
import { loadGiven } from '../loading/load-given.ts';
import type { LoadStrategy, QuerySpec } from '../loading/query-spec.ts';
import { queryFor } from '../loading/query-spec.ts';
import type { Mapper, ModelClass } from '../mapping/mapper.ts';
import type { With } from '../model/loaded-types.ts';
import type { InstanceOf, ShapeOf } from '../model/model-types.ts';
import type { CheckedLoads, KnownLoads, RelationshipName } from '../model/path-types.ts';
import { entitiesOf } from './entities-of.ts';
import { strategyOf } from './query-arguments.ts';
import type { QueryContext } from './query.ts';
import type { RelatedLoads } from './related-query.ts';
import { toLoadTree } from './related-query.ts';

/** Whatever selects rows: a Kysely query, an `sql` template, or a text with placeholders of the database. */
export type RowsSource = Compilable | RawBuilder<unknown> | string;

/** Compiles a source for the database of a model. */
export type CompileRows = (source: Compilable | RawBuilder<unknown>) => { sql: string; parameters: readonly unknown[] };

/** Where rows come from, and what they become. */
export interface EntitySource {
  readonly source: RowsSource;
  readonly parameters: readonly unknown[];
  readonly compile: CompileRows;
}

/** Objects from a statement of the program's own. Immutable; `await` runs it. */
export class EntityQuery<C extends ModelClass, E = InstanceOf<C>> implements PromiseLike<E[]> {
  readonly #context: QueryContext;
  readonly #source: EntitySource;
  readonly #spec: QuerySpec;

  private constructor(context: QueryContext, source: EntitySource, spec: QuerySpec) {
    this.#context = context;
    this.#source = source;
    this.#spec = spec;
  }

  static of<C extends ModelClass>(context: QueryContext, mapper: Mapper, source: EntitySource): EntityQuery<C> {
    return new EntityQuery<C>(context, source, queryFor(mapper));
  }

  /** As `Query.with`: in statements of their own. */
  with<
    const L extends readonly (RelationshipName<ShapeOf<C>> | `${string}.${string}` | RelatedLoads<C>)[],
    K = KnownLoads<ShapeOf<C>, L>,
  >(...loads: CheckedLoads<L, K>): EntityQuery<C, With<E, L>> {
    const { mapper, paths } = this.#spec;
    return this.#with({ paths: toLoadTree(mapper, paths, loads) });
  }

  /** How the relationships of `with` are read, unless one says otherwise. */
  strategy(strategy: LoadStrategy): EntityQuery<C, E> {
    return this.#with({ strategy: strategyOf(strategy) });
  }

  /** Lets what is read overwrite edits of objects that the session already holds. */
  populateExisting(): EntityQuery<C, E> {
    return this.#with({ overwrite: true });
  }

  /** The first object, or null. The statement runs as it is. */
  async first(): Promise<E | null> {
    const [first] = await this.#load('first');
    return first ?? null;
  }

  /** The only object. @throws {NoResultError} QUERY_NO_RESULT @throws {MultipleResultsError} QUERY_MULTIPLE_RESULTS */
  async one(): Promise<E> {
    const [only, ...more] = await this.#load('one');
    const { name } = this.#spec.mapper;
    if (only === undefined) throw NoResultError.of(name, 'one()');
    if (more.length > 0) throw MultipleResultsError.of(name, 'one()');
    return only;
  }

  then<A = E[], B = never>(
    onFulfilled?: ((objects: E[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#load('entities').then(onFulfilled, onRejected);
  }

  /** Runs the statement, as `then` does. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<E[] | B> {
    return this.then(undefined, onRejected);
  }

  /** Runs the statement, as `then` does. */
  finally(onSettled?: (() => void) | null): Promise<E[]> {
    return this.then().finally(onSettled);
  }

  #with<F = E>(change: Partial<QuerySpec>): EntityQuery<C, F> {
    return new EntityQuery<C, F>(this.#context, this.#source, { ...this.#spec, ...change });
  }

  async #load(name: string): Promise<E[]> {
    const { core, callSite } = this.#context;
    const given = this.#given();
    return core.turn(name, callSite, async () => {
      await core.autoflush();
      try {
        const states = await loadGiven(core, this.#spec, given);
        return entitiesOf<E>(states);
      } finally {
        if (given.statement.kind === 'write') core.objects.forgetBirths();
      }
    });
  }

  #given(): GivenStatement {
    const { source, parameters: own, compile } = this.#source;
    const { mapper } = this.#spec;
    const { sql, parameters } = typeof source === 'string' ? { sql: source, parameters: own } : compile(source);
    const { dialect } = this.#context.core.boundTo(mapper);
    const kind = dialect.mayWrite(sql) ? 'write' : 'read';
    return { statement: { sql, kind, parse: 'raw', prepare: false }, parameters };
  }
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - nothing that could be compiled. */
export function requireSource(model: ModelClass, source: RowsSource): RowsSource {
  if (typeof source === 'string' || typeof source?.compile === 'function') return source;
  throw QueryArgumentError.of(
    `entities(${model.name})`,
    'it was given nothing that selects rows',
    'Give it a Kysely query, such as session.sql.selectFrom(…).selectAll(), an sql template, or a text.',
  );
}
