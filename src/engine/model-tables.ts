import { associationsTo } from '../mapping/association-index.ts';
import { configure } from '../mapping/configure.ts';
import type { Mapper, ModelClass } from '../mapping/mapper.ts';
import type { Table } from '../sql/table.ts';

/**
 * The tables of models, and those between them that have no class.
 *
 * @param sides - whether a table between two classes takes both of them, or any one.
 */
export function tablesOf(models: readonly ModelClass[], sides: 'both' | 'any'): Table[] {
  const mappers = [...new Set(configure(models).flatMap(withFamily))];
  const associations = new Set(mappers.flatMap((mapper) => associationsOf(mapper)));
  const between = [...associations].filter(({ links }) => {
    const given = links.filter(({ parent }) => mappers.includes(parent));
    return sides === 'both' ? given.length === links.length : given.length > 0;
  });
  return [...new Set([...mappers, ...between].map(({ table }) => table))];
}

function associationsOf(mapper: Mapper): Mapper[] {
  const to = associationsTo(mapper).map(({ through }) => through.mapper);
  const from = mapper.relationships.flatMap((each) => (each.direction === 'many-to-many' ? [each.through.mapper] : []));
  return [...from, ...to].filter(({ isAssociation }) => isAssociation);
}

/** A row of a class may be in the tables of those that it extends, and in those of its subclasses. */
function withFamily(mapper: Mapper): readonly Mapper[] {
  return mapper.inheritance?.family.members ?? [mapper];
}
