import type { ModelClass } from '../mapping/mapper.ts';
import type { ColumnName, ShapeOf } from './model-types.ts';
import type { ColumnValue } from './path-types.ts';

type Declared<S, K extends keyof S> = S[K] extends { readonly '~types': infer T } ? T : never;

/** Columns that a row must give: neither null nor a default stands for them. */
type NeededName<S> = { [K in ColumnName<S>]: Declared<S, K> extends { need: 'required' } ? K : never }[ColumnName<S>];

type KeyName<S> = { [K in ColumnName<S>]: Declared<S, K> extends { key: true } ? K : never }[ColumnName<S>];

type RowOf<S, Needed extends ColumnName<S>> = { readonly [K in Needed]: ColumnValue<S, K> } & {
  readonly [K in Exclude<ColumnName<S>, Needed>]?: ColumnValue<S, K> | undefined;
};

/** A plain row to insert: what the constructor takes, without relationships. */
export type NewRow<C extends ModelClass> = RowOf<ShapeOf<C>, NeededName<ShapeOf<C>>>;

/** A plain row that names an existing one by its primary key, and the columns to change. */
export type ChangedRow<C extends ModelClass> = RowOf<ShapeOf<C>, KeyName<ShapeOf<C>>>;

/** The columns of a model, by property. */
export type ColumnOf<C extends ModelClass> = ColumnName<ShapeOf<C>>;
