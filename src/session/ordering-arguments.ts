import { isExpression, OrderByItemBuilder, OrderByItemNode, RawNode } from 'kysely';
import type { OrderByItemNode as OrderByItem } from 'kysely';

import { QueryArgumentError } from '../errors/session-errors.ts';
import type { Ordering } from '../loading/query-spec.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { eb } from '../sql/untyped-kysely.ts';
import { columnTarget } from './attribute-paths.ts';

/** The ordering that the arguments of one `orderBy` call mean. */
export function toOrdering(mapper: Mapper, by: unknown, modifiers: unknown): Ordering {
  if (typeof by !== 'string') return { kind: 'expression', by, modifiers };
  if (mapper.hybrids.has(by)) return { kind: 'expression', by: eb.ref(by), modifiers };
  const target = columnTarget(mapper, 'orderBy', by);
  if (modifiers === 'asc' || modifiers === 'desc') return { kind: 'column', ...target, direction: modifiers };
  if (typeof modifiers === 'function') {
    const item = modified(modifiers as (order: OrderByItemBuilder) => OrderByItemBuilder);
    if (item.collation === undefined)
      return { kind: 'column', ...target, direction: directionOf(item), nulls: item.nulls };
  }
  if (target.path !== undefined) throw plainOnly(by);
  if (typeof modifiers === 'function' || isExpression(modifiers))
    return {
      kind: 'expression',
      by: (eb: { ref(name: string): unknown }) => eb.ref(target.column.property),
      modifiers,
    };
  throw QueryArgumentError.of('orderBy', `the direction of '${by}' is none`, "Write 'asc' or 'desc'.");
}

/** What `(order) => order.desc().nullsLast()` says. */
function modified(modifiers: (order: OrderByItemBuilder) => OrderByItemBuilder): OrderByItem {
  const blank = OrderByItemNode.create(RawNode.createWithSql(''));
  return modifiers(new OrderByItemBuilder({ node: blank })).toOperationNode();
}

function directionOf({ direction }: OrderByItem): 'asc' | 'desc' {
  return direction !== undefined && RawNode.is(direction) && direction.sqlFragments.join('') === 'desc'
    ? 'desc'
    : 'asc';
}

function plainOnly(by: string): QueryArgumentError {
  return QueryArgumentError.of(
    'orderBy',
    `'${by}' of another table can only be ordered 'asc' or 'desc', with nulls first or last`,
    'Leave the collation out, or use using(…).',
  );
}
