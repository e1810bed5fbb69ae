import type { Dialect } from '../dialects/dialect.ts';
import { UnknownIdentityError } from '../errors/family-errors.ts';
import { isKindOf, kindsOf } from '../mapping/hierarchy.ts';
import type { Family, Mapper } from '../mapping/mapper.ts';
import type { ColumnSelection } from './column-selection.ts';
import { defaultSelection } from './column-selection.ts';
import type { RowCodec, RowForm } from './row-codec.ts';
import { rowCodecOf } from './row-codec.ts';

/** Finds the codec of a row as the driver gave it: that of the class whose object it is. */
export type RowReaders = (row: readonly unknown[]) => RowCodec;

/** What a row is made of. */
export interface RowLayout {
  /** Default: all columns but deferred ones. */
  readonly selection?: ColumnSelection | undefined;
  readonly form?: RowForm | undefined;
}

/**
 * How rows of a mapper are read: all alike, or each by the class that its discriminator names.
 *
 * @throws {UnknownIdentityError} QUERY_UNKNOWN_IDENTITY - the returned function, for a row that no class is known for.
 */
export function rowReaders(
  dialect: Dialect,
  mapper: Mapper,
  { selection = defaultSelection(mapper), form }: RowLayout,
): RowReaders {
  const codecOf = (kind: Mapper): RowCodec => rowCodecOf(dialect, kind, selection, form);
  const codec = codecOf(mapper);
  if (mapper.inheritance === undefined) return () => codec;
  const { family } = mapper.inheritance;
  const at = selection.columns.indexOf(family.discriminator);
  const found = new Map<unknown, RowCodec>();
  return (row) => {
    const stored = row[at];
    let reader = found.get(stored);
    if (reader === undefined) {
      const identity = stored === null ? null : codec.codecs[family.discriminator.index]?.decode(stored);
      found.set(stored, (reader = codecOf(kindOf(mapper, family, identity))));
    }
    return reader;
  };
}

function kindOf(mapper: Mapper, { byIdentity }: Family, identity: unknown): Mapper {
  const kind = byIdentity.get(identity);
  if (kind !== undefined && isKindOf(kind, mapper)) return kind;
  const known = kindsOf(mapper).flatMap(({ inheritance }) => inheritance?.identity ?? []);
  throw UnknownIdentityError.of(mapper.name, identity, known);
}
