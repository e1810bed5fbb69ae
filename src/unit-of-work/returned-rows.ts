import type { Codec } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { BulkRow } from './bulk-rows.ts';
import { isExact, keyText, keyTextOf } from './key-text.ts';

/** How the rows that a statement returns are told apart, so that they can be put into the order of those it was given. */
export type Matching = { readonly by: 'values' | 'number'; readonly columns: readonly ColumnProperty[] } | undefined;

/**
 * By the values of `keys`, or by the numbers that the database gave, which it counts up in row order. Undefined when
 * neither tells rows apart: they must go one by one.
 */
export function matchingBy(keys: readonly ColumnProperty[], given: readonly ColumnProperty[]): Matching {
  if (keys.every((column) => given.includes(column) && isExact(column.type))) return { by: 'values', columns: keys };
  const [only] = keys;
  return keys.length === 1 && only?.column.autoIncrement === true ? { by: 'number', columns: keys } : undefined;
}

/** The primary key of rows whose given columns are `given`. */
export function matchingByKey(mapper: Mapper, given: readonly ColumnProperty[]): Matching {
  return matchingBy(mapper.primaryKey, given);
}

/** The decoded full row of each given row, in their order; undefined for those that did not come back. */
export function inGivenOrder(
  matching: Matching,
  codecs: readonly Codec[],
  { rows, answers }: Exchange,
): (unknown[] | undefined)[] {
  if (matching === undefined) return [answers[0]];
  const { columns } = matching;
  if (matching.by === 'number') return sortedBy(columns[0], answers);
  const byKey = new Map(answers.map((answer) => [keyTextOf(codecs, columns, answer), answer]));
  return rows.map(({ encoded }) => byKey.get(keyText(columns.map(({ index }) => encoded[index]))));
}

/** What went out and what came back, decoded. */
interface Exchange {
  readonly rows: readonly BulkRow[];
  readonly answers: unknown[][];
}

function sortedBy(column: ColumnProperty | undefined, answers: unknown[][]): unknown[][] {
  const at = column?.index ?? 0;
  return answers.sort((left, right) => (Number(left[at]) < Number(right[at]) ? -1 : 1));
}
