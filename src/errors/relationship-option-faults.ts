import type { MappingFault } from './mapping-errors.ts';

/** What can be wrong with the options of a relationship. `place` is `Model.attribute`. */
export const relationshipOptionFault = Object.freeze({
  unknown(place: string, option: string, hint: string): MappingFault {
    return { code: 'MAPPING_BAD_OPTION', message: `${place} has the unknown option '${option}'.`, cure: hint };
  },

  unknownStrategy(place: string, lazy: string, hint: string): MappingFault {
    return { code: 'MAPPING_BAD_OPTION', message: `${place} has the unknown strategy lazy: '${lazy}'.`, cure: hint };
  },

  writeonlyOne(place: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} leads to one object and is lazy: 'writeonly', which is for collections that are never loaded whole.`,
      cure: "Use 'select', or 'raise' where it must not be loaded.",
    };
  },

  noKey(place: string, column: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} is keyed by ${column}, whose values are objects: two equal ones would be two keys of a Map.`,
      cure: 'Use a column of text, numbers or the like.',
    };
  },

  noNumber(place: string, column: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} keeps the places of its members in ${column}, which is no t.integer() outside the primary key.`,
      cure: 'Use a t.integer() column of its own; .nullable() has members that left forget their place.',
    };
  },

  numberedOtherwise(place: string, option: 'orderBy' | 'through'): MappingFault {
    const isOrder = option === 'orderBy';
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} has numberedBy and ${option}.`,
      cure: isOrder
        ? 'Leave orderBy out: the numbers are the order.'
        : 'Map a class for the table between, and number that: its objects have a place for each parent.',
    };
  },

  unknownColumn(place: string, wrong: { property: string; target: string; hint: string }): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} names '${wrong.property}', which is not a column of ${wrong.target}.`,
      cure: wrong.hint,
    };
  },
});
