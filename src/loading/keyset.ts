import { ExpressionWrapper, TupleNode } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { AnyExpression, AnyWrapper, Truth } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import type { NextValue } from './conditions.ts';
import type { ColumnOrdering, Position, QuerySpec } from './query-spec.ts';
import type { SqlScope } from './sql-scope.ts';

/** One column of an order, and the value that it has at a position. */
interface Term {
  readonly ordering: ColumnOrdering;
  readonly value: unknown;
}

/**
 * What comes after a position in an order of columns: later in the first column, or alike there and later in the
 * second, and so on. Asks for values in the order of `positionValues`.
 */
export function afterPosition(spec: QuerySpec, scope: SqlScope, { dialect, next }: PositionContext): Truth {
  const { after } = spec;
  if (after === undefined) return eb.lit(true);
  const terms = termsOf(spec, after);
  const ref = ({ ordering }: Term): AnyWrapper => scope.reach(ordering.path ?? []).ref(ordering.column);
  if (isPlain(terms)) return rowAfter(terms.map(ref), terms, { next, isInclusive: after.isInclusive });
  const alike = (term: Term): Truth => (term.value === null ? eb(ref(term), 'is', null) : eb(ref(term), '=', next()));
  const alternatives = terms.flatMap((term, at) => {
    if (isLast(dialect, term)) return [];
    const isAlike = terms.slice(0, at).map(alike);
    return [eb.and([...isAlike, isLater(ref(term), term, { dialect, next })])];
  });
  if (after.isInclusive) alternatives.push(eb.and(terms.map(alike)));
  return eb.or(alternatives);
}

interface PositionContext {
  readonly dialect: Dialect;
  readonly next: NextValue;
}

/** The values of a position, once for each placeholder. */
export function positionValues(dialect: Dialect, spec: QuerySpec): unknown[] {
  const { after } = spec;
  if (after === undefined) return [];
  const terms = termsOf(spec, after);
  if (isPlain(terms)) return knownValues(terms);
  const alternatives = terms.flatMap((term, at) => (isLast(dialect, term) ? [] : knownValues(terms.slice(0, at + 1))));
  return after.isInclusive ? [...alternatives, ...knownValues(terms)] : alternatives;
}

function knownValues(terms: readonly Term[]): unknown[] {
  return terms.map(({ value }) => value).filter((value) => value !== null);
}

/** What the text of `afterPosition` depends on besides the order. */
export function positionShape({ after }: QuerySpec): string {
  if (after === undefined) return '';
  const nulls = after.values.map((value) => (value === null ? 'n' : 'v')).join('');
  return ` after ${nulls}${after.isInclusive ? ' too' : ''}`;
}

function termsOf({ orderings }: QuerySpec, { values }: Position): Term[] {
  const columns = orderings.filter((ordering) => ordering.kind === 'column');
  return columns.map((ordering, at) => ({ ordering, value: values[at] ?? null }));
}

/** Whether SQL's comparison of rows says it all: columns without nulls, in one direction. */
function isPlain(terms: readonly Term[]): boolean {
  const [first] = terms;
  return terms.every(
    (term) => !mayBeNull(term) && term.value !== null && term.ordering.direction === first?.ordering.direction,
  );
}

function rowAfter(
  [first, second, ...rest]: readonly AnyWrapper[],
  terms: readonly Term[],
  { next, isInclusive }: { readonly next: NextValue; readonly isInclusive: boolean },
): Truth {
  const comparison = terms[0]?.ordering.direction === 'desc' ? '<' : '>';
  const operator = isInclusive ? (`${comparison}=` as const) : comparison;
  if (first === undefined) return eb.lit(false);
  if (second === undefined) return eb(first, operator, next());
  return eb(tuple([first, second, ...rest]), operator, tuple(terms.map(() => eb.val(next()))));
}

/** `(a, b, …)` */
function tuple(parts: readonly AnyExpression[]): AnyWrapper {
  return new ExpressionWrapper(TupleNode.create(parts.map((part) => part.toOperationNode())));
}

function isLater(column: AnyWrapper, term: Term, { dialect, next }: PositionContext): Truth {
  if (term.value === null) return eb(column, 'is not', null);
  const greater = eb(column, term.ordering.direction === 'asc' ? '>' : '<', next());
  return mayBeNull(term) && nullsLast(dialect, term) ? eb.or([greater, eb(column, 'is', null)]) : greater;
}

/** Whether nothing comes later in this column. */
function isLast(dialect: Dialect, term: Term): boolean {
  return term.value === null && nullsLast(dialect, term);
}

function nullsLast({ nullsAre }: Dialect, { ordering: { nulls, direction } }: Term): boolean {
  return nulls === undefined ? (direction === 'asc') === (nullsAre === 'greatest') : nulls === 'last';
}

/** A row that is not there has nulls. */
function mayBeNull({ ordering: { path, column } }: Term): boolean {
  return path !== undefined || column.column.nullable;
}
