import { SerializationError } from '../errors/state-errors.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import { Collection } from './collection.ts';
import { requireState, stateOf } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { UNLOADED } from './instance-state.ts';
import { knownRelated, reconcileTouched } from './related.ts';

/** A mapped object as plain data. */
export type PlainObject = Record<string, unknown>;

export interface ToObjectOptions {
  /** How many relationships to follow, one after the other: 0 gives the columns alone. Default: all that were asked for. */
  readonly depth?: number;
}

/** Objects that an outer call is inside of: a relationship back to one of them is left out. */
const path: InstanceState[] = [];

/**
 * `JSON.stringify(object)`: the columns and the relationships that the program asked for. Never loads anything; a circle is
 * cut where it would come back to an object that encloses it.
 */
export function toJSON(this: object): PlainObject {
  return plain(this, {
    value: (value) => jsonValue(value),
    isWhole: (value) => 'toJSON' in value,
    related: (entity) => asWritten(entity).toJSON(),
  });
}

/**
 * An object as plain data: its columns, and the relationships that were asked for as plain data too. Runs no SQL, and works on
 * objects of any state; values that can change in place are copied. What was not asked for, is not loaded or leads back to an
 * enclosing object is left out.
 *
 * @throws {UnmappedInstanceError} MAPPING_UNMAPPED_INSTANCE @throws {SerializationError} STATE_BAD_DEPTH
 * @example toObject(order, { depth: 1 }) // { id: 7, placedAt: Date, lines: [{ id: 1, … }, …] }
 */
export function toObject(object: object, { depth = Infinity }: ToObjectOptions = {}): PlainObject {
  if (typeof depth !== 'number' || depth < 0 || (depth !== Infinity && !Number.isInteger(depth)))
    throw SerializationError.depth();
  requireState(object);
  const deeper = { depth: depth - 1 };
  const related = (entity: object): unknown => asWritten(entity).toObject(deeper);
  return plain(object, { value: copyOf, isWhole: () => false, related: depth === 0 ? undefined : related });
}

/** `toObject` as every object has it. */
export function ownToObject(this: object, options?: ToObjectOptions): PlainObject {
  return toObject(this, options);
}

/** What becomes of an object's parts. */
interface Form {
  readonly value: (value: unknown, column: ColumnProperty | undefined) => unknown;
  /** Whether an embedded value has a form of its own. */
  readonly isWhole: (value: object) => boolean;
  /** Undefined: leave relationships out. */
  readonly related: ((entity: object) => unknown) | undefined;
}

function plain(entity: object, form: Form): PlainObject {
  reconcileTouched();
  const state = stateOf(entity);
  // A prototype is asked too, by whoever looks for what an object can do.
  if (state === undefined) return { ...entity };
  const made: PlainObject = {};
  for (const [property, own] of Object.entries(entity))
    if (own !== undefined) made[property] = ownValue(state, property, form);
  if (form.related !== undefined) addRelated(state, made, form.related);
  return made;
}

/** An embedded value is made of columns, each of which has its form. */
function ownValue({ mapper, entity }: InstanceState, property: string, { value, isWhole }: Form): unknown {
  const own: unknown = Reflect.get(entity, property);
  const attribute = mapper.attributes.get(property);
  if (attribute?.kind === 'column') return value(own, attribute);
  const members = mapper.columns.filter(({ embedded }) => embedded?.property === property);
  if (members.length === 0 || typeof own !== 'object' || own === null || isWhole(own)) return value(own, undefined);
  return Object.fromEntries(
    members.flatMap((column) => {
      const name = column.embedded?.member ?? '';
      const member: unknown = Reflect.get(own, name);
      return member === undefined ? [] : [[name, value(member, column)]];
    }),
  );
}

function addRelated(state: InstanceState, made: PlainObject, form: (entity: object) => unknown): void {
  path.push(state);
  try {
    for (const relationship of state.mapper.relationships) {
      if (!state.asked.has(relationship.property)) continue;
      const value = knownRelated(state, relationship);
      if (value !== UNLOADED && !encloses(value)) made[relationship.property] = relatedForm(value, form);
    }
  } finally {
    path.pop();
  }
}

function relatedForm(value: object | null, form: (entity: object) => unknown): unknown {
  if (value instanceof Collection) {
    const { byKey, items } = value;
    if (byKey === undefined) return items.map(form);
    return Object.fromEntries(Array.from(byKey, ([key, member]) => [String(key), form(member)]));
  }
  return value === null ? null : form(value);
}

interface Serializing {
  toJSON(): unknown;
  toObject(options: ToObjectOptions): unknown;
}

/** An object by its own methods: its class may have replaced the library's. */
function asWritten(entity: object): Serializing {
  return entity as Serializing;
}

/** What JSON has no form for becomes text: a bigint its digits, bytes base64. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return Array.isArray(value) ? value.map(jsonValue) : value;
}

function copyOf(value: unknown, column: ColumnProperty | undefined): unknown {
  return column === undefined ? value : column.copy(value);
}

/** A collection that holds an enclosing object is left out whole: a part of it would look like all of it. */
function encloses(value: unknown): boolean {
  if (value instanceof Collection) return value.items.some(encloses);
  const state = stateOf(value);
  return state !== undefined && path.includes(state);
}
