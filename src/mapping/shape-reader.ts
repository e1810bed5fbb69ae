import type { MappingFault } from '../errors/mapping-errors.ts';
import { shapeFault } from '../errors/shape-faults.ts';
import { columnDefinitionOf, type ColumnDefinition } from './column-builder.ts';
import { modelName, ownMembers } from './mapped-class.ts';
import { embeddedDefinitionOf, memberNames, type EmbeddedDefinition } from './embedded-builder.ts';
import { hybridDefinitionOf } from './hybrid-builder.ts';
import type { EmbeddedMember, ModelClass } from './mapper.ts';
import { snakeCase } from './naming.ts';
import { submodelOf } from './submodel-options.ts';
import { viaDefinitionOf } from './via-builder.ts';
import { relationshipDefinitionOf, type RelationshipDefinition } from './relationship-builder.ts';

export interface ColumnEntry {
  readonly kind: 'column';
  readonly property: string;
  readonly definition: ColumnDefinition;
  readonly embedded?: EmbeddedMember;
}

export interface RelationshipEntry {
  readonly kind: 'relationship';
  readonly property: string;
  readonly definition: RelationshipDefinition;
}

export type ShapeEntry = ColumnEntry | RelationshipEntry;

/** `then` would make an object look like a promise, `toJSON` and `toObject` would change what it is as plain data. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'then',
  'toJSON',
  'toObject',
]);

/** The attributes that `model` itself declares, in declaration order. Getters are called here and nowhere else. */
export function readShape(model: ModelClass, faults: MappingFault[]): ShapeEntry[] {
  const members = ownMembers(model);
  const shape: object = submodelOf(model)?.shape ?? model.shape;
  const entries: ShapeEntry[] = [];
  for (const [property, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(shape))) {
    const place = `${modelName(model)}.${property}`;
    if (RESERVED.has(property)) faults.push(shapeFault.reservedName(place));
    const entry = readEntry(
      property,
      () => (descriptor.get === undefined ? descriptor.value : descriptor.get.call(shape)),
      place,
      faults,
    );
    if (entry === undefined) continue;
    if (Array.isArray(entry)) {
      if (members.has(property)) faults.push(shapeFault.hiddenByClass(place, true));
      entries.push(...entry);
      continue;
    }
    if (members.has(property) && !RESERVED.has(property))
      faults.push(shapeFault.hiddenByClass(place, entry.kind === 'column'));
    entries.push(entry);
  }
  return entries;
}

function readEntry(
  property: string,
  read: () => unknown,
  place: string,
  faults: MappingFault[],
): ShapeEntry | ColumnEntry[] | undefined {
  let builder: unknown;
  try {
    builder = read();
  } catch (cause) {
    faults.push(shapeFault.getterThrew(place, cause));
    return undefined;
  }
  const column = columnDefinitionOf(builder);
  if (column !== undefined) return { kind: 'column', property, definition: column };
  if (hybridDefinitionOf(builder) !== undefined) return [];
  const embedded = embeddedDefinitionOf(builder);
  if (embedded !== undefined) return memberEntries(property, embedded, place, faults);
  const relationship = relationshipDefinitionOf(builder);
  if (relationship !== undefined) return { kind: 'relationship', property, definition: relationship };
  // Nothing is stored of it; `checkVias` looks after it.
  if (viaDefinitionOf(builder) === undefined) faults.push(shapeFault.notBuilder(place, builder));
  return undefined;
}

/** A column for each member: `home.city` is stored in `home_city`. */
function memberEntries(
  property: string,
  definition: EmbeddedDefinition,
  place: string,
  faults: MappingFault[],
): ColumnEntry[] {
  const { members, prefix = `${snakeCase(property)}_`, nullable } = definition;
  if (memberNames(definition).length === 0) faults.push(shapeFault.emptyEmbedded(place));
  return Object.entries(members).flatMap(([member, builder]) => {
    const column = columnDefinitionOf(builder);
    if (column === undefined || column.primaryKey || column.deferred !== undefined || column.version !== undefined) {
      faults.push(shapeFault.badMember(`${place}.${member}`));
      return [];
    }
    const name = `${prefix}${column.name ?? snakeCase(member)}`;
    return [
      {
        kind: 'column',
        property: `${property}.${member}`,
        definition: { ...column, name, nullable: column.nullable || nullable },
        embedded: Object.freeze({ property, member, isNullable: nullable }),
      },
    ];
  });
}
