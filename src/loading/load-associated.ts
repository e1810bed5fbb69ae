import type { Dialect } from '../dialects/dialect.ts';
import type { ManyToMany } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { AssociatedSelect, MembersByKey } from './associated-rows.ts';
import { associatedQuery, associatedShape, associatedValues } from './associated-rows.ts';
import { membersBySource, sourceColumns, takeSources } from './associated-rows.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import { hydrateRows } from './hydrate.ts';
import { KEYS_PER_STATEMENT } from './load-objects.ts';
import type { BoundStatement } from './select.ts';
import type { RelatedLoad } from './settle-related.ts';
import { compiledOnce } from './shape-cache.ts';

/**
 * Reads the members that an association joins to some objects; one statement for each 500 of these. A member that several
 * have comes with each, and once where rows say it twice.
 *
 * @param keys - values of the columns that the association points at.
 */
export async function loadAssociated(
  { context: session, relationship, spec, overwritten }: RelatedLoad<ManyToMany>,
  keys: readonly (readonly unknown[])[],
): Promise<MembersByKey> {
  const context = session.boundTo(relationship.target);
  const { selection } = spec;
  const members = new Map<unknown, Set<InstanceState>>();
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    const met = {
      kind: 'keys',
      columns: sourceColumns(relationship),
      keys: keys.slice(at, at + KEYS_PER_STATEMENT),
    } as const;
    const select = { relationship, spec, met };
    const { statement, parameters } = associatedStatement(context.dialect, select);
    const { rows } = await context.execute(statement, parameters);
    const sources = takeSources(context.dialect, select, { rows, form: 'raw' });
    const found = hydrateRows(context, relationship.target, rows, { selection, overwritten });
    membersBySource(sources, found, members);
  }
  return members;
}

function associatedStatement(dialect: Dialect, select: AssociatedSelect): BoundStatement {
  const { target } = select.relationship;
  const shape = associatedShape(select);
  const compile = (): CompiledQuery => {
    const query = associatedQuery(dialect, select, { next: slots(), isNumbered: false });
    return toCompiledQuery(query.compile(), 'read');
  };
  const query = shape === undefined ? compile() : compiledOnce(dialect, target, shape, compile);
  return { statement: query.statement, parameters: bind(query, associatedValues(dialect, select)) };
}
