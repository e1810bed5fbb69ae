import type { Expression } from 'kysely';

import type { ColumnBuilder } from '../mapping/column-builder.ts';
import { Hybrid } from '../mapping/hybrid-builder.ts';

/** The columns that a hybrid attribute is made of, as SQL. */
export type ColumnExpressions<U> = { readonly [K in keyof U]: Expression<U[K]> };

/**
 * An attribute that is computed, in memory from the object and in a query from its row: usable in `where`, `orderBy` and free
 * expressions like a column. It is not stored, not selected and not part of JSON.
 *
 * @param compute - its value, from the attributes that its parameter names.
 * @param build - the same in SQL, from the columns of these names; other hybrids among them.
 * @example
 * class User extends Model('users', {
 *   id: t.serial().primaryKey(),
 *   first: t.text(),
 *   last: t.text(),
 *   fullName: hybrid(
 *     (user: { first: string; last: string }) => `${user.first} ${user.last}`,
 *     (it) => sql`${it.first} || ' ' || ${it.last}`,
 *   ),
 * }) {}
 * await session.find(User).where('fullName', '=', 'Ada Lovelace');
 * // select … from "users" where "first" || ' ' || "last" = $1
 */
export function hybrid<U extends object, V>(
  compute: (object: U) => V,
  build: (it: ColumnExpressions<U>) => Expression<unknown>,
): ColumnBuilder<V, 'generated'>;
export function hybrid(compute: (object: never) => unknown, build: (it: never) => unknown): unknown {
  return new Hybrid({ compute, build });
}
