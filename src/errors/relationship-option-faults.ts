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

  unknownColumn(place: string, wrong: { property: string; target: string; hint: string }): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} names '${wrong.property}', which is not a column of ${wrong.target}.`,
      cure: wrong.hint,
    };
  },
});
