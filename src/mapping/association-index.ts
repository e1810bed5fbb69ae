import { lineageOf, ownRelationships } from './hierarchy.ts';
import type { ManyToMany, Mapper } from './mapper.ts';

const byTarget = new WeakMap<Mapper, ManyToMany[]>();
const byTable = new WeakMap<Mapper, ManyToMany[]>();

/** Remembers a mapper's many-to-manys, once it is configured. */
export function rememberAssociations(mapper: Mapper): void {
  for (const relationship of ownRelationships(mapper)) {
    if (relationship.direction !== 'many-to-many') continue;
    append(byTarget, relationship.target, relationship);
    append(byTable, relationship.through.mapper, relationship);
  }
}

/** The many-to-manys that lead to a class, or to one that it extends, from whatever class. */
export function associationsTo(target: Mapper): readonly ManyToMany[] {
  return lineageOf(target).flatMap((each) => byTarget.get(each) ?? []);
}

/** The many-to-manys whose rows a mapper's table holds. */
export function associationsThrough(mapper: Mapper): readonly ManyToMany[] {
  return byTable.get(mapper) ?? [];
}

function append(index: WeakMap<Mapper, ManyToMany[]>, mapper: Mapper, relationship: ManyToMany): void {
  const known = index.get(mapper);
  if (known === undefined) index.set(mapper, [relationship]);
  else known.push(relationship);
}
