import type { ColumnProperty, LinkedRelationship, Relationship } from '../mapping/mapper.ts';
import type { AnySelect, Truth } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import type { SqlScope } from './sql-scope.ts';

/** Rows of a relationship's target that belong to a row of the statement around them. */
export interface RelatedRows {
  readonly rows: AnySelect;
  /** The target's table. */
  readonly scope: SqlScope;
}

/** The rows that a relationship leads to from a row of `outer`: a subquery without columns worth reading. */
export function relatedRows(outer: SqlScope, relationship: Relationship): RelatedRows {
  if (relationship.direction !== 'many-to-many') {
    const scope = outer.another(relationship.target);
    return { rows: ones(scope).where(eb.and(isLinked(relationship, outer, scope))), scope };
  }
  const { mapper, source, target } = relationship.through;
  const association = outer.another(mapper);
  const scope = outer.another(relationship.target);
  const met = equal({ scope, columns: target.parentColumns }, { scope: association, columns: target.childColumns });
  const mine = equal(
    { scope: association, columns: source.childColumns },
    { scope: outer, columns: source.parentColumns },
  );
  const rows: AnySelect = ones(association).innerJoin(scope.source, (on) => on.on(eb.and(met)));
  return { rows: rows.where(eb.and(mine)), scope };
}

/** What makes a row of `inner` the one, or one of those, that a relationship leads to from a row of `outer`. */
export function isLinked({ direction, link }: LinkedRelationship, outer: SqlScope, inner: SqlScope): Truth[] {
  const { childColumns, parentColumns } = link;
  return direction === 'many-to-one'
    ? equal({ scope: inner, columns: parentColumns }, { scope: outer, columns: childColumns })
    : equal({ scope: inner, columns: childColumns }, { scope: outer, columns: parentColumns });
}

interface Side {
  readonly scope: SqlScope;
  readonly columns: readonly ColumnProperty[];
}

/** One condition for each pair of columns. */
function equal(left: Side, right: Side): Truth[] {
  const others = right.columns.values();
  return left.columns.flatMap((column) => {
    const other = others.next().value;
    return other === undefined ? [] : [eb(left.scope.outerRef(column), '=', right.scope.outerRef(other))];
  });
}

function ones(scope: SqlScope): AnySelect {
  const rows: AnySelect = eb.selectFrom(scope.source);
  return rows.select(eb.lit(1).as('one'));
}
