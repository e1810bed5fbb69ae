import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfValues } from '../state/identity-key.ts';

/** What is needed to tell the answers of one INSERT apart. */
export interface AnswerKeys {
  /** The columns of an answer. */
  readonly returning: readonly ColumnProperty[];
  /** The primary key that each row was given, in row order. */
  readonly given: readonly (readonly unknown[])[];
  /** The part of the key that the database counted up in row order, if it did. */
  readonly generated: ColumnProperty | undefined;
}

/**
 * Puts answers, which may come in any order, into the order of the rows: by the number that the database gave them, or by
 * the key that they were given. Pure.
 *
 * @returns by row its answer; undefined for a row that no answer names.
 */
export function answersInOrder(mapper: Mapper, answers: unknown[][], keys: AnswerKeys): (unknown[] | undefined)[] {
  const { returning, given, generated } = keys;
  if (answers.length < 2) return answers;
  if (generated !== undefined) {
    const at = returning.indexOf(generated);
    return answers.sort((left, right) => ((left[at] as number) < (right[at] as number) ? -1 : 1));
  }
  const byKey = new Map(
    answers.map((answer) => [
      keyOf(
        mapper,
        mapper.primaryKey.map((column) => answer[returning.indexOf(column)]),
      ),
      answer,
    ]),
  );
  return given.map((key) => byKey.get(keyOf(mapper, key)));
}

/** Types whose values come back as they were given, so that an answer can be told by its key. */
const EXACT = new Set(['integer', 'bigint', 'text', 'varchar', 'boolean', 'uuid', 'enum']);

export function isExact({ type }: ColumnProperty): boolean {
  return EXACT.has(type.name);
}

function keyOf(mapper: Mapper, values: readonly unknown[]): unknown {
  return keyOfValues(values.map((value, at) => inOneForm(mapper.primaryKey[at], value)));
}

/** Databases write UUIDs in lower case, and integers as numbers, whatever they were given. */
function inOneForm(column: ColumnProperty | undefined, value: unknown): unknown {
  switch (column?.type.name) {
    case 'uuid':
      return String(value).toLowerCase();
    case 'integer':
    case 'bigint':
      return String(value);
    default:
      return value;
  }
}
