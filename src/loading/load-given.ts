import { QueryArgumentError } from '../errors/session-errors.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { Statement } from '../sql/statement.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { ColumnSelection } from './column-selection.ts';
import { givenSelection } from './column-selection.ts';
import { withEager } from './eager.ts';
import { hydrateRows } from './hydrate.ts';
import type { LoadContext } from './load-context.ts';
import { newOverwritten } from './load-objects.ts';
import { loadPaths } from './load-paths.ts';
import type { QuerySpec } from './query-spec.ts';

/** A statement of the program's own whose rows become objects. */
export interface GivenStatement {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
}

/**
 * Objects from the rows of any statement, in their order; columns go by name, others are left aside.
 *
 * @param spec - the model, and what to load along; its conditions play no part.
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - a column of the key is missing, or one comes twice.
 */
export async function loadGiven(
  session: LoadContext,
  spec: QuerySpec,
  { statement, parameters }: GivenStatement,
): Promise<InstanceState[]> {
  const { mapper, paths, strategy } = spec;
  const context = session.boundTo(mapper);
  const { rows, columns } = await context.execute(statement, parameters);
  const { selection, places } = placesOf(mapper, columns);
  const given = rows.map((row) => places.map((at) => row[at]));
  const overwritten = newOverwritten(spec.overwrite);
  const states = hydrateRows(context, mapper, given, { selection, overwritten });
  await loadPaths(session, states, withEager(mapper, paths), { overwritten, strategy });
  return states;
}

interface Places {
  readonly selection: ColumnSelection;
  /** For each column of the selection, where in a row its value is. */
  readonly places: readonly number[];
}

/** Names of the database count before properties: a column of one class may be called as another's property. */
function placesOf(mapper: Mapper, names: readonly string[]): Places {
  const placeOf = (name: string): number => {
    const at = names.indexOf(name);
    if (at !== names.lastIndexOf(name)) throw twice(mapper, name);
    return at;
  };
  const { selection, missing } = givenSelection(
    mapper,
    ({ column, property }) => names.includes(column.name) || names.includes(property),
  );
  if (missing.length > 0)
    throw lacking(
      mapper,
      missing.map(({ column }) => column.name),
      names,
    );
  const places = selection.columns.map(({ column, property }) =>
    names.includes(column.name) ? placeOf(column.name) : placeOf(property),
  );
  return { selection, places };
}

function lacking(mapper: Mapper, missing: readonly string[], names: readonly string[]): QueryArgumentError {
  const columns = missing.map((name) => `'${name}'`).join(', ');
  return QueryArgumentError.of(
    `entities(${mapper.name})`,
    `the statement gives no ${columns}, without which a row is no ${mapper.name}; it gives: ${names.join(', ')}`,
    'Select it too.',
  );
}

function twice(mapper: Mapper, name: string): QueryArgumentError {
  return QueryArgumentError.of(
    `entities(${mapper.name})`,
    `the statement gives '${name}' twice, so that it is not clear which is meant`,
    `Select the columns of one table, such as ${mapper.table.name}.*, or give the other one another name.`,
  );
}
