import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, ManyToMany } from '../mapping/mapper.ts';
import type { AnySelect } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { defaultSelection } from './column-selection.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import {
  conditionShape,
  conditionsShape,
  conditionValues,
  orderingShape,
  restrictionValues,
} from './condition-shape.ts';
import { conditionExpression, restricted } from './conditions.ts';
import { hydrateRows } from './hydrate.ts';
import { KEYS_PER_STATEMENT } from './load-objects.ts';
import type { KeysCondition, RelatedSpec } from './query-spec.ts';
import { relatedOrder } from './related-order.ts';
import { codecsOf } from './row-codec.ts';
import type { BoundStatement } from './select.ts';
import { isFreeQuery, numbered, ordered, ORDINAL } from './select.ts';
import type { RelatedLoad } from './settle-related.ts';
import { compiledOnce } from './shape-cache.ts';
import { SqlScope } from './sql-scope.ts';

/** What is joined to one source, by the source's key. */
export type MembersByKey = ReadonlyMap<unknown, ReadonlySet<InstanceState>>;

/**
 * Reads the members that an association joins to some objects; one statement for each 500 of these. A member that several
 * have comes with each, and once where rows say it twice.
 *
 * @param keys - values of the columns that the association points at.
 */
export async function loadAssociated(
  { context: session, relationship, spec, overwritten }: RelatedLoad<ManyToMany>,
  keys: readonly (readonly unknown[])[],
): Promise<MembersByKey> {
  const context = session.boundTo(relationship.target);
  const { selection } = spec;
  const members = new Map<unknown, Set<InstanceState>>();
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    const select = { relationship, spec, keys: keys.slice(at, at + KEYS_PER_STATEMENT) };
    const { statement, parameters } = associatedStatement(context.dialect, select);
    const { rows } = await context.execute(statement, parameters);
    const sources = takeSources(context.dialect, select, rows);
    hydrateRows(context, relationship.target, rows, { selection, overwritten }).forEach((member, row) => {
      const known = members.get(sources[row]);
      if (known === undefined) members.set(sources[row], new Set([member]));
      else known.add(member);
    });
  }
  return members;
}

interface AssociatedSelect {
  readonly relationship: ManyToMany;
  readonly spec: RelatedSpec;
  readonly keys: readonly (readonly unknown[])[];
}

/** Takes the columns of the association off the rows, which are then the members' own. */
function takeSources(dialect: Dialect, select: AssociatedSelect, rows: readonly unknown[][]): unknown[] {
  const width = columnsOf(select).length;
  const codecs = codecsOf(dialect, select.relationship.through.mapper);
  return rows.map((row) => {
    const values = row.splice(width);
    return keyOfValues(sourceColumns(select.relationship).map(({ index }, at) => codecs[index]?.decode(values[at])));
  });
}

function associatedStatement(dialect: Dialect, select: AssociatedSelect): BoundStatement {
  const { relationship, spec } = select;
  const { target, through } = relationship;
  const { conditions, limit, offset } = spec;
  const last = limit === undefined ? undefined : limit + (offset ?? 0);
  const values = [
    ...restrictionValues(dialect, target, conditions, relatedOrder(relationship, spec)),
    ...conditionValues(dialect, through.mapper, keysOf(select)),
    ...[last, offset].filter((value) => value !== undefined),
  ];
  const query = isFreeQuery(spec)
    ? compile(dialect, select)
    : compiledOnce(dialect, target, shapeOf(select), () => compile(dialect, select));
  return { statement: query.statement, parameters: bind(query, values) };
}

function shapeOf(select: AssociatedSelect): string {
  const { relationship, spec } = select;
  const { conditions, selection, limit, offset } = spec;
  const slice = `${limit === undefined ? '' : 'l'}${offset === undefined ? '' : 'o'}`;
  return [
    `members ${relationship.mapper.name}.${relationship.property}`,
    conditionShape(keysOf(select)),
    selection?.shape,
    conditionsShape(conditions),
    relatedOrder(relationship, spec).map(orderingShape).join(),
    slice,
  ].join('|');
}

function compile(dialect: Dialect, select: AssociatedSelect): CompiledQuery {
  const { relationship, spec } = select;
  const { conditions, limit, offset } = spec;
  const next = slots();
  const orderings = relatedOrder(relationship, spec);
  const scope = SqlScope.root(relationship.target, true);
  const association = scope.another(relationship.through.mapper);
  const from = joined(dialect.kysely.selectFrom(scope.source), relationship, { scope, association });
  const query = restricted(from, conditions, { context: { dialect, scope, next }, orderings })
    .where(conditionExpression(keysOf(select), { dialect, scope: association, next }))
    .select(columnsOf(select).map((column) => scope.listed(column)))
    .select(sourceColumns(relationship).map((column, at) => association.ref(column).as(sourceName(at))));
  if (limit === undefined && offset === undefined)
    return toCompiledQuery(ordered(query, orderings, scope).compile(), 'read');
  const groups = sourceColumns(relationship).map((column) => association.listed(column));
  const every = numbered(query, orderings, { scope, groups }).as('every');
  const names = [
    ...columnsOf(select).map(({ column }) => column.name),
    ...sourceColumns(relationship).map((_, at) => sourceName(at)),
  ];
  let sliced: AnySelect = dialect.kysely.selectFrom(every).select(names);
  if (limit !== undefined) sliced = sliced.where(ORDINAL, '<=', next());
  if (offset !== undefined) sliced = sliced.where(ORDINAL, '>', next());
  return toCompiledQuery(sliced.orderBy(ORDINAL).compile(), 'read');
}

function joined(
  query: AnySelect,
  { through }: ManyToMany,
  { scope, association }: { readonly scope: SqlScope; readonly association: SqlScope },
): AnySelect {
  const { childColumns, parentColumns } = through.target;
  const met = childColumns.flatMap((column, at) => {
    const parent = parentColumns[at];
    return parent === undefined ? [] : [eb(association.ref(column), '=', scope.ref(parent))];
  });
  return query.innerJoin(association.source, (on) => on.on(eb.and(met)));
}

function keysOf({ relationship, keys }: AssociatedSelect): KeysCondition {
  return { kind: 'keys', columns: sourceColumns(relationship), keys };
}

function columnsOf({ relationship, spec }: AssociatedSelect): readonly ColumnProperty[] {
  return (spec.selection ?? defaultSelection(relationship.target)).columns;
}

function sourceColumns({ through }: ManyToMany): readonly ColumnProperty[] {
  return through.source.childColumns;
}

/** What a column of the association is called in the result, where members may have one of the same name. */
function sourceName(at: number): string {
  return `#${at + 1}`;
}
