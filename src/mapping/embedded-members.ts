import type { Mapper } from './mapper.ts';

/** The names of an embedded value's columns, such as `home.street` and `home.city` for `home`; any other name as it is. */
export function columnNames(mapper: Mapper, name: string): readonly string[] {
  if (mapper.attributes.has(name)) return [name];
  const members = mapper.columns.filter(({ embedded }) => embedded?.property === name);
  return members.length === 0 ? [name] : members.map(({ property }) => property);
}

/** A named value by the columns that hold it: an embedded one member by member. */
export function columnValues(mapper: Mapper, name: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (mapper.attributes.has(name)) return [[name, value]];
  const members = mapper.columns.flatMap(({ property, embedded }) =>
    embedded?.property === name ? [[property, memberOf(value, embedded.member)] as const] : [],
  );
  return members.length === 0 ? [[name, value]] : members;
}

function memberOf(value: unknown, member: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, member) : value;
}
