import { QueryArgumentError } from '../errors/session-errors.ts';
import { kindConditions } from '../loading/kind-conditions.ts';
import type { JoinPath } from '../loading/query-spec.ts';
import type { ColumnProperty, Mapper, Relationship } from '../mapping/mapper.ts';
import { nearestWord } from '../mapping/nearest-word.ts';

/** A column of the model itself, or of what a chain of to-one relationships leads to. */
export interface ColumnTarget {
  /** Left out: the model's own. */
  readonly path?: JoinPath;
  readonly column: ColumnProperty;
}

/** The model's own column of this name; `it.name` is the same. */
export function ownColumn(mapper: Mapper, name: string): ColumnProperty | undefined {
  const attribute = mapper.attributes.get(name.startsWith('it.') ? name.slice(3) : name);
  return attribute?.kind === 'column' ? attribute : undefined;
}

/**
 * The column that a name or a dotted path, such as `owner.team.name`, means.
 *
 * @param call - the method, for errors.
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - no such column; the way leads through a collection.
 */
export function columnTarget(mapper: Mapper, call: string, name: string): ColumnTarget {
  const own = ownColumn(mapper, name);
  if (own !== undefined) return { column: own };
  const names = name.split('.');
  // A member of an embedded value is a column whose name has a dot.
  const isMember = names.length > 2 && ownColumnAt(mapper, names.slice(0, -2), names.slice(-2).join('.'));
  const last = isMember ? names.splice(-2).join('.') : (names.pop() ?? '');
  let at = mapper;
  const path = names.map((each) => {
    const relationship = relationshipNamed(at, call, each);
    if (relationship.direction === 'many-to-many' || relationship.isCollection)
      throw throughCollection(at, call, { name: each, rest: name });
    at = relationship.target;
    return { relationship, conditions: kindConditions(at) };
  });
  const column = ownColumn(at, last);
  if (column === undefined) throw unknownColumn(at, call, last);
  return { path, column };
}

/** Whether the model at the end of some relationships has a column of this name. */
function ownColumnAt(mapper: Mapper, names: readonly string[], column: string): boolean {
  let at: Mapper | undefined = mapper;
  for (const name of names) {
    const attribute: ColumnProperty | Relationship | undefined = at?.attributes.get(name);
    at = attribute?.kind === 'relationship' ? attribute.target : undefined;
  }
  return at !== undefined && ownColumn(at, column) !== undefined;
}

/** The relationships of a dotted path. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - one of them is none. */
export function relationshipsOn(mapper: Mapper, call: string, path: string): Relationship[] {
  let at = mapper;
  return path.split('.').map((name) => {
    const relationship = relationshipNamed(at, call, name);
    at = relationship.target;
    return relationship;
  });
}

export function unknownColumn(mapper: Mapper, call: string, name: string): QueryArgumentError {
  const names = mapper.columns.map((column) => column.property);
  const attribute = mapper.attributes.get(name);
  if (attribute?.kind === 'relationship') {
    const cure = attribute.isCollection
      ? `Ask for its rows with any('${name}', (rows) => rows.where(…)).`
      : `Name a column of it, such as '${name}.${attribute.target.primaryKey[0]?.property ?? ''}', or use has('${name}').`;
    return QueryArgumentError.of(call, `${mapper.name} has no column '${name}': it is a relationship`, cure);
  }
  return QueryArgumentError.of(call, `${mapper.name} has no column '${name}'`, choice(name, names));
}

/** A cure: what was probably meant, and what there is. */
function choice(name: string, names: readonly string[]): string {
  if (names.length === 0) return 'It has none.';
  const nearest = nearestWord(name, names);
  return `${nearest === undefined ? '' : `Did you mean '${nearest}'? `}Use one of: ${names.join(', ')}.`;
}

function relationshipNamed(mapper: Mapper, call: string, name: string): Relationship {
  const attribute = mapper.attributes.get(name);
  if (attribute?.kind === 'relationship') return attribute;
  const names = mapper.relationships.map((relationship) => relationship.property);
  throw QueryArgumentError.of(call, `${mapper.name} has no relationship '${name}'`, choice(name, names));
}

function throughCollection(
  mapper: Mapper,
  call: string,
  { name, rest }: { readonly name: string; readonly rest: string },
): QueryArgumentError {
  return QueryArgumentError.of(
    call,
    `'${rest}' leads through ${mapper.name}.${name}, which is a collection, so that there is no one value to take`,
    `Use any('${name}', (rows) => rows.where(…)) to ask for its rows.`,
  );
}
