import { QueryArgumentError } from '../errors/session-errors.ts';
import { defaultSelection, narrowSelection } from '../loading/column-selection.ts';
import type { Condition, LoadStrategy, LoadTree, RelatedSpec } from '../loading/query-spec.ts';
import { addPath, withRelated } from '../loading/query-spec.ts';
import type { ColumnProperty, Mapper, ModelClass, Relationship } from '../mapping/mapper.ts';
import type { Reads, With } from '../model/loaded-types.ts';
import type { ColumnName, InstanceOf, ShapeOf } from '../model/model-types.ts';
import type { PartOf } from '../model/part-types.ts';
import type {
  Checked,
  CheckedLoads,
  KnownColumn,
  KnownLoads,
  RelationshipName,
  TargetOf,
} from '../model/path-types.ts';
import type { OrderDirection, OrderReference } from '../model/query-types.ts';
import { relationshipsOn } from './attribute-paths.ts';
import { Criteria } from './criteria.ts';
import { toOrdering } from './ordering-arguments.ts';
import { groupColumns, namedColumns, strategyOf, wholeNumber } from './query-arguments.ts';

/** Relationships to load along, each with what is to be read of it. */
export type RelatedLoads<C extends ModelClass> = {
  readonly [K in RelationshipName<ShapeOf<C>>]?: (related: RelatedQuery<TargetOf<ShapeOf<C>, K>>) => Reads<unknown>;
};

/**
 * What to read of a relationship that is loaded along. Immutable: each call gives a new one. A limit is for each object that
 * has the relationship.
 *
 * @example
 * await session.find(Order).with({ lines: (line) => line.where('amount', '>', 3).orderBy('position').limit(2).with('product') });
 */
