import { kindsOf, ownColumns } from '../mapping/hierarchy.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { LruMap } from '../util/lru-map.ts';

/**
 * Which columns a SELECT reads: those of a mapper, in its order, and those of its subclasses. The same columns are always the
 * same object.
 */
export interface ColumnSelection {
  readonly columns: readonly ColumnProperty[];
  /** Every column of the mapper and nothing else: a row as it comes is a full row. */
  readonly isWhole: boolean;
  /** Columns may be missing that are not deferred. */
  readonly isNarrow: boolean;
  /** Tells selections of one mapper apart. */
  readonly shape: string;
}

const SELECTIONS_PER_MAPPER = 100;
const defaults = new WeakMap<Mapper, { readonly kinds: number; readonly selection: ColumnSelection }>();
const selections = new WeakMap<Mapper, LruMap<string, ColumnSelection>>();

/** What is read when nothing else is said: all but deferred columns, and those of `undeferred`. */
export function defaultSelection(mapper: Mapper, undeferred?: ReadonlySet<ColumnProperty>): ColumnSelection {
  if (undeferred !== undefined && undeferred.size > 0)
    return selectionOf(mapper, familyColumns(mapper), (column) => !column.isDeferred || undeferred.has(column));
  const kinds = mapper.inheritance?.family.members.length ?? 1;
  const known = defaults.get(mapper);
  // A family may have grown since.
  if (known?.kinds === kinds) return known.selection;
  const selection = selectionOf(mapper, familyColumns(mapper), (column) => !column.isDeferred);
  defaults.set(mapper, { kinds, selection });
  return selection;
}

/** The columns that a query reads. */
export function columnsOf({ mapper, selection }: Selecting): readonly ColumnProperty[] {
  return (selection ?? defaultSelection(mapper)).columns;
}

interface Selecting {
  readonly mapper: Mapper;
  readonly selection: ColumnSelection | undefined;
}

/** Every column of one class: rows that a write returned. */
export function wholeSelection(mapper: Mapper): ColumnSelection {
  return mapper.deferred.length === 0 && mapper.inheritance === undefined
    ? defaultSelection(mapper)
    : selectionOf(mapper, mapper.columns, () => true);
}

/** The primary key and the given columns, and what tells whose a row is, and which version of it. */
export function narrowSelection(mapper: Mapper, columns: ReadonlySet<ColumnProperty>): ColumnSelection {
  const discriminator = mapper.inheritance?.family.discriminator;
  return selectionOf(
    mapper,
    mapper.columns,
    (column) => column.isPrimaryKey || column === discriminator || column === mapper.version || columns.has(column),
  );
}

/** The columns that somebody else's rows have, and which are missing that no row can do without. */
export function givenSelection(
  mapper: Mapper,
  isGiven: (column: ColumnProperty) => boolean,
): { readonly selection: ColumnSelection; readonly missing: readonly ColumnProperty[] } {
  const selection = selectionOf(mapper, familyColumns(mapper), isGiven);
  const needed = narrowSelection(mapper, new Set()).columns;
  return { selection, missing: needed.filter((column) => !selection.columns.includes(column)) };
}

/** A selection and some columns more; undefined: the default one, when it has them all. */
export function withColumns(
  mapper: Mapper,
  selection: ColumnSelection | undefined,
  columns: readonly ColumnProperty[],
): ColumnSelection | undefined {
  const selected = new Set((selection ?? defaultSelection(mapper)).columns);
  if (columns.every((column) => selected.has(column))) return selection;
  return selectionOf(mapper, familyColumns(mapper), (column) => selected.has(column) || columns.includes(column));
}

/** The columns of a class and of its subclasses, for rows that may be of any of them. */
function familyColumns(mapper: Mapper): readonly ColumnProperty[] {
  const [, ...subclasses] = kindsOf(mapper);
  return subclasses.length === 0 ? mapper.columns : [...mapper.columns, ...subclasses.flatMap(ownColumns)];
}

function selectionOf(
  mapper: Mapper,
  choice: readonly ColumnProperty[],
  isSelected: (column: ColumnProperty) => boolean,
): ColumnSelection {
  const columns = choice.filter(isSelected);
  const isOwn = choice === mapper.columns;
  // Two subclasses may have columns at one position.
  const shape = columns.map(({ index, column }) => (isOwn ? index : column.name)).join();
  let known = selections.get(mapper);
  if (known === undefined) selections.set(mapper, (known = new LruMap(SELECTIONS_PER_MAPPER)));
  let selection = known.get(shape);
  if (selection === undefined) {
    const isWhole = isOwn && columns.length === mapper.columns.length;
    selection = Object.freeze({ columns, isWhole, isNarrow: isNarrowed(mapper, columns), shape });
    known.set(shape, selection);
  }
  return selection;
}

function isNarrowed(mapper: Mapper, columns: readonly ColumnProperty[]): boolean {
  const selected = new Set(columns);
  return familyColumns(mapper).some((column) => !column.isDeferred && !selected.has(column));
}
