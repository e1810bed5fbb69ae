import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import { viaFault } from '../errors/via-faults.ts';
import type { Mapper } from './mapper.ts';
import { nearestWord } from './nearest-word.ts';
import { shapeNames } from './shape-names.ts';
import type { ViaDefinition } from './via-builder.ts';

/** Checks that each `via` of a shape leads somewhere: along a collection that is read, to an attribute of its members. */
export function checkVias(mapper: Mapper, shape: object, faults: MappingFault[]): void {
  for (const [property, definition] of shapeNames(shape).vias)
    faults.push(...viaFaults(mapper, `${mapper.name}.${property}`, definition));
}

function viaFaults({ relationships }: Mapper, place: string, { collection, far }: ViaDefinition): MappingFault[] {
  const usable = relationships.filter(({ isCollection, lazy }) => isCollection && lazy !== 'writeonly');
  const relationship = usable.find(({ property }) => property === collection);
  if (relationship === undefined) {
    const names = usable.map(({ property }) => property);
    return [viaFault.noCollection(place, collection, suggestion(nearestWord(collection, names), names))];
  }
  const { target } = relationship;
  const names = [...target.columns, ...target.relationships.filter(({ isCollection }) => !isCollection)].map(
    ({ property }) => property,
  );
  if (names.includes(far)) return [];
  return [viaFault.noFar(place, `${target.name}.${far}`, suggestion(nearestWord(far, names), names))];
}
