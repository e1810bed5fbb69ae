import type { MappingFault } from './mapping-errors.ts';

/** What can be wrong with classes that extend one another. `place` is `Model.attribute`. */
export const familyFault = Object.freeze({
  noDiscriminator(model: string, parent: string, table: string): MappingFault {
    return fault(
      `${model} extends ${parent}, which has no discriminator to tell their rows apart.`,
      `Name a column of ${parent} for it: Model('${table}', { type: t.text(), … }, { discriminator: 'type' }).`,
    );
  },

  unknownDiscriminator(model: string, property: string, hint: string): MappingFault {
    return fault(
      `${model} has '${property}' for its discriminator, which is not one of its columns.`,
      `Name a column. ${hint}`,
    );
  },

  badDiscriminator(place: string, type: string): MappingFault {
    return fault(
      `${place} is a discriminator of type ${type}, which cannot tell classes apart.`,
      'Use t.text(), t.varchar(), t.enum() or t.integer().',
    );
  },

  duplicateIdentity(model: string, other: string, identity: string): MappingFault {
    return fault(`${model} and ${other} both have the identity '${identity}'.`, 'Give each class another one.');
  },

  badIdentity(model: string, discriminator: string, values: readonly string[] | undefined): MappingFault {
    return fault(
      `${model} has an identity that ${discriminator} cannot hold.`,
      values === undefined ? "Give it a value of the column's type." : `Use one of: ${values.join(', ')}.`,
    );
  },

  declaredTwice(place: string, parent: string): MappingFault {
    return fault(`${place} is declared by ${parent} already.`, 'Declare it in one of the two.');
  },

  hidesInherited(place: string, parent: string): MappingFault {
    return {
      code: 'MAPPING_RESERVED_NAME',
      message: `${place} is a member of the class body and would hide what ${parent} declares.`,
      cure: 'Rename one of the two.',
    };
  },

  keyOfSubclass(place: string, parent: string): MappingFault {
    return fault(
      `${place} is part of a primary key, but rows are known by the key of ${parent}.`,
      'Take .primaryKey() away.',
    );
  },

  versionOfSubclass(place: string, root: string): MappingFault {
    return fault(`${place} is a version, but a row has one version for all its classes.`, `Declare it in ${root}.`);
  },

  requiredInShared(place: string, table: string): MappingFault {
    return fault(
      `${place} needs a value, but rows of other classes in table '${table}' have none.`,
      'Make it .nullable(), or give it a .serverDefault(…).',
    );
  },

  siblingColumn(place: string, other: string, column: string): MappingFault {
    return {
      code: 'MAPPING_DUPLICATE_COLUMN',
      message: `${place} and a column of ${other} are both stored in column '${column}', but names of columns are unique in a family.`,
      cure: "Declare it in a class that both extend, or give one of them another column with .column('…').",
    };
  },
});

function fault(message: string, cure: string): MappingFault {
  return { code: 'MAPPING_INHERITANCE', message, cure };
}
