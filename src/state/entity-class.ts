import { ObjectDeletedError } from '../errors/session-errors.ts';
import {
  DetachedInstanceError,
  ExpiredAttributeError,
  NotLoadedError,
  UnknownAttributeError,
} from '../errors/state-errors.ts';
import { mapperOf } from '../mapping/configure.ts';
import type { ColumnProperty, Mapper, ModelClass, Relationship } from '../mapping/mapper.ts';
import type { ModelOptions } from '../mapping/model-options.ts';
import { rememberModelOptions } from '../mapping/model-options.ts';
import { shapeNames } from '../mapping/shape-names.ts';
import { liftGuard } from './column-guard.ts';
import { Entity, requireState, stateOf } from './entity.ts';
import { ABSENT, InstanceState } from './instance-state.ts';
import { readRelated, writeRelated } from './related-access.ts';
import { ownToObject, toJSON } from './serialize.ts';

/** True while objects are made from rows: constructors then leave columns and defaults alone. */
let hydrating = false;

/** Makes an object for a row, running the class's own constructor so that its private fields exist. */
export function constructBare(model: ModelClass): object {
  const outer = hydrating;
  hydrating = true;
  try {
    return new model(undefined) as object;
  } finally {
    hydrating = outer;
  }
}

/**
 * The class behind `Model(table, shape)`: columns are own, enumerable, plain properties; relationships are accessors on
 * the prototype; one private slot holds the state.
 */
export function buildEntityClass(table: string, shape: object, options?: ModelOptions): ModelClass {
  const { columns, eager, relationships } = shapeNames(shape);
  const model = withFields(eager, initialise);
  const prototype = model.prototype as object;
  for (const property of columns) defineAbsentColumn(prototype, property);
  for (const property of relationships) defineRelationship(prototype, property);
  defineMethod(prototype, 'toJSON', toJSON);
  defineMethod(prototype, 'toObject', ownToObject);
  const mapped = Object.assign(model, { table, shape }) as unknown as ModelClass;
  if (options !== undefined) rememberModelOptions(mapped, options);
  return mapped;
}

type EntityConstructor = new (init: unknown) => Entity;
type Initialise = (entity: Entity, init: unknown, model: unknown) => void;

/** Own fields in declaration order give every object of a class one hidden shape from the start. */
function withFields(columns: readonly string[], start: Initialise): EntityConstructor {
  const fields = columns.map((property) => `[${JSON.stringify(property)}];`).join(' ');
  const source = `return class extends Entity { ${fields} constructor(init) { super(); start(this, init, new.target); } };`;
  try {
    return new Function('Entity', 'start', source)(Entity, start) as EntityConstructor;
  } catch {
    return withDefinedProperties(columns, start);
  }
}

/** The same where the runtime forbids making code. */
function withDefinedProperties(columns: readonly string[], start: Initialise): EntityConstructor {
  return class extends Entity {
    constructor(init: unknown) {
      super();
      for (const property of columns) defineColumn(this, property, undefined);
      start(this, init, new.target);
    }
  };
}

function initialise(entity: Entity, init: unknown, model: unknown): void {
  const mapper = mapperOf(model as ModelClass);
  const state = new InstanceState(mapper, entity);
  Entity.setState(entity, state);
  const isFromRow = hydrating;
  // For this object alone: the constructors behind it may make others.
  hydrating = false;
  if (isFromRow) return;
  state.isBorn = true;
  const given = (init ?? {}) as Record<string, unknown>;
  refuseUnknown(mapper, given);
  for (const column of mapper.columns) {
    const value = given[column.property];
    if (value !== undefined) defineColumn(entity, column.property, value);
    else if (column.makeDefault !== undefined) fillColumn(state, column, column.makeDefault());
  }
  for (const relationship of mapper.relationships) {
    const value = given[relationship.property];
    if (value !== undefined) writeRelated(state, relationship, value);
  }
}

function fillColumn(state: InstanceState, column: ColumnProperty, value: unknown): void {
  defineColumn(state.entity, column.property, value);
  state.filled ??= new Map();
  state.filled.set(column, column.copy(value));
}

function refuseUnknown(mapper: Mapper, given: Record<string, unknown>): void {
  for (const name of Object.keys(given)) {
    if (!mapper.attributes.has(name)) throw UnknownAttributeError.of(mapper.name, name, [...mapper.attributes.keys()]);
  }
}

function defineColumn(entity: object, property: string, value: unknown): void {
  Object.defineProperty(entity, property, { value, writable: true, enumerable: true, configurable: true });
}

function defineMethod(prototype: object, name: string, value: Function): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

/**
 * What is behind a column: nothing reads it while the object has the property. It answers when the property is absent,
 * because the column expired or was not loaded, and turns an assignment back into plain data.
 */
function defineAbsentColumn(prototype: object, property: string): void {
  Object.defineProperty(prototype, property, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      const state = stateOf(this);
      return state?.key === undefined ? undefined : absentValue(state, property);
    },
    set(this: object, value: unknown) {
      const state = stateOf(this);
      if (state !== undefined) liftGuard(state);
      defineColumn(this, property, value);
    },
  });
}

/**
 * A property that the program deleted is just undefined, as is a deferred column that was never set before its row was
 * written; anything else needs the database.
 */
function absentValue(state: InstanceState, property: string): undefined {
  const column = state.mapper.attributes.get(property);
  if (column?.kind !== 'column' || state.committed?.[column.index] !== ABSENT) return undefined;
  if (state.owner === undefined) {
    if (column.isDeferred) throw DetachedInstanceError.deferredLoad(String(state), property);
    throw DetachedInstanceError.attributeRefresh(String(state), property);
  }
  if (state.wasDeleted) throw ObjectDeletedError.of(String(state));
  if (column.isDeferred) throw NotLoadedError.deferred(String(state), property);
  throw ExpiredAttributeError.for(String(state), property);
}

function defineRelationship(prototype: object, property: string): void {
  Object.defineProperty(prototype, property, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      const state = stateOf(this);
      return state === undefined ? undefined : readRelated(state, relationshipOf(state, property));
    },
    set(this: object, value: unknown) {
      const state = requireState(this);
      writeRelated(state, relationshipOf(state, property), value);
    },
  });
}

function relationshipOf(state: InstanceState, property: string): Relationship {
  return state.mapper.attributes.get(property) as Relationship;
}
