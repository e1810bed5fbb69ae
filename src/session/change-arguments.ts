import { columnValues } from '../mapping/embedded-members.ts';
import { isExpression, isOperationNodeSource } from 'kysely';

import type { Codec, Dialect } from '../dialects/dialect.ts';
import { QueryArgumentError } from '../errors/session-errors.ts';
import type { QuerySpec } from '../loading/query-spec.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import { wrongValue } from '../unit-of-work/bulk-rows.ts';
import { versionStep } from '../unit-of-work/bulk-versions.ts';
import type { Change } from '../unit-of-work/where-statements.ts';
import type { Synchronize } from '../unit-of-work/write-where.ts';

/** How `update` and `delete` of a query behave. */
export interface WhereOptions {
  /**
   * How objects that the session holds follow. `'auto'`: they are found in memory where that is sure, else by the keys that
   * the statement returns. `'evaluate'` and `'fetch'` insist on one of the two; false leaves the objects as they are.
   */
  readonly synchronize?: Synchronize;
}

const SYNCHRONIZE = new Set<unknown>(['auto', 'evaluate', 'fetch', false]);

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown option. */
export function synchronizeOf(call: string, { synchronize = 'auto' }: WhereOptions): Synchronize {
  if (SYNCHRONIZE.has(synchronize)) return synchronize;
  throw QueryArgumentError.of(call, 'synchronize is none that it knows', "Say 'auto', 'evaluate', 'fetch' or false.");
}

/** What a set-based write cannot honour must not be lost without a word. */
export function refuseSlices(call: string, spec: QuerySpec): void {
  const parts: [given: boolean, name: string][] = [
    [spec.paths.size > 0, 'with()'],
    [spec.orderings.length > 0, 'orderBy()'],
    [spec.limit !== undefined || spec.offset !== undefined, 'limit() or offset()'],
    [spec.overwrite, 'populateExisting()'],
    [spec.alterations !== undefined, 'using()'],
  ];
  const part = parts.find(([given]) => given)?.[1];
  if (part === undefined) return;
  const cure = "Leave it out; to slice, ask for the keys first and use where('id', 'in', keys).";
  throw QueryArgumentError.of(call, `cannot be used after ${part}: it writes all rows that meet the conditions`, cure);
}

/**
 * The columns to set, with their values or expressions.
 *
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - no column, an unknown one, a value that it cannot have.
 */
export function toChanges(dialect: Dialect, mapper: Mapper, changes: object): Change[] {
  const entries = Object.entries(changes).flatMap(([name, value]) => columnValues(mapper, name, value));
  if (entries.length === 0) throw refused(mapper, 'names no column', 'Name the columns to set.');
  const codecs = codecsOf(dialect, mapper);
  const change = (column: ColumnProperty, value: unknown): Change =>
    toChange(mapper, column, { value, codec: codecs[column.index] });
  const set = entries.map(([name, value]) => change(columnOf(mapper, name), value));
  return [...set, ...nextVersion(mapper, set, change)];
}

/** Rows that change get another version, so that whoever read them before finds out. */
function nextVersion(
  mapper: Mapper,
  set: readonly Change[],
  change: (column: ColumnProperty, value: unknown) => Change,
): Change[] {
  const { version } = mapper;
  const step = versionStep(
    mapper,
    set.map(({ column }) => column),
  );
  if (step === 'none' || version === undefined) return [];
  if (step === 'fresh') return [change(version, version.nextVersion?.(null))];
  if (step === 'count') return [change(version, (eb: Counter) => eb(version.property, '+', eb.lit(1)))];
  throw refused(
    mapper,
    `the version '${version.property}' is made from the one before`,
    `Set '${version.property}' too.`,
  );
}

/** What it takes of Kysely's expression builder to add one. */
interface Counter {
  (column: string, operator: '+', value: unknown): unknown;
  lit(value: number): unknown;
}

function toChange(mapper: Mapper, column: ColumnProperty, { value, codec }: Given): Change {
  if (!column.isWritable) throw refused(mapper, `'${column.property}' is computed by the database`, 'Leave it out.');
  if (column === mapper.inheritance?.family.discriminator)
    throw refused(mapper, `'${column.property}' says of which class a row is`, 'Leave it out.');
  if (value instanceof SqlExpression) return { kind: 'expression', column, build: (eb: unknown) => value.build(eb) };
  if (typeof value === 'function' || isExpression(value) || isOperationNodeSource(value)) {
    return { kind: 'expression', column, build: value };
  }
  if (value === undefined) {
    throw refused(mapper, `the value for '${column.property}' is undefined`, 'Pass null, or leave it out.');
  }
  if (value === null && !column.column.nullable) {
    throw refused(mapper, `'${column.property}' cannot be null`, 'Give it a value.');
  }
  try {
    return { kind: 'value', column, value, encoded: value === null ? null : codec?.encode(value) };
  } catch (error) {
    throw refused(mapper, `has ${wrongValue(column, error)}`, 'Correct the value.');
  }
}

interface Given {
  readonly value: unknown;
  readonly codec: Codec | undefined;
}

function columnOf(mapper: Mapper, name: string): ColumnProperty {
  const attribute = mapper.attributes.get(name);
  if (attribute?.kind === 'column') return attribute;
  const names = mapper.columns.map(({ property }) => property).join(', ');
  throw refused(mapper, `${mapper.name} has no column '${name}'`, `Use one of: ${names}.`);
}

/** Held objects are known by their keys, of which a statement tells only the new ones. */
export function refuseKeyChange(mapper: Mapper, changes: readonly Change[], synchronize: Synchronize): void {
  const key = changes.find(({ column }) => column.isPrimaryKey)?.column.property;
  if (key === undefined || synchronize === false) return;
  const cure = 'Set it on the object and flush, or say synchronize: false and keep no such objects.';
  throw refused(mapper, `'${key}' is part of the primary key, by which objects are known`, cure);
}

function refused(mapper: Mapper, problem: string, cure: string): QueryArgumentError {
  return QueryArgumentError.of(`update(${mapper.name})`, problem, cure);
}
