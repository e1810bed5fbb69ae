import { ObjectDeletedError } from '../errors/session-errors.ts';
import { NoIdentityError, DiscriminatorError } from '../errors/family-errors.ts';
import {
  DetachedInstanceError,
  ExpiredAttributeError,
  NotLoadedError,
  UnknownAttributeError,
} from '../errors/state-errors.ts';
import { mapperOf } from '../mapping/configure.ts';
import { kindsOf, lineageOf, ownColumns, ownRelationships } from '../mapping/hierarchy.ts';
import { rootOf } from '../mapping/mapped-class.ts';
import type { ColumnProperty, Identity, Inheritance, Mapper, ModelClass, Relationship } from '../mapping/mapper.ts';
import type { ModelOptions, SubmodelOptions } from '../mapping/model-options.ts';
import { rememberModelOptions } from '../mapping/model-options.ts';
import { rememberSubmodel } from '../mapping/submodel-options.ts';
import type { ViaDefinition } from '../mapping/via-builder.ts';
import { shapeNames } from '../mapping/shape-names.ts';
import { wasReadInPart } from './absent.ts';
import { liftGuard } from './column-guard.ts';
import { defineData } from './define-data.ts';
import { EmbeddedValue } from './embedded-value.ts';
import { Entity, requireState, stateOf } from './entity.ts';
import { ABSENT, InstanceState } from './instance-state.ts';
import { readRelated, writeRelated } from './related-access.ts';
import { ownToObject, toJSON } from './serialize.ts';
import type { ViaOf } from './via-view.ts';
import { readVia, writeVia } from './via-view.ts';

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
  const model = withFields(shape, { parent: Entity, start: initialise });
  defineMethod(model, 'toJSON', toJSON);
  defineMethod(model, 'toObject', ownToObject);
  const mapped = Object.assign(model, { table, shape }) as unknown as ModelClass;
  if (options !== undefined) rememberModelOptions(mapped, options);
  return mapped;
}

/** The class behind `Submodel(parent, …)`: one that extends the parent, with properties of its own. */
export function buildSubclass(
  parent: ModelClass,
  { identity, shape }: { readonly identity: Identity; readonly shape: object },
  options: SubmodelOptions = {},
): ModelClass {
  const model: EntityConstructor = withFields(shape, {
    parent,
    start: (entity, init) => initialiseOwn(entity, init, model),
  });
  const whole = Object.defineProperties({}, Object.getOwnPropertyDescriptors(parent.shape));
  Object.defineProperties(whole, Object.getOwnPropertyDescriptors(shape));
  const { table } = options;
  const mapped = Object.assign(model, { table: table ?? parent.table, shape: whole }) as unknown as ModelClass;
  rememberSubmodel(mapped, { parent, identity, shape, table });
  rememberModelOptions(mapped, options);
  return mapped;
}

type EntityConstructor = new (init: unknown) => Entity;

/** What a class extends, and what its constructor does once its fields are there. */
interface Making {
  readonly parent: EntityConstructor;
  readonly start: (entity: Entity, init: unknown, model: unknown) => void;
}

/** A class with the attributes of a shape. */
function withFields(shape: object, making: Making): EntityConstructor {
  const { columns, eager, relationships, embedded, vias, hybrids } = shapeNames(shape);
  const values = Array.from(embedded, ([property, definition]) => new EmbeddedValue(property, definition));
  const whole = values.length === 0 ? making : withValues(making, values);
  const model = withDeclaredFields(eager, whole) ?? withDefinedProperties(eager, whole);
  const prototype: object = model.prototype;
  for (const property of columns) defineAbsentColumn(prototype, property);
  for (const property of relationships) defineRelationship(prototype, property);
  for (const value of values) defineAbsentValue(prototype, value);
  for (const [property, definition] of vias) defineVia(prototype, property, definition);
  for (const [property, { compute }] of hybrids) defineComputed(prototype, property, compute);
  return model;
}

/** What is given of embedded values comes after the rest: their members are properties of the object by then. */
function withValues({ parent, start }: Making, values: readonly EmbeddedValue[]): Making {
  return {
    parent,
    start(entity, init, model) {
      for (const { descriptors } of values) Object.defineProperties(entity, descriptors);
      start(entity, init, model);
      if (!requireState(entity).isBorn) return;
      const given = givenIn(init);
      for (const value of values) if (given[value.property] !== undefined) value.give(entity, given[value.property]);
    },
  };
}

/**
 * Own fields in declaration order give every object of a class one hidden shape from the start. Undefined where the runtime
 * forbids making code.
 */
function withDeclaredFields(columns: readonly string[], { parent, start }: Making): EntityConstructor | undefined {
  const fields = columns.map((property) => `[${JSON.stringify(property)}];`).join(' ');
  const source = `return class extends Parent { ${fields} constructor(init) { super(init); start(this, init, new.target); } };`;
  try {
    return new Function('Parent', 'start', source)(parent, start) as EntityConstructor;
  } catch {
    return undefined;
  }
}

