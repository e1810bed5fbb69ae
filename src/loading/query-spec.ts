import type { ComparisonOperator } from 'kysely';

import type { ColumnProperty, LinkedRelationship, Mapper, Relationship } from '../mapping/mapper.ts';
import type { AnyExpression, AnySelect, Truth } from '../sql/untyped-kysely.ts';
import type { ColumnSelection } from './column-selection.ts';

/** One step along a to-one relationship, and what the row that it leads to must meet to be seen. */
export interface JoinStep {
  readonly relationship: LinkedRelationship;
  readonly conditions: readonly Condition[];
}

/** The way from a row along to-one relationships, such as `owner.team`. */
export type JoinPath = readonly JoinStep[];

/** `column operator value`, with the value apart so that queries of one shape share a statement. */
export interface ColumnCondition {
  readonly kind: 'column';
  /** Whose column it is; left out: of the queried row itself. */
  readonly path?: JoinPath;
  readonly column: ColumnProperty;
  readonly operator: ComparisonOperator;
  readonly value: unknown;
}

/** Whatever Kysely's expression builder makes; compiled anew each time. */
export interface ExpressionCondition {
  readonly kind: 'expression';
  /** Takes Kysely's expression builder, in which attributes go by their property names. */
  build(expressionBuilder: unknown, terms: ConditionTerms): Truth;
  /** Whether it may speak of related rows. */
  readonly usesTerms: boolean;
}

/** Turns conditions on related rows into parts of a free expression. */
export interface ConditionTerms {
  condition(condition: Condition): Truth;
  column(path: JoinPath, column: ColumnProperty): AnyExpression;
}

/** Whether there are, or are not, related rows that meet conditions. */
export interface RelatedCondition {
  readonly kind: 'related';
  readonly relationship: Relationship;
  readonly isNegated: boolean;
  readonly conditions: readonly Condition[];
}

/** A tuple of columns in a list of keys. */
export interface KeysCondition {
  readonly kind: 'keys';
  readonly columns: readonly ColumnProperty[];
  readonly keys: readonly (readonly unknown[])[];
}

/** Rows of a table, or of a part of the statement that goes by a name, and which of their columns count. */
export interface RowSource {
  readonly table: string;
  readonly columns: readonly string[];
}

/** A tuple of columns among those of other rows. */
export interface WithinCondition {
  readonly kind: 'within';
  readonly columns: readonly ColumnProperty[];
  readonly rows: RowSource;
}

export type Condition = ColumnCondition | ExpressionCondition | KeysCondition | RelatedCondition | WithinCondition;

export interface ColumnOrdering {
  readonly kind: 'column';
  /** Whose column it is; left out: of the queried row itself. */
  readonly path?: JoinPath;
  readonly column: ColumnProperty;
  readonly direction: 'asc' | 'desc';
  /** Left out: where the database puts them. */
  readonly nulls?: 'first' | 'last' | undefined;
}

/** Whatever Kysely can order by; compiled anew each time. */
export interface ExpressionOrdering {
  readonly kind: 'expression';
  readonly by: unknown;
  readonly modifiers: unknown;
}

export type Ordering = ColumnOrdering | ExpressionOrdering;

/** How the objects of a relationship are read along with those that have it. */
export type LoadStrategy = 'selectin' | 'joined' | 'json';

