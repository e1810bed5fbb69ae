import { describe, type MappingFault } from './mapping-errors.ts';

/** What can be wrong between two models. `place` is `Model.attribute`. */
export const relationshipFault = Object.freeze({
  unknownTarget(place: string, found: unknown): MappingFault {
    return {
      code: 'MAPPING_UNKNOWN_TARGET',
      message: `${place} points at ${found === undefined ? 'undefined' : describe(found).replace(/^An? /, (a) => a.toLowerCase())} instead of a mapped class.`,
      cure:
        found === undefined
          ? 'Check the name and that its module exports it; in an import cycle, configure the models only after all modules are loaded.'
          : 'Return a class made with Model from the function.',
    };
  },

  targetThrew(place: string, cause: unknown): MappingFault {
    return {
      code: 'MAPPING_UNKNOWN_TARGET',
      message: `${place} cannot name its target${cause instanceof Error ? `: ${cause.message}` : ''}.`,
      cure: 'Check the name; in an import cycle, configure the models only after all modules are loaded.',
    };
  },

  badReference(place: string, reference: string): MappingFault {
    return {
      code: 'MAPPING_UNKNOWN_FOREIGN_KEY',
      message: `${place} references '${reference}', which does not name a table and a column.`,
      cure: "Write .references('users.id').",
    };
  },

  unknownTable(place: string, table: string, hint: string): MappingFault {
    return {
      code: 'MAPPING_UNKNOWN_FOREIGN_KEY',
      message: `${place} references table '${table}', which no model known here is mapped to.`,
      cure: `Pass that model in the same models record, or configure it earlier. ${hint}`,
    };
  },

  unknownColumn(place: string, table: string, column: string, hint: string): MappingFault {
    return {
      code: 'MAPPING_UNKNOWN_FOREIGN_KEY',
      message: `${place} references '${table}.${column}', and table '${table}' has no column '${column}'.`,
      cure: `Use the column's name in the database. ${hint}`,
    };
  },

  unknownProperty(place: string, model: string, property: string, hint: string): MappingFault {
    return {
      code: 'MAPPING_UNKNOWN_FOREIGN_KEY',
      message: `${place} names '${property}' as its foreign key, which is not a column of ${model}.`,
      cure: `Name a property of ${model} that is a column. ${hint}`,
    };
  },

  otherTarget(place: string, column: string, found: string, target: string): MappingFault {
    return {
      code: 'MAPPING_BAD_FOREIGN_KEY',
      message: `${place} leads to ${target}, but its column ${column} references ${found}.`,
      cure: `Let both name the same model.`,
    };
  },

  lengthDiffers(place: string, given: number, target: string, needed: number): MappingFault {
    return {
      code: 'MAPPING_BAD_FOREIGN_KEY',
      message: `${place} has a foreign key of ${columns(given)}, and the primary key of ${target} has ${needed}.`,
      cure: `Name one column for each column of that key, in its order: one(() => ${target}, ${blanks(needed)}).`,
    };
  },

  typeDiffers(place: string, type: string, target: string, targetType: string): MappingFault {
    return {
      code: 'MAPPING_BAD_FOREIGN_KEY',
      message: `${place} is of type ${type} and references ${target}, which is of type ${targetType}.`,
      cure: 'Give both the same type.',
    };
  },

  noForeignKey(place: string, child: string, parent: string, columns: readonly string[]): MappingFault {
    const named = columns.length > 0;
    const text = columns.length === 1 ? `'${columns[0]}'` : `[${columns.map((name) => `'${name}'`).join(', ')}]`;
    return {
      code: 'MAPPING_UNKNOWN_FOREIGN_KEY',
      message: named
        ? `${place} names ${text} of ${child}, which is not a foreign key to ${parent}.`
        : `${place} finds no foreign key from ${child} to ${parent}.`,
      cure: named
        ? `Declare it in ${child}: get … () { return one(() => ${parent}, ${text}); }, or .references(…) on the column.`
        : `Name the column: one(() => ${parent}, '…') in ${child} makes it the foreign key.`,
    };
  },

  ambiguous(
    place: string,
    found: { child: string; parent: string; choice: readonly string[]; isKeyless?: boolean },
  ): MappingFault {
    const { child, parent, choice, isKeyless = false } = found;
    return {
      code: 'MAPPING_AMBIGUOUS_RELATIONSHIP',
      message: `${place} could use ${choice.length} foreign keys from ${child} to ${parent}: ${choice.join('; ')}.`,
      cure: isKeyless
        ? `Name the one that is meant: { foreignKey: '${choice[0]}' }.`
        : `Name the one that is meant as the second argument: '${choice[0]}'.`,
    };
  },

  silentNull(place: string, column: string): MappingFault {
    return {
      code: 'MAPPING_BAD_FOREIGN_KEY',
      message: `${place} may be null, because its column ${column} may, and its type does not say so.`,
      cure: `Name the column, one(() => …, '${column}'), or add .nullable().`,
    };
  },

  silentNone(place: string, child: string, columns: string): MappingFault {
    return {
      code: 'MAPPING_BAD_FOREIGN_KEY',
      message: `${place} may be null, because ${child} holds the foreign key (${columns}), and its type does not say so.`,
      cure: `Name the key, one(() => ${child}, { foreignKey: '${columns}' }), or add .nullable().`,
    };
  },

  badCascade(place: string, word: string, hint: string): MappingFault {
    return { code: 'MAPPING_BAD_CASCADE', message: `${place} has the unknown cascade '${word}'.`, cure: hint };
  },

  /** Several parents may hold the object: which of them leaves it an orphan is not known. */
  sharedOrphans(place: string, direction: 'many-to-one' | 'one-to-many' | 'many-to-many'): MappingFault {
    return {
      code: 'MAPPING_BAD_CASCADE',
      message: `${place} is a ${direction} and has the cascade 'delete-orphan', though several objects may hold the same one.`,
      cure: "Put it on the many(…) of the parent's side, or say { singleParent: true }: a second parent is then refused.",
    };
  },

  cascadesFromView(place: string, rules: readonly string[]): MappingFault {
    return {
      code: 'MAPPING_BAD_CASCADE',
      message: `${place} is viewonly and has the cascade '${rules.join(', ')}', which would write.`,
      cure: 'Leave the cascade out.',
    };
  },

  orphansWithoutDelete(place: string): MappingFault {
    return {
      code: 'MAPPING_BAD_CASCADE',
      message: `${place} has the cascade 'delete-orphan' without 'delete': deleting the parent would leave the children behind.`,
      cure: "Write { cascade: 'all, delete-orphan' }.",
    };
  },

  passiveAndCascading(place: string): MappingFault {
    return {
      code: 'MAPPING_BAD_CASCADE',
      message: `${place} leaves all children to the database (passiveDeletes: 'all') and has the cascade 'delete' too.`,
      cure: 'Keep one of the two; passiveDeletes: true deletes the loaded children and leaves the rest.',
    };
  },

  postUpdateOfRequired(place: string, columns: string): MappingFault {
    return {
      code: 'MAPPING_BAD_FOREIGN_KEY',
      message: `${place} has postUpdate, but its foreign key ${columns} may not be null, as it is at first.`,
      cure: 'Make the column .nullable(), or set postUpdate on the other relationship of the circle.',
    };
  },

  conflict(first: string, second: string, columns: string): MappingFault {
    return {
      code: 'MAPPING_CONFLICTING_RELATIONSHIPS',
      message: `${first} and ${second} both write ${columns}.`,
      cure: `Let one of them only read: { viewonly: true }.`,
    };
  },

  unknownInverse(place: string, target: string, name: string, hint: string): MappingFault {
    return {
      code: 'MAPPING_BAD_BACK_POPULATES',
      message: `${place} back-populates '${name}', which is not a relationship of ${target}.`,
      cure: hint,
    };
  },

  viewonlyInverse(place: string, inverse: string): MappingFault {
    return {
      code: 'MAPPING_BAD_BACK_POPULATES',
      message: `${place} back-populates ${inverse}, and one of the two is viewonly: what is only read has no other side to keep in step.`,
      cure: 'Leave backPopulates out.',
    };
  },

  wrongInverse(place: string, inverse: string): MappingFault {
    return {
      code: 'MAPPING_BAD_BACK_POPULATES',
      message: `${place} back-populates ${inverse}, which is not the other side of the same foreign key.`,
      cure: 'Name the relationship that leads back over the same columns.',
    };
  },
});

function columns(count: number): string {
  return count === 1 ? '1 column' : `${count} columns`;
}

function blanks(count: number): string {
  return count === 1 ? "'…'" : `[${Array.from({ length: count }, () => "'…'").join(', ')}]`;
}
