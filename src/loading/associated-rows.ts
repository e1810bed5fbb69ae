import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, ManyToMany } from '../mapping/mapper.ts';
import type { AnySelect } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { defaultSelection } from './column-selection.ts';
import {
  conditionShape,
  conditionsShape,
  conditionValues,
  orderingShape,
  restrictionValues,
} from './condition-shape.ts';
import type { NextValue } from './conditions.ts';
import { conditionExpression, restricted } from './conditions.ts';
import type { KeysCondition, RelatedSpec, WithinCondition } from './query-spec.ts';
import { relatedOrder } from './related-order.ts';
import type { RowForm } from './row-codec.ts';
import { rowCodecOf } from './row-codec.ts';
import type { ResultColumn } from './select.ts';
import { isFreeQuery, numbered, ordered, ORDINAL } from './select.ts';
import { SqlScope } from './sql-scope.ts';

/** What is joined to one source, by the source's key. */
export type MembersByKey = ReadonlyMap<unknown, ReadonlySet<InstanceState>>;

/** Members by the source that each of their rows belongs to, added to those that are known. */
export function membersBySource(
  sources: readonly unknown[],
  found: readonly InstanceState[],
  members = new Map<unknown, Set<InstanceState>>(),
): MembersByKey {
  found.forEach((member, row) => {
    const known = members.get(sources[row]);
    if (known === undefined) members.set(sources[row], new Set([member]));
    else known.add(member);
  });
  return members;
}

export interface AssociatedSelect {
  readonly relationship: ManyToMany;
  readonly spec: RelatedSpec;
  /** Which sources: a condition on the columns of the association that point at them. */
  readonly met: KeysCondition | WithinCondition;
}

/** Takes the columns of the association off the rows, which are then the members' own; gives the sources' keys. */
export function takeSources(
  dialect: Dialect,
  select: AssociatedSelect,
  { rows, form }: { readonly rows: readonly unknown[][]; readonly form: RowForm },
): unknown[] {
  const { through } = select.relationship;
  const width = columnsOf(select).length;
  const { codecs } = rowCodecOf(dialect, through.mapper, undefined, form);
  return rows.map((row) => {
    const values = row.splice(width);
    return keyOfValues(sourceColumns(select.relationship).map(({ index }, at) => codecs[index]?.decode(values[at])));
  });
}

/** The values of `associatedQuery`, in the order of its placeholders. */
export function associatedValues(dialect: Dialect, { relationship, spec, met }: AssociatedSelect): unknown[] {
  const { target, through } = relationship;
  const { conditions, limit, offset } = spec;
  const last = limit === undefined ? undefined : limit + (offset ?? 0);
  return [
    ...restrictionValues(dialect, target, conditions, relatedOrder(relationship, spec)),
    ...conditionValues(dialect, through.mapper, met),
    ...[last, offset].filter((value) => value !== undefined),
  ];
}

/** What the text depends on, with no value in it; undefined when it must be compiled each time. */
export function associatedShape({ relationship, spec, met }: AssociatedSelect): string | undefined {
  if (isFreeQuery(spec)) return undefined;
  const { conditions, selection, limit, offset } = spec;
  const slice = `${limit === undefined ? '' : 'l'}${offset === undefined ? '' : 'o'}`;
  return [
    `members ${relationship.mapper.name}.${relationship.property}`,
    conditionShape(met),
    selection?.shape,
    conditionsShape(conditions),
    relatedOrder(relationship, spec).map(orderingShape).join(),
    slice,
  ].join('|');
}

interface QueryOptions {
  readonly next: NextValue;
  /** Not in order, but with the place in the order as the last column. */
  readonly isNumbered: boolean;
}

/** The members' columns, then those of the association that point at the sources. */
export function associatedQuery(
  dialect: Dialect,
  select: AssociatedSelect,
  { next, isNumbered }: QueryOptions,
): AnySelect {
  const { relationship, spec, met } = select;
  const { conditions, limit, offset } = spec;
  const orderings = relatedOrder(relationship, spec);
  const scope = SqlScope.root(relationship.target, true);
  const association = scope.another(relationship.through.mapper);
  const from = joined(dialect.kysely.selectFrom(scope.source), relationship, { scope, association });
  const query = restricted(from, conditions, { context: { dialect, scope, next, filters: spec.filters }, orderings })
    .where(conditionExpression(met, { dialect, scope: association, next }))
    .select(columnsOf(select).map((column) => scope.listed(column)))
    .select(sourceColumns(relationship).map((column, at) => association.ref(column).as(sourceName(at))));
  if (limit === undefined && offset === undefined)
    return isNumbered ? numbered(query, orderings, { scope }) : ordered(query, orderings, scope);
  const groups = sourceColumns(relationship).map((column) => association.listed(column));
  const every = numbered(query, orderings, { scope, groups }).as('every');
  const names = associatedColumns(select).map(({ name }) => name);
  let sliced: AnySelect = dialect.kysely.selectFrom(every).select(names);
  if (limit !== undefined) sliced = sliced.where(ORDINAL, '<=', next());
  if (offset !== undefined) sliced = sliced.where(ORDINAL, '>', next());
  return isNumbered ? sliced.select(ORDINAL) : sliced.orderBy(ORDINAL);
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

/** What the columns are called in the result. */
export function associatedColumns(select: AssociatedSelect): ResultColumn[] {
  const members = columnsOf(select).map(({ column, type }) => ({ name: column.name, type }));
  const sources = sourceColumns(select.relationship).map(({ type }, at) => ({ name: sourceName(at), type }));
  return [...members, ...sources];
}

function columnsOf({ relationship, spec }: Pick<AssociatedSelect, 'relationship' | 'spec'>): readonly ColumnProperty[] {
  return (spec.selection ?? defaultSelection(relationship.target)).columns;
}

export function sourceColumns({ through }: ManyToMany): readonly ColumnProperty[] {
  return through.source.childColumns;
}

/** What a column of the association is called in the result, where members may have one of the same name. */
export function sourceName(at: number): string {
  return `#${at + 1}`;
}
