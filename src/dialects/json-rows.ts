import type { AliasableExpression, Expression } from 'kysely';

import type { ColumnType } from '../sql/column-type.ts';

/** How values of one column type travel inside JSON. Neither side sees null. */
export interface JsonElement {
  /** SQL for the element that stands for a column; undefined: the column as it is. A null column gives null. */
  readonly write: ((column: Expression<unknown>) => Expression<unknown>) | undefined;
  /** The element, as the program knows the value. */
  read(element: unknown): unknown;
}

/** How a database puts many rows into one JSON text: an array of arrays, so that no name is sent twice. */
export interface JsonRows {
  element(type: ColumnType): JsonElement;
  /** Most elements that one array takes. */
  readonly maxElements: number;
  /** One row. */
  row(elements: readonly Expression<unknown>[]): Expression<unknown>;
  /** All rows as one text, in the order of a column; null for none. */
  rows(row: Expression<unknown>, order: Expression<unknown>): AliasableExpression<unknown>;
}

/** An element that is the value, or that `read` makes it of. */
export function plain(read: (element: unknown) => unknown): JsonElement {
  return { write: undefined, read };
}

/** A custom type travels as the type that it is stored as. */
export function customElement({ codec }: ColumnType, stored: JsonElement): JsonElement {
  return codec === undefined ? stored : { write: stored.write, read: (element) => codec.decode(stored.read(element)) };
}
