import type { ColumnProperty, Mapper, Relationship } from './mapper.ts';

/** The mapper under whose name the keys of a class's rows are known: the root of its family. */
export function rootMapper(mapper: Mapper): Mapper {
  return mapper.inheritance?.family.root ?? mapper;
}

/** Whether objects of `mapper` are objects of `ancestor`. */
export function isKindOf(mapper: Mapper, ancestor: Mapper): boolean {
  for (let each: Mapper | undefined = mapper; each !== undefined; each = each.inheritance?.parent)
    if (each === ancestor) return true;
  return false;
}

/** Whether an object can be of both classes. */
export function haveCommonObjects(left: Mapper, right: Mapper): boolean {
  return left === right || isKindOf(left, right) || isKindOf(right, left);
}

/** The class and its configured subclasses, parents first. */
export function kindsOf(mapper: Mapper): readonly Mapper[] {
  const { inheritance } = mapper;
  return inheritance === undefined ? [mapper] : inheritance.family.members.filter((each) => isKindOf(each, mapper));
}

/** The class and those that it extends, the root first. */
export function lineageOf(mapper: Mapper): readonly Mapper[] {
  const parent = mapper.inheritance?.parent;
  return parent === undefined ? [mapper] : [...lineageOf(parent), mapper];
}

/** The columns that the class itself declares. */
export function ownColumns({ columns, inheritance }: Mapper): readonly ColumnProperty[] {
  const parent = inheritance?.parent;
  return parent === undefined ? columns : columns.slice(parent.columns.length);
}

/** The relationships that the class itself declares. */
export function ownRelationships({ relationships, inheritance }: Mapper): readonly Relationship[] {
  const parent = inheritance?.parent;
  return parent === undefined ? relationships : relationships.slice(parent.relationships.length);
}

/** Whether the class has a table besides those of the classes that it extends. */
export function ownsTable({ table, inheritance }: Mapper): boolean {
  return inheritance?.parent?.table !== table;
}

/** Whether a row of the class is in several tables. */
export function spansTables(mapper: Mapper): boolean {
  return mapper.inheritance !== undefined && lineageOf(mapper).filter(ownsTable).length > 1;
}

/** Whether the rows of the class and of its subclasses are the rows of its table, and all in it. */
export function isWholeTable(mapper: Mapper): boolean {
  const { inheritance } = mapper;
  return (
    inheritance === undefined || (inheritance.parent === undefined && kindsOf(mapper).filter(ownsTable).length === 1)
  );
}

/** Whether all columns of the class and of its subclasses are in one table, which may have rows of other classes too. */
export function isInOneTable(mapper: Mapper): boolean {
  if (mapper.inheritance === undefined) return true;
  return [...lineageOf(mapper), ...kindsOf(mapper)].every(({ table }) => table === mapper.table);
}
