import { describe, type MappingFault } from './mapping-errors.ts';

/** What can be wrong with one attribute of one model, seen by itself. `place` is `Model.attribute`. */
export const shapeFault = Object.freeze({
  notBuilder(place: string, found: unknown): MappingFault {
    return {
      code: 'MAPPING_BAD_SHAPE',
      message: `${place} is neither a column nor a relationship: ${describe(found)} was found.`,
      cure: 'Make it with t.…(), one(…) or many(…); what is not stored belongs into the class body.',
    };
  },

  mixedTwice(property: string): MappingFault {
    return {
      code: 'MAPPING_BAD_SHAPE',
      message: `Two of the shapes that are mixed declare '${property}'.`,
      cure: 'Declare it in one of them.',
    };
  },

  getterThrew(place: string, cause: unknown): MappingFault {
    return {
      code: 'MAPPING_BAD_SHAPE',
      message: `The getter ${place} threw${cause instanceof Error ? `: ${cause.message}` : ''}.`,
      cure: 'Let it only return one(() => Target, …), many(() => Target, …) or a column.',
    };
  },

  reservedName(place: string): MappingFault {
    return {
      code: 'MAPPING_RESERVED_NAME',
      message: `${place} has a name that JavaScript uses on every object or promise.`,
      cure: "Rename the property, and keep the database's name with .column('…').",
    };
  },

  hiddenByClass(place: string, column: boolean): MappingFault {
    return {
      code: 'MAPPING_RESERVED_NAME',
      message: `${place} is ${column ? 'a column' : 'a relationship'} and also a member of the class body, which would hide it.`,
      cure: 'Rename one of the two.',
    };
  },

  emptyEmbedded(place: string): MappingFault {
    return {
      code: 'MAPPING_BAD_SHAPE',
      message: `${place} embeds a value without columns.`,
      cure: 'List them: embedded(Address, { street: t.text(), city: t.text() }).',
    };
  },

  badMember(place: string): MappingFault {
    return {
      code: 'MAPPING_BAD_SHAPE',
      message: `${place} is no column that can be part of an embedded value.`,
      cure: 'Use a t.…() that is neither part of the primary key, nor a version, nor deferred.',
    };
  },

  noColumns(model: string): MappingFault {
    return {
      code: 'MAPPING_BAD_SHAPE',
      message: `${model} has no columns.`,
      cure: 'Declare at least a primary key, such as id: t.serial().primaryKey().',
    };
  },

  noPrimaryKey(model: string): MappingFault {
    return {
      code: 'MAPPING_NO_PRIMARY_KEY',
      message: `${model} has no primary key, so its rows cannot be told apart.`,
      cure: 'Mark the column, or columns, that identify a row with .primaryKey().',
    };
  },

  duplicateColumn(place: string, other: string, column: string): MappingFault {
    return {
      code: 'MAPPING_DUPLICATE_COLUMN',
      message: `${place} and ${other} are both stored in column '${column}'.`,
      cure: "Give one of them another column with .column('…').",
    };
  },

  duplicateTable(model: string, other: string, table: string): MappingFault {
    return {
      code: 'MAPPING_DUPLICATE_TABLE',
      message: `${model} and ${other} are both mapped to table '${table}'.`,
      cure: 'Map each table once.',
    };
  },

  noTable(model: string): MappingFault {
    return {
      code: 'MAPPING_BAD_SHAPE',
      message: `${model} has an empty table name.`,
      cure: 'Name the table: Model("users", { … }).',
    };
  },

  inheritance(model: string, mapped: string): MappingFault {
    return {
      code: 'MAPPING_INHERITANCE',
      message: `${model} extends ${mapped}, which is mapped already; mapped inheritance is not supported.`,
      cure: "Give it a table of its own with extends Model('…', { … }), and share declarations by mix(shared, { … }).",
    };
  },

  deferredNeed(place: string, role: string): MappingFault {
    return badColumn(
      `${place} is ${role} and deferred.`,
      'Leave deferred() out: nothing can be done with a row without it.',
    );
  },

  emptyEnum(place: string): MappingFault {
    return badColumn(`${place} is an enum without values.`, "List them: t.enum('queued', 'done').");
  },

  repeatedEnumValue(place: string, value: string): MappingFault {
    return badColumn(`${place} lists the enum value '${value}' twice.`, 'List each value once.');
  },

  noElement(place: string): MappingFault {
    return badColumn(`${place} is an array without a type of its elements.`, 'Give it one: t.array(t.text()).');
  },

  noCodec(place: string): MappingFault {
    return badColumn(
      `${place} is a custom type that is not complete.`,
      'Give it all three: t.custom({ type: t.text(), encode: (value) => …, decode: (stored) => … }).',
    );
  },

  badLength(place: string): MappingFault {
    return badColumn(
      `${place} is a varchar whose length is not a whole number above 0.`,
      'Say how many characters fit: t.varchar(80).',
    );
  },

  badDigits(place: string): MappingFault {
    return badColumn(
      `${place} is a numeric whose precision or scale is not a whole number, or whose scale exceeds its precision.`,
      'Write it as t.numeric({ precision: 12, scale: 2 }).',
    );
  },

  defaultOfSerial(place: string): MappingFault {
    return badColumn(
      `${place} is numbered by the database and has a default too.`,
      'Take the default away, or use t.integer().',
    );
  },

  twoDefaults(place: string): MappingFault {
    return badColumn(
      `${place} has a default of the program and one of the database.`,
      'Keep one of .default(…) and .serverDefault(…).',
    );
  },

  nullableKey(place: string): MappingFault {
    return badColumn(`${place} is part of the primary key and nullable.`, 'Take .nullable() away: a key has a value.');
  },

  nullableSerial(place: string): MappingFault {
    return badColumn(
      `${place} is numbered by the database and nullable.`,
      'Take .nullable() away: the database always gives a number.',
    );
  },

  twoVersions(model: string, properties: readonly string[]): MappingFault {
    return badColumn(
      `${model} has ${properties.length} version columns: ${properties.join(', ')}.`,
      'Keep .version() on one of them.',
    );
  },

  versionInKey(place: string): MappingFault {
    return badColumn(
      `${place} is part of the primary key and a version: a key names a row through all its versions.`,
      'Use a column of its own for the version.',
    );
  },

  uncountableVersion(place: string, type: string): MappingFault {
    return badColumn(
      `${place} is a version of type ${type}, which cannot be counted.`,
      'Say how the next version is made: .version(() => crypto.randomUUID()), or use t.integer().',
    );
  },

  serverTimeAsVersion(place: string): MappingFault {
    return badColumn(
      `${place} is a version by the database's clock, which is finer than a Date: rows would never be met again.`,
      'Use t.integer() or t.xmin() for the version, or .version(() => new Date()).',
    );
  },

  defaultOfGenerated(place: string): MappingFault {
    return badColumn(`${place} is computed by the database and has a default too.`, 'Take the default away.');
  },

  unknownIndexColumn(model: string, option: string, property: string, hint: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${model} names '${property}' in ${option}, which is not one of its columns.`,
      cure: `Name properties of columns. ${hint}`,
    };
  },

  emptyIndex(model: string, option: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${model} has an entry without columns in ${option}.`,
      cure: "List the properties: { indexes: [['status', 'createdAt']] }.",
    };
  },

  duplicateIndex(model: string, name: string): MappingFault {
    return {
      code: 'MAPPING_BAD_OPTION',
      message: `${model} has two indexes named '${name}'.`,
      cure: "Remove one, or name it: { columns: ['status'], name: '…' }.",
    };
  },
});

function badColumn(message: string, cure: string): MappingFault {
  return { code: 'MAPPING_BAD_COLUMN', message, cure };
}
