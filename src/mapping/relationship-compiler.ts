import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import { parseCascade } from './cascade.ts';
import { hasUnknownColumns, type ForeignKeyContext } from './foreign-key-compiler.ts';
import type { LinkedRelationship, ModelDraft, RelationshipDraft } from './mapper-draft.ts';
import type { CascadeRule, ForeignKeyLink, Mapper } from './mapper.ts';
import { nearestWord } from './nearest-word.ts';
import type { RelationshipEntry } from './shape-reader.ts';

/** Appends the draft's relationships to its mapper, each over its foreign key; inverses are not known yet. */
export function linkRelationships(draft: ModelDraft, context: ForeignKeyContext): LinkedRelationship[] {
  return draft.relationships.flatMap((entry) => {
    const model = draft.targets.get(entry.property);
    const target = model && context.index.byModel(model);
    const place = `${draft.name}.${entry.property}`;
    const cascade = cascadeOf(entry, place, context.faults);
    const link = target && chooseLink(entry, { place, mapper: draft.mapper, target }, context);
    if (target === undefined || link === undefined) return [];
    const relationship: RelationshipDraft = {
      kind: 'relationship',
      property: entry.property,
      index: draft.mapper.relationships.length,
      direction: entry.definition.side === 'one' ? 'many-to-one' : 'one-to-many',
      mapper: draft.mapper,
      target,
      link,
      inverse: undefined,
      cascade,
      postUpdate: entry.definition.postUpdate ?? false,
      passiveDeletes: entry.definition.passiveDeletes ?? false,
      passiveUpdates: entry.definition.passiveUpdates ?? true,
    };
    if (relationship.postUpdate && !link.isNullable)
      context.faults.push(relationshipFault.postUpdateOfRequired(place, columnList(link)));
    if (relationship.passiveDeletes === 'all' && cascade.has('delete'))
      context.faults.push(relationshipFault.passiveAndCascading(place));
    draft.mapper.relationships.push(relationship);
    return [{ draft: relationship, link, place, backPopulates: entry.definition.backPopulates }];
  });
}

interface Ends {
  readonly place: string;
  readonly mapper: Mapper;
  readonly target: Mapper;
}

function chooseLink(
  entry: RelationshipEntry,
  { place, mapper, target }: Ends,
  { links, faults }: ForeignKeyContext,
): ForeignKeyLink | undefined {
  const { side, columns } = entry.definition;
  const [child, parent] = side === 'one' ? [mapper, target] : [target, mapper];
  if (columns.length > 0) {
    const named = links.find(child, parent, columns);
    // What a to-one named and did not become a foreign key has been reported already.
    if (named === undefined && side === 'many' && !hasUnknownColumns(entry, child, place, faults)) {
      faults.push(relationshipFault.noForeignKey(place, child.name, parent.name, columns));
    }
    return named;
  }
  const [link, ...others] = links.between(child, parent);
  if (link === undefined) faults.push(relationshipFault.noForeignKey(place, child.name, parent.name, columns));
  if (link === undefined || others.length === 0) return link && checkNull(entry, place, link, faults);
  faults.push(relationshipFault.ambiguous(place, child.name, parent.name, [link, ...others].map(columnList)));
  return undefined;
}

/** A to-one that does not name its column cannot know the column's nullability by type. */
function checkNull(
  entry: RelationshipEntry,
  place: string,
  link: ForeignKeyLink,
  faults: MappingFault[],
): ForeignKeyLink {
  const column = link.childColumns.find((child) => child.column.nullable);
  const { side, nullable } = entry.definition;
  if (side === 'one' && !nullable && column !== undefined)
    faults.push(relationshipFault.silentNull(place, column.property));
  return link;
}

function columnList(link: ForeignKeyLink): string {
  return link.childColumns.map((column) => column.property).join(', ');
}

function cascadeOf({ definition }: RelationshipEntry, place: string, faults: MappingFault[]): ReadonlySet<CascadeRule> {
  const cascade = parseCascade(definition.cascade, place, faults);
  if (!cascade.has('delete-orphan')) return cascade;
  if (definition.side === 'one') faults.push(relationshipFault.orphansOfOne(place));
  else if (!cascade.has('delete')) faults.push(relationshipFault.orphansWithoutDelete(place));
  return cascade;
}

/** Lets the two sides of each foreign key know each other: by name where one is given, else where there is one of each. */
export function pairInverses(relationships: readonly LinkedRelationship[], faults: MappingFault[]): void {
  for (const linked of relationships) {
    if (linked.backPopulates !== undefined) pairByName(linked, linked.backPopulates, relationships, faults);
  }
  for (const linked of relationships) {
    const [twin] = sides(relationships, linked.link, linked.draft.direction).filter((other) => other !== linked);
    const [inverse, ...more] = sides(relationships, linked.link, opposite(linked));
    if (twin !== undefined || inverse === undefined || more.length > 0) continue;
    if (linked.draft.inverse === undefined && inverse.draft.inverse === undefined) marry(linked, inverse);
  }
}

function pairByName(
  linked: LinkedRelationship,
  name: string,
  all: readonly LinkedRelationship[],
  faults: MappingFault[],
): void {
  const target = linked.draft.target;
  const names = target.relationships.map((relationship) => relationship.property);
  if (!names.includes(name)) {
    faults.push(
      relationshipFault.unknownInverse(linked.place, target.name, name, suggestion(nearestWord(name, names), names)),
    );
    return;
  }
  const inverse = sides(all, linked.link, opposite(linked)).find((other) => other.draft.property === name);
  const isTaken = [linked, inverse].some((side) => side?.draft.inverse !== undefined);
  if (inverse !== undefined && (!isTaken || inverse.draft.inverse === linked.draft)) marry(linked, inverse);
  else faults.push(relationshipFault.wrongInverse(linked.place, `${target.name}.${name}`));
}

function sides(all: readonly LinkedRelationship[], link: ForeignKeyLink, direction: string): LinkedRelationship[] {
  return all.filter((other) => other.link === link && other.draft.direction === direction);
}

function opposite({ draft }: LinkedRelationship): string {
  return draft.direction === 'many-to-one' ? 'one-to-many' : 'many-to-one';
}

function marry(left: LinkedRelationship, right: LinkedRelationship): void {
  left.draft.inverse = right.draft;
  right.draft.inverse = left.draft;
}
