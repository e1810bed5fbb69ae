import { QueryArgumentError } from '../errors/session-errors.ts';
import { kindConditions } from '../loading/kind-conditions.ts';
import type { Condition, ConditionTerms } from '../loading/query-spec.ts';
import type { Mapper, ModelClass } from '../mapping/mapper.ts';
import type { ShapeOf } from '../model/model-types.ts';
import type { RelationshipPath, TargetAt } from '../model/path-types.ts';
import type { FilterRows, RelatedConditions, RelatedTerms, RowFilter, Where, WhereArgs } from '../model/query-types.ts';
import type { AnyExpression, Truth } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import { columnTarget, relationshipsOn } from './attribute-paths.ts';
import { toConditions } from './where-arguments.ts';

/** What rows must meet, whatever is done with them. Immutable: each call gives a `Self` that asks for more. */
export abstract class Criteria<C extends ModelClass, Self> implements RelatedConditions<C, Self> {
  /** Whose rows. */
  protected abstract get mapper(): Mapper;

  /** The same, with more conditions. */
  protected abstract narrowed(added: readonly Condition[]): Self;

  /**
   * Keeps the rows that meet a condition; several calls are joined by AND. Three forms: `where('age', '>', 3)`,
   * `where({ status: 'queued', ownerId: [1, 2] })`, and `where((eb, it) => …)` with all of Kysely's expression builder,
   * where `it` speaks of related rows. A name may lead along to-one relationships: `where('owner.team.name', '=', 'Red')`.
   *
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown column, a path through a collection, an `in` without a list.
   */
  get where(): Where<C, Self> {
    return (...args: WhereArgs) =>
      this.narrowed(toConditions(this.mapper, args, (mapper, terms) => new Terms(mapper, terms)));
  }

  /**
   * Keeps the rows that have a related row, one that meets the conditions if some are given.
   *
   * @param relationship - of any kind, or a dotted path of them: `any('lines.product', …)` is `any('lines', (line) => line.has('product', …))`.
   * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown relationship.
   * @example session.find(Job).has('owner', (owner) => owner.where('name', '=', 'Ada'));
   * // select … from "jobs" where exists (select 1 as "one" from "users" where "users"."id" = "jobs"."owner_id" and "users"."name" = $1)
   */
  has<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P>,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Self {
    return this.narrowed(related(this.mapper, 'has', { path: relationship, filter }));
  }

  /** The same as `has`, in the words of collections: `any('lines', (line) => line.where('amount', '>', 3))`. */
  any<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P>,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Self {
    return this.narrowed(related(this.mapper, 'any', { path: relationship, filter }));
  }

  /** Keeps the rows without a related row, or without one that meets the conditions. */
  hasNone<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P>,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Self {
    return this.narrowed(related(this.mapper, 'hasNone', { path: relationship, filter }));
  }
}

/** Conditions on the rows of one model, collected. */
class CollectedFilter<C extends ModelClass> extends Criteria<C, RowFilter<C>> implements RowFilter<C> {
  protected readonly mapper: Mapper;
  readonly #conditions: readonly Condition[];

  constructor(mapper: Mapper, conditions: readonly Condition[] = []) {
    super();
    this.mapper = mapper;
    this.#conditions = conditions;
  }

  protected narrowed(added: readonly Condition[]): RowFilter<C> {
    return new CollectedFilter<C>(this.mapper, [...this.#conditions, ...added]);
  }

  static conditionsOf(filter: unknown): readonly Condition[] | undefined {
    return filter instanceof CollectedFilter ? filter.#conditions : undefined;
  }
}

/** The conditions that a function asks of a model's rows. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT */
export function collected<C extends ModelClass>(
  mapper: Mapper,
  call: string,
  filter: FilterRows<C> | undefined,
): readonly Condition[] {
  if (filter === undefined) return [];
  const conditions = CollectedFilter.conditionsOf(filter(new CollectedFilter<C>(mapper)));
  if (conditions !== undefined) return conditions;
  throw QueryArgumentError.of(
    call,
    `the function that narrows ${mapper.name} gives something else than the rows it got, narrowed`,
    "Write (rows) => rows.where('name', '=', value).",
  );
}

interface RelatedArguments<C extends ModelClass> {
  readonly path: string;
  readonly filter: FilterRows<C> | undefined;
}

/** One condition for a whole path: rows within rows. */
function related<C extends ModelClass>(
  mapper: Mapper,
  call: 'has' | 'any' | 'hasNone',
  { path, filter }: RelatedArguments<C>,
): Condition[] {
  const relationships = relationshipsOn(mapper, call, path);
  const target = relationships.at(-1)?.target ?? mapper;
  const isNegated = call === 'hasNone';
  return relationships.reduceRight<Condition[]>(
    (filters, relationship, at) => {
      const conditions = [...kindConditions(relationship.target), ...filters];
      return [{ kind: 'related', relationship, isNegated: isNegated && at === 0, conditions }];
    },
    [...collected(target, call, filter)],
  );
}

/** What the second argument of `where((eb, it) => …)` is. */
class Terms<C extends ModelClass> extends Criteria<C, Truth> implements RelatedTerms<C> {
  protected readonly mapper: Mapper;
  readonly #terms: ConditionTerms;

  constructor(mapper: Mapper, terms: ConditionTerms) {
    super();
    this.mapper = mapper;
    this.#terms = terms;
  }

  protected narrowed(added: readonly Condition[]): Truth {
    return eb.and(added.map((condition) => this.#terms.condition(condition)));
  }

  path(name: string): AnyExpression {
    const { path = [], column } = columnTarget(this.mapper, 'path', name);
    return this.#terms.column(path, column);
  }
}
