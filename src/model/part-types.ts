import type { ModelClass } from '../mapping/mapper.ts';
import type { ColumnName, InstanceOf, ShapeOf } from './model-types.ts';

declare const notRead: unique symbol;

/** What a column is that a query left out: nothing to be read, and a name that says what to do. */
export interface NotRead<K extends string> {
  readonly [notRead]: `'${K}' was left out: name it in columns('${K}'), or session.load(object, '${K}')`;
}

/** The columns of `S` that make its primary key. */
type KeyName<S> = {
  [K in ColumnName<S>]: S[K] extends { readonly '~types': { readonly key: true } } ? K : never;
}[ColumnName<S>];

/** The columns of a model that a query for `K` leaves out. */
type LeftOut<C extends ModelClass, K extends string> = Exclude<ColumnName<ShapeOf<C>>, K | KeyName<ShapeOf<C>>>;

/**
 * An object of which only the columns `K`, and the primary key, were read. Methods and relationships are there; a
 * method that uses a column which is not says so when it is called.
 */
export type PartOf<C extends ModelClass, K extends string, E = InstanceOf<C>> = Omit<E, LeftOut<C, K>> & {
  readonly [N in LeftOut<C, K>]: NotRead<N>;
};
