import type { MappingFault } from './mapping-errors.ts';

/** What can be wrong with the table of a many-to-many. `place` is `Model.attribute`. */
export const associationFault = Object.freeze({
  columnsAndThrough(place: string): MappingFault {
    return {
      code: 'MAPPING_BAD_THROUGH',
      message: `${place} names foreign key columns and a table to go through.`,
      cure: "Name the columns in the option: { through: { table: '…', from: '…', to: '…' } }.",
    };
  },

  noForeignKey(place: string, wrong: { through: string; parent: string; names: readonly string[] }): MappingFault {
    const { through, parent, names } = wrong;
    const over = names.length === 0 ? '' : ` over ${names.join(', ')}`;
    return {
      code: 'MAPPING_BAD_THROUGH',
      message: `${place} goes through ${through}, which has no foreign key to ${parent}${over}.`,
      cure: `Let ${through} point at both sides, with one(() => ${parent}, '…') where it is a class; a table serves one pair of classes.`,
    };
  },

  ambiguous(place: string, found: { through: string; choice: readonly string[]; isClass: boolean }): MappingFault {
    const { through, choice, isClass } = found;
    const form = isClass ? `model: () => ${through}` : `table: '${through}'`;
    return {
      code: 'MAPPING_AMBIGUOUS_RELATIONSHIP',
      message: `${place} could go through ${through} over several foreign keys: ${choice.join('; ')}.`,
      cure: `Name one for each side: { through: { ${form}, from: '${choice[0]}', to: '${choice[1]}' } }.`,
    };
  },

  selfReferential(place: string, table: string): MappingFault {
    return {
      code: 'MAPPING_BAD_THROUGH',
      message: `${place} joins a class to itself through '${table}', and nothing says which column is which side.`,
      cure: `Name both: { through: { table: '${table}', from: 'follower_id', to: 'followed_id' } }.`,
    };
  },

  lengthDiffers(place: string, wrong: { given: number; parent: string; needed: number }): MappingFault {
    return {
      code: 'MAPPING_BAD_THROUGH',
      message: `${place} names ${wrong.given} column(s) for the primary key of ${wrong.parent}, which has ${wrong.needed}.`,
      cure: 'Name one column for each column of that key, in its order.',
    };
  },

  doubledColumn(place: string, table: string, column: string): MappingFault {
    return {
      code: 'MAPPING_BAD_THROUGH',
      message: `${place} goes through '${table}', whose column '${column}' would point at both sides.`,
      cure: `Name different columns: { through: { table: '${table}', from: '…', to: '…' } }.`,
    };
  },

  unfilled(place: string, attribute: string): MappingFault {
    return {
      code: 'MAPPING_BAD_THROUGH',
      message: `${place} links objects by rows of nothing but keys, and ${attribute} must be given.`,
      cure: `Give ${attribute} a default or make it .nullable(), or say { viewonly: true } and add objects of that class.`,
    };
  },
});