export class RelatedQuery<C extends ModelClass, E = InstanceOf<C>>
  extends Criteria<C, RelatedQuery<C, E>>
  implements Reads<E>
{
  declare readonly '~reads': E;
  protected readonly mapper: Mapper;
  readonly #spec: RelatedSpec;

  constructor(mapper: Mapper, spec: RelatedSpec) {
    super();
    this.mapper = mapper;
    this.#spec = spec;
  }

  /** What a built query asks for; for the library alone. Undefined: `built` is no such query. */
  static specOf(built: unknown): RelatedSpec | undefined {
    return built instanceof RelatedQuery ? built.#spec : undefined;
  }

  /** As `Query.orderBy`. */
  orderBy<const R extends OrderReference<C>, K = KnownColumn<ShapeOf<C>, R>>(
    column: Checked<R, K>,
    direction: OrderDirection = 'asc',
  ): RelatedQuery<C, E> {
    return this.#with({ orderings: [...this.#spec.orderings, toOrdering(this.mapper, column, direction)] });
  }

  /** At most so many for each object. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - not a whole number from 0 on. */
  limit(count: number): RelatedQuery<C, E> {
    return this.#with({ limit: wholeNumber('limit', count) });
  }

  /** Leaves out so many for each object. */
  offset(count: number): RelatedQuery<C, E> {
    return this.#with({ offset: wholeNumber('offset', count) });
  }

  /** Reads these columns, the key and what links the objects, and no others. */
  columns<const N extends ColumnName<ShapeOf<C>>>(...names: readonly N[]): RelatedQuery<C, PartOf<C, N, E>> {
    return this.#as({ selection: narrowSelection(this.mapper, new Set(this.#named('columns', names))) });
  }

  /** As `Query.undefer`. */
  undefer(...names: readonly ColumnName<ShapeOf<C>>[]): RelatedQuery<C, E> {
    return this.#select(this.#named('undefer', names));
  }

  /** As `Query.undeferGroup`. */
  undeferGroup(group: string): RelatedQuery<C, E> {
    return this.#select(groupColumns(this.mapper, group));
  }

  /** As `Query.with`. */
  with<
    const L extends readonly (RelationshipName<ShapeOf<C>> | `${string}.${string}` | RelatedLoads<C>)[],
    K = KnownLoads<ShapeOf<C>, L>,
  >(...loads: CheckedLoads<L, K>): RelatedQuery<C, With<E, L>> {
    return this.#as({ paths: toLoadTree(this.mapper, this.#spec.paths, loads) });
  }

  /**
   * Follows the relationship, which must lead to the model itself, from each object that it leads to as well: one statement for
   * a whole tree, or chain, with or without circles. Conditions end a branch where they are not met.
   *
   * @param options - `depth`: most steps. Default: to the end.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - a depth below 1; with a limit; a relationship to another model.
   * @example await session.find(Category).where({ parentId: null }).with({ children: (child) => child.recursive({ depth: 5 }) });
   */
  recursive({ depth = Infinity }: { readonly depth?: number } = {}): RelatedQuery<C, E> {
    if (depth !== Infinity) wholeNumber('recursive', depth);
    if (depth < 1) throw QueryArgumentError.of('recursive', 'a depth of 0 loads nothing', 'Give at least 1.');
    return this.#with({ depth });
  }

  /** How this relationship is read, whatever the query says. */
  strategy(strategy: LoadStrategy): RelatedQuery<C, E> {
    return this.#with({ strategy: strategyOf(strategy) });
  }

  /** The relationship then holds these members only, and is changed through the session all the same. */
  protected narrowed(added: readonly Condition[]): RelatedQuery<C, E> {
    return this.#with({ conditions: [...this.#spec.conditions, ...added] });
  }

  #named(call: string, names: readonly string[]): ColumnProperty[] {
    return namedColumns(this.mapper, call, names);
  }

  #select(added: readonly ColumnProperty[]): RelatedQuery<C, E> {
    const columns = new Set([...(this.#spec.selection?.columns ?? []), ...added]);
    return this.#with({ selection: defaultSelection(this.mapper, columns) });
  }

  #with(change: Partial<RelatedSpec>): RelatedQuery<C, E> {
    return this.#as(change);
  }

  #as<F>(change: Partial<RelatedSpec>): RelatedQuery<C, F> {
    return new RelatedQuery(this.mapper, { ...this.#spec, ...change });
  }
}

/**
 * Adds to a tree what the arguments of one `with` mean: paths, and objects of path → function of a `RelatedQuery`, which
 * begins with what the tree says already.
 *
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown relationship; a function that gives something else back.
 */
export function toLoadTree(mapper: Mapper, tree: LoadTree, loads: readonly unknown[]): LoadTree {
  return loads.reduce<LoadTree>((built, load) => {
    if (typeof load === 'string')
      return addPath(
        built,
        readableOn(mapper, load).map(({ property }) => property),
      );
    if (typeof load !== 'object' || load === null) throw wrongLoad();
    return Object.entries(load).reduce((next, [path, build]) => withBuilt(mapper, next, { path, build }), built);
  }, tree);
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - one of them is never loaded. */
function readableOn(mapper: Mapper, path: string): Relationship[] {
  const relationships = relationshipsOn(mapper, 'with', path);
  const unread = relationships.find(({ lazy }) => lazy === 'writeonly');
  if (unread === undefined) return relationships;
  const fact = `${unread.mapper.name}.${unread.property} is never loaded: it is lazy: 'writeonly'`;
  throw QueryArgumentError.of('with', fact, `Read what you need of it: await object.${unread.property}.query().`);
}

function withBuilt(
  mapper: Mapper,
  tree: LoadTree,
  { path, build }: { readonly path: string; readonly build: unknown },
): LoadTree {
  const relationships = readableOn(mapper, path);
  const last = relationships.at(-1);
  const target = last?.target ?? mapper;
  if (typeof build !== 'function') throw wrongLoad();
  return withRelated(
    tree,
    relationships.map(({ property }) => property),
    (spec) => {
      const built = RelatedQuery.specOf(build(new RelatedQuery(target, spec)));
      if (built === undefined)
        throw QueryArgumentError.of('with', `the function of '${path}' gives no query back`, GIVE_BACK);
      if (last?.isCollection === false) refuseOrder(path, built);
      if (last !== undefined && built.depth !== undefined) refuseDescent(last, built);
      return built;
    },
  );
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - one object has no order, and no first among it. */
function refuseOrder(path: string, { orderings, limit, offset }: RelatedSpec): void {
  const call = orderings.length > 0 ? 'orderBy' : limit !== undefined ? 'limit' : 'offset';
  if (orderings.length === 0 && limit === undefined && offset === undefined) return;
  throw QueryArgumentError.of(call, `'${path}' leads to one object`, `Leave ${call} out: it is for collections.`);
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - there is no way on, or one that no statement can say. */
function refuseDescent(relationship: Relationship, { limit, offset }: RelatedSpec): void {
  const { mapper, target, direction, property } = relationship;
  const name = `${mapper.name}.${property}`;
  if (target !== mapper)
    throw QueryArgumentError.of(
      'recursive',
      `${name} leads to ${target.name}`,
      'It is for relationships of a model to itself.',
    );
  if (direction === 'many-to-many')
    throw QueryArgumentError.of(
      'recursive',
      `${name} is a many-to-many`,
      'It is for relationships over a foreign key.',
    );
  if (limit !== undefined || offset !== undefined)
    throw QueryArgumentError.of('recursive', `${name} has a limit`, 'Leave the limit out, or limit the depth.');
}

const GIVE_BACK = "Return what you were given, with more to it: (line) => line.orderBy('position').";

function wrongLoad(): QueryArgumentError {
  return QueryArgumentError.of(
    'with',
    'needs paths, or an object of functions',
    "Write with('lines.product') or with({ lines: (line) => line.orderBy('position') }).",
  );
}