/** Which rows of one model, in which order and form, and what to load along with them. */
export interface RowsSpec {
  readonly conditions: readonly Condition[];
  readonly orderings: readonly Ordering[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  /** Undefined: all columns but deferred ones. */
  readonly selection: ColumnSelection | undefined;
  readonly paths: LoadTree;
  /** For what free conditions say of related rows; the conditions have the others in them. */
  readonly filters?: RowFilters | undefined;
  /** A query: how its relationships are loaded. A relationship: how it is itself. Undefined: as the shape suggests. */
  readonly strategy: LoadStrategy | undefined;
}

/** How one relationship is loaded along; the limit is for each of the objects that have it. */
export interface RelatedSpec extends RowsSpec {
  /** Follow the same relationship of what it leads to, so many levels down; Infinity: to the end. Undefined: do not. */
  readonly depth: number | undefined;
}

/** Relationships to load along: property → how, and what to load along with its targets. */
export interface LoadTree extends ReadonlyMap<string, RelatedSpec> {}

/** The strength of a lock. */
export type LockMode = 'update' | 'noKeyUpdate' | 'share' | 'keyShare';

/** A locking read: `SELECT … FOR UPDATE`. */
export interface RowLock {
  /** Leave out rows that somebody else has locked. */
  readonly skipLocked?: boolean;
  /** Fail instead of waiting for a lock. */
  readonly nowait?: boolean;
  /**
   * How strong: `noKeyUpdate` lets others insert rows that point here, `share` lets others read and lock alike, `keyShare`
   * only keeps the row and its key. Default: `update`.
   */
  readonly mode?: LockMode;
}

/** What rows of a model must meet to be seen at all, besides what is asked of them. */
export interface RowFilters {
  conditionsOf(mapper: Mapper): readonly Condition[];
}

/** What the program makes of a query's Kysely builder. */
export type Alteration = (query: AnySelect) => AnySelect;

/** A place in an order of columns. */
export interface Position {
  /** As the driver gives and takes them: exactly what the database has, for each ordering. */
  readonly values: readonly unknown[];
  /** A row at the place itself comes after it, too. */
  readonly isInclusive: boolean;
}

/** What a query asks for, as plain data. */
export interface QuerySpec extends RowsSpec {
  readonly mapper: Mapper;
  /** Only what comes after this position, in the order of `orderings`, which are then all columns. */
  readonly after: Position | undefined;
  readonly lock: RowLock | undefined;
  /** Whose rows to lock: those at the end of these paths. Undefined: those of the query itself. */
  readonly lockOf?: readonly JoinPath[] | undefined;
  /** Given: limit and offset are for each group of rows with equal values of these columns. */
  readonly limitEach: readonly ColumnProperty[] | undefined;
  /** Throw away edits of objects that the session already holds. */
  readonly overwrite: boolean;
  /** Have the objects refuse to load lazily what the query did not load. */
  readonly isStrict: boolean;
  /** For listeners of its statements. */
  readonly executionOptions: Readonly<Record<string, unknown>> | undefined;
  /** For a comment before its statements. */
  readonly tags?: readonly string[] | undefined;
  /** The last word on the statement; compiled anew each time. */
  readonly alterations?: readonly Alteration[] | undefined;
  /** Names of filters to step around; empty: all. */
  readonly unfiltered?: readonly string[] | undefined;
}

export const NO_PATHS: LoadTree = new Map();

/** Every row, as it is. */
const ALL_ROWS: RowsSpec = {
  conditions: [],
  orderings: [],
  limit: undefined,
  offset: undefined,
  selection: undefined,
  paths: NO_PATHS,
  strategy: undefined,
};

/** A relationship loaded whole. */
export const WHOLE: RelatedSpec = Object.freeze({ ...ALL_ROWS, depth: undefined });

/** A query for every object of a mapper. */
export function queryFor(mapper: Mapper): QuerySpec {
  return {
    ...ALL_ROWS,
    mapper,
    after: undefined,
    lock: undefined,
    limitEach: undefined,
    overwrite: false,
    isStrict: false,
    executionOptions: undefined,
  };
}

/** Changes what a tree says of the relationship at the end of a path, such as `lines.product`; those on the way are loaded too. */
export function withRelated(
  tree: LoadTree,
  [first, ...rest]: readonly string[],
  change: (spec: RelatedSpec) => RelatedSpec,
): LoadTree {
  if (first === undefined) return tree;
  const spec = tree.get(first) ?? WHOLE;
  const changed = rest.length === 0 ? change(spec) : { ...spec, paths: withRelated(spec.paths, rest, change) };
  return new Map([...tree, [first, changed]]);
}

/** Adds a path to a tree; what the tree says of it already stays. */
export function addPath(tree: LoadTree, path: readonly string[]): LoadTree {
  return withRelated(tree, path, (spec) => spec);
}
