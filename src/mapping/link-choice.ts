import type { MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import { hasUnknownColumns, type ForeignKeyContext } from './foreign-key-compiler.ts';
import type { ForeignKeyLink, Mapper } from './mapper.ts';
import type { RelationshipEntry } from './shape-reader.ts';

/** The two classes of a relationship, and its name in messages. */
export interface Ends {
  readonly place: string;
  readonly mapper: Mapper;
  readonly target: Mapper;
}

/** The foreign key that a relationship goes over, and from which side. */
export interface LinkChoice {
  readonly direction: 'many-to-one' | 'one-to-many';
  readonly link: ForeignKeyLink;
}

/** Finds the foreign key that a declaration names, or the only one there is; undefined with a fault where there is none. */
export function chooseLink(entry: RelationshipEntry, ends: Ends, context: ForeignKeyContext): LinkChoice | undefined {
  const { mapper, target } = ends;
  const direction = directionOf(entry, ends, context);
  const sides = direction === 'many-to-one' ? { child: mapper, parent: target } : { child: target, parent: mapper };
  const link =
    entry.definition.columns.length > 0
      ? namedLink(entry, { ...sides, place: ends.place }, context)
      : onlyLink(entry, { ...sides, place: ends.place, direction }, context);
  return link && { direction, link };
}

/** A to-one that names no column is the side without the key where only the target points here. */
function directionOf(
  { definition }: RelationshipEntry,
  { mapper, target }: Ends,
  { links }: ForeignKeyContext,
): LinkChoice['direction'] {
  if (definition.side === 'many' || definition.foreignKey !== undefined) return 'one-to-many';
  const isKeyless =
    definition.columns.length === 0 &&
    links.between(mapper, target).length === 0 &&
    links.between(target, mapper).length > 0;
  return isKeyless ? 'one-to-many' : 'many-to-one';
}

interface Sides {
  readonly place: string;
  readonly child: Mapper;
  readonly parent: Mapper;
}

function namedLink(
  entry: RelationshipEntry,
  { place, child, parent }: Sides,
  { links, faults }: ForeignKeyContext,
): ForeignKeyLink | undefined {
  const { side, columns, foreignKey } = entry.definition;
  const named = links.find(child, parent, columns);
  const isPointedAt = side === 'many' || foreignKey !== undefined;
  // What a many-to-one named and did not become a foreign key has been reported already.
  if (named === undefined && isPointedAt && !hasUnknownColumns(entry, child, place, faults))
    faults.push(relationshipFault.noForeignKey(place, child.name, parent.name, columns));
  return named;
}

function onlyLink(
  entry: RelationshipEntry,
  { place, child, parent, direction }: Sides & Pick<LinkChoice, 'direction'>,
  { links, faults }: ForeignKeyContext,
): ForeignKeyLink | undefined {
  const [link, ...others] = links.between(child, parent);
  if (link === undefined) faults.push(relationshipFault.noForeignKey(place, child.name, parent.name, []));
  if (link === undefined || others.length === 0) {
    if (link !== undefined) checkNull(entry, place, { direction, link }, faults);
    return link;
  }
  const choice = [link, ...others].map(columnList);
  const isKeyless = direction === 'one-to-many' && entry.definition.side === 'one';
  faults.push(relationshipFault.ambiguous(place, { child: child.name, parent: parent.name, choice, isKeyless }));
  return undefined;
}

/** A to-one that does not name its column cannot know the column's nullability by type. */
function checkNull(
  { definition }: RelationshipEntry,
  place: string,
  { direction, link }: LinkChoice,
  faults: MappingFault[],
): void {
  if (definition.side === 'many' || definition.nullable) return;
  const column = link.childColumns.find((child) => child.column.nullable);
  if (direction === 'one-to-many') faults.push(relationshipFault.silentNone(place, link.child.name, columnList(link)));
  else if (column !== undefined) faults.push(relationshipFault.silentNull(place, column.property));
}

export function columnList(link: ForeignKeyLink): string {
  return link.childColumns.map((column) => column.property).join(', ');
}