function withDefinedProperties(columns: readonly string[], { parent, start }: Making): EntityConstructor {
  return class extends parent {
    constructor(init: unknown) {
      super(init);
      for (const property of columns) defineData(this, property, undefined);
      start(this, init, new.target);
    }
  };
}

/** The constructor of what `Model` made: the part that every object has. */
function initialise(entity: Entity, init: unknown, model: unknown): void {
  const mapper = mapperOf(model as ModelClass);
  const state = new InstanceState(mapper, entity);
  Entity.setState(entity, state);
  const isFromRow = hydrating;
  // For this object alone: the constructors behind it may make others.
  hydrating = false;
  if (isFromRow) return;
  state.isBorn = true;
  const given = givenIn(init);
  refuseUnknown(mapper, given);
  const { inheritance } = mapper;
  if (inheritance === undefined) return fill(state, given, mapper);
  if (inheritance.identity === undefined)
    throw NoIdentityError.of(
      mapper.name,
      kindsOf(mapper).map(({ name }) => name),
    );
  fill(state, given, inheritance.family.root);
  setIdentity(state, inheritance);
}

function givenIn(init: unknown): Record<string, unknown> {
  return (init ?? {}) as Record<string, unknown>;
}

/** The constructor of what `Submodel` made, after that of its parent. */
function initialiseOwn(entity: Entity, init: unknown, made: unknown): void {
  const state = requireState(entity);
  if (!state.isBorn) return;
  const level = lineageOf(state.mapper).find((each) => rootOf(each.model) === made);
  if (level !== undefined) fill(state, givenIn(init), level);
}

/** Sets what was given, and defaults, of the attributes that a class itself declares. */
function fill(state: InstanceState, given: Record<string, unknown>, declaring: Mapper): void {
  for (const column of ownColumns(declaring)) {
    if (column.embedded !== undefined) continue;
    const value = given[column.property];
    if (value !== undefined) defineData(state.entity, column.property, value);
    else if (column.makeDefault !== undefined) fillColumn(state, column, column.makeDefault());
  }
  for (const relationship of ownRelationships(declaring)) {
    const value = given[relationship.property];
    if (value !== undefined) writeRelated(state, relationship, value);
  }
}

/** The program need not say of which class an object is; it may not say otherwise. */
function setIdentity({ entity, mapper }: InstanceState, { identity, family }: Inheritance): void {
  const { property } = family.discriminator;
  const given: unknown = Reflect.get(entity, property);
  if (given !== undefined && given !== identity) throw DiscriminatorError.of(`${mapper.name}.${property}`);
  defineData(entity, property, identity);
}

function fillColumn(state: InstanceState, column: ColumnProperty, value: unknown): void {
  defineData(state.entity, column.property, value);
  state.filled ??= new Map();
  state.filled.set(column, column.copy(value));
}

function refuseUnknown(mapper: Mapper, given: Record<string, unknown>): void {
  for (const name of Object.keys(given)) {
    const isKnown = mapper.attributes.has(name) || mapper.columns.some(({ embedded }) => embedded?.property === name);
    if (!isKnown) throw UnknownAttributeError.of(mapper.name, name, [...mapper.attributes.keys()]);
  }
}

function defineMethod({ prototype }: EntityConstructor, name: string, value: Function): void {
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
      defineData(this, property, value);
    },
  });
}

function defineComputed(prototype: object, property: string, compute: (object: object) => unknown): void {
  Object.defineProperty(prototype, property, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      return stateOf(this) === undefined ? undefined : compute(this);
    },
  });
}

/** The same for a value in several columns. */
function defineAbsentValue(prototype: object, value: EmbeddedValue): void {
  const [first = value.property] = Object.keys(value.descriptors);
  Object.defineProperty(prototype, value.property, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      const state = stateOf(this);
      return state?.key === undefined ? undefined : absentValue(state, first);
    },
    set(this: object, given: unknown) {
      value.give(this, given);
    },
  });
  for (const [path, descriptor] of Object.entries(value.descriptors)) {
    Object.defineProperty(prototype, path, {
      configurable: true,
      enumerable: false,
      get(this: object) {
        const state = stateOf(this);
        return state?.key === undefined ? undefined : absentValue(state, path);
      },
      set(this: object, given: unknown) {
        Object.defineProperty(this, path, descriptor);
        Reflect.set(this, path, given);
      },
    });
  }
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
  if (wasReadInPart(state)) throw NotLoadedError.leftOut(String(state), property);
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

function defineVia(prototype: object, property: string, definition: ViaDefinition): void {
  const viaOf = (state: InstanceState): ViaOf => {
    return { state, relationship: relationshipOf(state, definition.collection), definition };
  };
  Object.defineProperty(prototype, property, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      const state = stateOf(this);
      return state === undefined ? undefined : readVia(viaOf(state));
    },
    set(this: object, value: Iterable<unknown>) {
      writeVia(viaOf(requireState(this)), value);
    },
  });
}

function relationshipOf(state: InstanceState, property: string): Relationship {
  return state.mapper.attributes.get(property) as Relationship;
}
