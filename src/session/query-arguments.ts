import { columnNames } from '../mapping/embedded-members.ts';
import { isTag } from '../engine/tagged.ts';
import { QueryArgumentError } from '../errors/session-errors.ts';
import type { LoadStrategy } from '../loading/query-spec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { ownColumn, unknownColumn } from './attribute-paths.ts';

const STRATEGIES: readonly LoadStrategy[] = ['selectin', 'joined', 'json'];

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - there is no such strategy. */
export function strategyOf(name: LoadStrategy): LoadStrategy {
  if (STRATEGIES.includes(name)) return name;
  throw QueryArgumentError.of('strategy', `there is no strategy '${name}'`, `Use one of: ${STRATEGIES.join(', ')}.`);
}

/** Columns by name. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown one. */
export function namedColumns(mapper: Mapper, call: string, names: readonly string[]): ColumnProperty[] {
  const columns = names.flatMap((name) => columnNames(mapper, name));
  return columns.map((name) => {
    const column = ownColumn(mapper, name);
    if (column === undefined) throw unknownColumn(mapper, call, name);
    return column;
  });
}

/** The deferred columns of a group. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - there is none. */
export function groupColumns(mapper: Mapper, group: string): ColumnProperty[] {
  const columns = mapper.deferred.filter((column) => column.deferredGroup === group);
  if (columns.length > 0) return columns;
  const known = [...new Set(mapper.deferred.map((column) => column.deferredGroup ?? ''))].filter((name) => name !== '');
  throw QueryArgumentError.of(
    'undeferGroup',
    `${mapper.name} has no group '${group}' of deferred columns`,
    known.length === 0
      ? "Name one where the column is declared: deferred('texts')."
      : `Use one of: ${known.join(', ')}.`,
  );
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - a text that cannot stand in a comment. */
export function requireTags(tags: readonly string[]): readonly string[] {
  if (tags.every(isTag)) return tags;
  throw QueryArgumentError.of(
    'tag',
    'a tag is empty, longer than 200 characters, or has comment marks or control characters in it',
    "Write a word or two, such as tag('nightly report').",
  );
}

export function wholeNumber(call: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw QueryArgumentError.of(call, 'needs a whole number from 0 on', `Write ${call}(10).`);
}
