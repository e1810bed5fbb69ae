import type { MappingFault } from './mapping-errors.ts';

/** What can be wrong with a `via`. `place` is `Model.attribute`. */
export const viaFault = Object.freeze({
  noCollection(place: string, collection: string, hint: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} goes by '${collection}', which is no collection of its model that can be read.`,
      cure: hint,
    };
  },

  noFar(place: string, far: string, hint: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${place} shows ${far}, which is no column and no relationship to one object.`,
      cure: hint,
    };
  },
});
