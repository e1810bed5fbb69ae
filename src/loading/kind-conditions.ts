import { kindsOf, ownsTable } from '../mapping/hierarchy.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { Condition } from './query-spec.ts';

const NONE: readonly Condition[] = [];

/** What keeps the rows of other classes out that are in the same table. */
export function kindConditions(mapper: Mapper): readonly Condition[] {
  const { inheritance } = mapper;
  // A table of the class's own has no other rows.
  if (inheritance?.parent === undefined || ownsTable(mapper)) return NONE;
  const { discriminator: column } = inheritance.family;
  const identities = kindsOf(mapper).flatMap((kind) => kind.inheritance?.identity ?? []);
  const [only, ...more] = identities;
  return more.length === 0
    ? [{ kind: 'column', column, operator: '=', value: only }]
    : [{ kind: 'column', column, operator: 'in', value: identities }];
}
