import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from './instance-state.ts';
import { ABSENT } from './instance-state.ts';

type Compare = (entity: object, committed: readonly unknown[]) => boolean;

const comparers = new WeakMap<Mapper, Compare>();

/** Whether a column of a loaded object differs from its committed row. */
export function hasChangedColumns(state: InstanceState): boolean {
  if (state.committed === undefined) return false;
  if (state.guard !== undefined)
    return state.mapper.columns.some((column) => column.isMutable && hasChanged(state, column));
  if (state.absentCount > 0) return state.mapper.columns.some((column) => hasChanged(state, column));
  return comparerOf(state.mapper)(state.entity, state.committed);
}

/** The columns whose values differ from the committed row, in mapper order. */
export function changedColumns(state: InstanceState): ColumnProperty[] {
  if (!hasChangedColumns(state)) return [];
  return state.mapper.columns.filter((column) => hasChanged(state, column));
}

/** Whether one column differs from the committed row; false where it is not loaded. */
export function hasChanged(state: InstanceState, column: ColumnProperty): boolean {
  const committed = state.committed?.[column.index];
  if (committed === ABSENT && !Object.hasOwn(state.entity, column.property)) return false;
  const current = valueOf(state, column);
  return committed === ABSENT || !column.equals(current, committed);
}

/** The object's present value of a column; null when it has none. */
export function valueOf(state: InstanceState, column: ColumnProperty): unknown {
  const { entity, guard } = state;
  if (guard !== undefined) return guardedValue(guard.values[column.index]);
  if (!Object.hasOwn(entity, column.property)) return null;
  return (entity as Record<string, unknown>)[column.property] ?? null;
}

/** Whether the object was given no value for a column, not even null. */
export function isUnset(state: InstanceState, { property }: ColumnProperty): boolean {
  return (state.entity as Record<string, unknown>)[property] === undefined;
}

function guardedValue(value: unknown): unknown {
  return value === ABSENT ? null : (value ?? null);
}

/** Sets a column on the object as plain data, whether or not the property is there. */
export function assignColumn(state: InstanceState, column: ColumnProperty, value: unknown): void {
  (state.entity as Record<string, unknown>)[column.property] = value;
}

function comparerOf(mapper: Mapper): Compare {
  let compare = comparers.get(mapper);
  if (compare === undefined) comparers.set(mapper, (compare = generate(mapper) ?? interpret(mapper)));
  return compare;
}

/**
 * One expression over all columns, made for the mapper: a scan of a thousand objects costs microseconds.
 * Undefined where the runtime forbids making code.
 */
function generate(mapper: Mapper): Compare | undefined {
  const tests = mapper.columns.map(({ property, index, isMutable, isDeferred, type }) => {
    const current = `e[${JSON.stringify(property)}]`;
    const differs = `${current} !== r[${index}]`;
    const isPlain = !isMutable && PLAIN.has(type.name);
    const test = isPlain
      ? `(${differs} && (${current} ?? null) !== r[${index}])`
      : `(${differs} && !c[${index}].equals(${current}, r[${index}]))`;
    return isDeferred ? `(r[${index}] === absent ? hasOwn(e, ${JSON.stringify(property)}) : ${test})` : test;
  });
  try {
    const make = new Function('c', 'absent', 'hasOwn', `return (e, r) => ${tests.join(' || ')};`);
    return make(mapper.columns, ABSENT, Object.hasOwn) as Compare;
  } catch {
    return undefined;
  }
}

/** Types whose values are the same exactly when `===` says so. */
const PLAIN = new Set(['integer', 'text', 'varchar', 'boolean', 'date', 'enum']);

function interpret(mapper: Mapper): Compare {
  return (entity, committed) =>
    mapper.columns.some((column) => {
      const before = committed[column.index];
      if (before === ABSENT) return Object.hasOwn(entity, column.property);
      return !column.equals((entity as Record<string, unknown>)[column.property], before);
    });
}
