import type { MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import type { Associations } from './association-compiler.ts';
import type { ForeignKeyContext } from './foreign-key-compiler.ts';
import { chooseLink, columnList } from './link-choice.ts';
import type { DeclaredRelationship, ModelDraft, RelationshipDraft } from './mapper-draft.ts';
import type { Association, CascadeRule, Mapper } from './mapper.ts';
import type { LinkChoice } from './link-choice.ts';
import { parseOptions, type ParsedOptions } from './relationship-options.ts';
import type { RelationshipEntry } from './shape-reader.ts';

/** Appends the draft's relationships to its mapper, each over its foreign keys; inverses are not known yet. */
export function compileRelationships(
  draft: ModelDraft,
  associations: Associations,
  context: ForeignKeyContext,
): DeclaredRelationship[] {
  draft.mapper.relationships.push(...(draft.mapper.inheritance?.parent?.relationships ?? []));
  return draft.relationships.flatMap((entry) => {
    const model = draft.targets.get(entry.property);
    const target = model && context.index.byModel(model);
    if (target === undefined) return [];
    const place = `${draft.name}.${entry.property}`;
    const options = parseOptions({ definition: entry.definition, place, target }, context.faults);
    const ends = { place, mapper: draft.mapper, target };
    const join = entry.definition.through === undefined ? chooseLink(entry, ends, context) : associations.get(entry);
    if (join === undefined) return [];
    const relationship = relationshipOf(entry, { ends, options, join });
    context.faults.push(...contradictions(relationship, place));
    draft.mapper.relationships.push(relationship);
    return [{ draft: relationship, place, backPopulates: entry.definition.backPopulates }];
  });
}

interface Parts {
  readonly ends: { readonly mapper: Mapper; readonly target: Mapper };
  readonly options: ParsedOptions;
  readonly join: LinkChoice | Association;
}

function relationshipOf(
  { property, definition }: RelationshipEntry,
  { ends, options, join }: Parts,
): RelationshipDraft {
  const { mapper, target } = ends;
  const traits = {
    kind: 'relationship',
    property,
    index: mapper.relationships.length,
    mapper,
    target,
    ...options,
    inverse: undefined,
  } as const;
  if (!('direction' in join)) return { ...traits, direction: 'many-to-many', isCollection: true, through: join };
  const { direction, link } = join;
  return direction === 'many-to-one'
    ? { ...traits, direction, isCollection: false, link }
    : { ...traits, direction, isCollection: definition.side === 'many', link };
}

/** What the options say that the kind of relationship does not allow. */
function contradictions(relationship: RelationshipDraft, place: string): MappingFault[] {
  const { cascade, postUpdate, passiveDeletes } = relationship;
  const faults = orphanFaults(relationship, place, cascade);
  if (postUpdate && relationship.direction !== 'many-to-many' && !relationship.link.isNullable)
    faults.push(relationshipFault.postUpdateOfRequired(place, columnList(relationship.link)));
  if (passiveDeletes === 'all' && cascade.has('delete')) faults.push(relationshipFault.passiveAndCascading(place));
  return faults;
}

function orphanFaults(
  { direction, singleParent }: RelationshipDraft,
  place: string,
  cascade: ReadonlySet<CascadeRule>,
): MappingFault[] {
  if (!cascade.has('delete-orphan')) return [];
  if (direction !== 'one-to-many' && !singleParent) return [relationshipFault.sharedOrphans(place, direction)];
  return cascade.has('delete') ? [] : [relationshipFault.orphansWithoutDelete(place)];
}
