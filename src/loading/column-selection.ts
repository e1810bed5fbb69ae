import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { LruMap } from '../util/lru-map.ts';

/** Which columns of a mapper a SELECT reads, in the mapper's order. The same columns are always the same object. */
export interface ColumnSelection {
  readonly columns: readonly ColumnProperty[];
  /** Every column: a row as it comes is a full row. */
  readonly isWhole: boolean;
  /** Tells selections of one mapper apart. */
  readonly shape: string;
}

const SELECTIONS_PER_MAPPER = 100;
const defaults = new WeakMap<Mapper, ColumnSelection>();
const selections = new WeakMap<Mapper, LruMap<string, ColumnSelection>>();

/** What is read when nothing else is said: all but deferred columns, and those of `undeferred`. */
export function defaultSelection(mapper: Mapper, undeferred?: ReadonlySet<ColumnProperty>): ColumnSelection {
  if (undeferred !== undefined && undeferred.size > 0)
    return selectionOf(mapper, (column) => !column.isDeferred || undeferred.has(column));
  let selection = defaults.get(mapper);
  if (selection === undefined) defaults.set(mapper, (selection = selectionOf(mapper, (column) => !column.isDeferred)));
  return selection;
}

/** Every column: rows that a write returned. */
export function wholeSelection(mapper: Mapper): ColumnSelection {
  return mapper.deferred.length === 0 ? defaultSelection(mapper) : selectionOf(mapper, () => true);
}

/** The primary key and the given columns. */
export function narrowSelection(mapper: Mapper, columns: ReadonlySet<ColumnProperty>): ColumnSelection {
  return selectionOf(mapper, (column) => column.isPrimaryKey || columns.has(column));
}

/** A selection and some columns more; undefined: the default one, when it has them all. */
export function withColumns(
  mapper: Mapper,
  selection: ColumnSelection | undefined,
  columns: readonly ColumnProperty[],
): ColumnSelection | undefined {
  const selected = new Set((selection ?? defaultSelection(mapper)).columns);
  if (columns.every((column) => selected.has(column))) return selection;
  return selectionOf(mapper, (column) => selected.has(column) || columns.includes(column));
}

function selectionOf(mapper: Mapper, isSelected: (column: ColumnProperty) => boolean): ColumnSelection {
  const columns = mapper.columns.filter(isSelected);
  const shape = columns.map(({ index }) => index).join();
  let known = selections.get(mapper);
  if (known === undefined) selections.set(mapper, (known = new LruMap(SELECTIONS_PER_MAPPER)));
  let selection = known.get(shape);
  if (selection === undefined) {
    selection = Object.freeze({ columns, isWhole: columns.length === mapper.columns.length, shape });
    known.set(shape, selection);
  }
  return selection;
}
