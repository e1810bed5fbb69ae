import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { ColumnSelection } from './column-selection.ts';

/** `column operator value`, with the value apart so that queries of one shape share a statement. */
export interface ColumnCondition {
  readonly kind: 'column';
  readonly column: ColumnProperty;
  readonly operator: string;
  readonly value: unknown;
}

/** Whatever Kysely's expression builder makes; compiled anew each time. */
export interface ExpressionCondition {
  readonly kind: 'expression';
  /** Takes Kysely's expression builder, in which attributes go by their property names. */
  build(expressionBuilder: unknown): unknown;
}

/** A tuple of columns in a list of keys. */
export interface KeysCondition {
  readonly kind: 'keys';
  readonly columns: readonly ColumnProperty[];
  readonly keys: readonly (readonly unknown[])[];
}

export type Condition = ColumnCondition | ExpressionCondition | KeysCondition;

export interface ColumnOrdering {
  readonly kind: 'column';
  readonly column: ColumnProperty;
  readonly direction: 'asc' | 'desc';
}

/** Whatever Kysely can order by; compiled anew each time. */
export interface ExpressionOrdering {
  readonly kind: 'expression';
  readonly by: unknown;
  readonly modifiers: unknown;
}

export type Ordering = ColumnOrdering | ExpressionOrdering;

/** Relationships to load along: property → what to load along with its targets. */
export interface PathTree extends ReadonlyMap<string, PathTree> {}

/** A locking read: `SELECT … FOR UPDATE`. */
export interface RowLock {
  /** Leave out rows that somebody else has locked. */
  readonly skipLocked?: boolean;
  /** Fail instead of waiting for a lock. */
  readonly nowait?: boolean;
}

/** What a query asks for, as plain data. */
export interface QuerySpec {
  readonly mapper: Mapper;
  readonly conditions: readonly Condition[];
  readonly orderings: readonly Ordering[];
  /** Only what comes after the row with these values, in the order of `orderings`, which are then columns without nulls. */
  readonly after: readonly unknown[] | undefined;
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  readonly paths: PathTree;
  /** Undefined: all columns but deferred ones. */
  readonly selection: ColumnSelection | undefined;
  readonly lock: RowLock | undefined;
  /** Throw away edits of objects that the session already holds. */
  readonly overwrite: boolean;
  /** For listeners of its statements. */
  readonly executionOptions: Readonly<Record<string, unknown>> | undefined;
}

export const NO_PATHS: PathTree = new Map();

/** A query for every object of a mapper. */
export function queryFor(mapper: Mapper): QuerySpec {
  return {
    mapper,
    conditions: [],
    orderings: [],
    after: undefined,
    limit: undefined,
    offset: undefined,
    paths: NO_PATHS,
    selection: undefined,
    lock: undefined,
    overwrite: false,
    executionOptions: undefined,
  };
}

/** Adds a dotted path, such as `lines.product`, to a tree. */
export function addPath(tree: PathTree, path: readonly string[]): PathTree {
  const [first, ...rest] = path;
  if (first === undefined) return tree;
  return new Map([...tree, [first, addPath(tree.get(first) ?? NO_PATHS, rest)]]);
}
