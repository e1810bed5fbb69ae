import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import { isKindOf } from './hierarchy.ts';
import type { DeclaredRelationship, RelationshipDraft } from './mapper-draft.ts';
import type { ManyToOne } from './mapper.ts';
import { columnList } from './link-choice.ts';
import { nearestWord } from './nearest-word.ts';

/** Lets the two sides of each join know each other: by name where one is given, else where there is one of each. */
export function pairInverses(all: readonly DeclaredRelationship[], faults: MappingFault[]): void {
  for (const declared of all)
    if (declared.backPopulates !== undefined) pairByName(declared, declared.backPopulates, { all, faults });
  const written = all.filter(({ draft }) => !draft.viewonly);
  refuseTwins(written, faults);
  for (const declared of written) {
    const [twin] = written.filter((other) => other !== declared && isTwin(declared.draft, other.draft));
    const [inverse, ...more] = written.filter((other) => isOpposite(declared.draft, other.draft));
    if (twin !== undefined || inverse === undefined || more.length > 0) continue;
    if (declared.draft.inverse === undefined && inverse.draft.inverse === undefined)
      marry(declared.draft, inverse.draft);
  }
  for (const { draft } of written) followInherited(draft);
}

/** A collection of some of the classes of a family finds the way back that their objects inherit. */
function followInherited(draft: RelationshipDraft): void {
  if (draft.direction !== 'one-to-many' || draft.inverse !== undefined) return;
  const [back, ...more] = draft.target.relationships.filter(
    (each): each is ManyToOne => each.direction === 'many-to-one' && each.link === draft.link && !each.viewonly,
  );
  const isBack = back !== undefined && more.length === 0 && isKindOf(draft.mapper, back.target);
  if (isBack && (back.mapper !== draft.target || back.target !== draft.mapper)) draft.inverse = back;
}

/** Two relationships that write the same rows would each show what the other did only after the next load. */
function refuseTwins(written: readonly DeclaredRelationship[], faults: MappingFault[]): void {
  written.forEach(({ draft, place }, at) => {
    const twin = written
      .slice(0, at)
      .find((other) => other.draft.mapper === draft.mapper && isTwin(other.draft, draft));
    if (twin !== undefined) faults.push(relationshipFault.conflict(twin.place, place, keyNames(draft)));
  });
}

function keyNames(draft: RelationshipDraft): string {
  const links = draft.direction === 'many-to-many' ? [draft.through.source, draft.through.target] : [draft.link];
  return links.map((link) => `${link.child.name}.${columnList(link)}`).join(' and ');
}

interface Pairing {
  readonly all: readonly DeclaredRelationship[];
  readonly faults: MappingFault[];
}

function pairByName({ draft, place }: DeclaredRelationship, name: string, { all, faults }: Pairing): void {
  const { target } = draft;
  const names = target.relationships.map((relationship) => relationship.property);
  if (!names.includes(name)) {
    faults.push(
      relationshipFault.unknownInverse(place, target.name, name, suggestion(nearestWord(name, names), names)),
    );
    return;
  }
  const inverse = all.find((other) => other.draft.property === name && isOpposite(draft, other.draft))?.draft;
  if ([draft, inverse].some((side) => side?.viewonly === true)) {
    faults.push(relationshipFault.viewonlyInverse(place, `${target.name}.${name}`));
    return;
  }
  const isTaken = [draft, inverse].some((side) => side?.inverse !== undefined);
  if (inverse !== undefined && (!isTaken || inverse.inverse === draft)) marry(draft, inverse);
  else faults.push(relationshipFault.wrongInverse(place, `${target.name}.${name}`));
}

/** Of one class, and over the same foreign keys in the same direction. */
function isTwin(left: RelationshipDraft, right: RelationshipDraft): boolean {
  if (left.direction === 'many-to-many')
    return (
      right.direction === 'many-to-many' &&
      left.through.source === right.through.source &&
      left.through.target === right.through.target
    );
  return right.direction === left.direction && right.link === left.link && right.target === left.target;
}

function isOpposite(left: RelationshipDraft, right: RelationshipDraft): boolean {
  if (left.direction === 'many-to-many')
    return (
      right.direction === 'many-to-many' &&
      left.through.source === right.through.target &&
      left.through.target === right.through.source
    );
  const isFacing = right.target === left.mapper && right.mapper === left.target;
  return (
    right.direction !== 'many-to-many' && right.direction !== left.direction && right.link === left.link && isFacing
  );
}

function marry(left: RelationshipDraft, right: RelationshipDraft): void {
  if (left.direction === 'many-to-many' && right.direction === 'many-to-many') {
    left.inverse = right;
    right.inverse = left;
  } else if (left.direction === 'many-to-one' && right.direction === 'one-to-many') {
    left.inverse = right;
    right.inverse = left;
  } else if (right.direction === 'many-to-one') marry(right, left);
}
