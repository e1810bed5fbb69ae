import { groupSiblings } from '../loading/hydrate.ts';
import { wholeSelection } from '../loading/column-selection.ts';
import { codecsOf, rowCodecOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { BulkRow, RowGroup } from './bulk-rows.ts';
import { chunks, encodedOf, groupRows } from './bulk-rows.ts';
import type { FlushContext } from './flush-context.ts';
import { receiveRow } from './receive-rows.ts';
import { inGivenOrder, matchingByKey } from './returned-rows.ts';
import { outdateCollections } from './outdate.ts';
import { insertStatement } from './write-statements.ts';

/**
 * Inserts rows, those of one shape in as few statements as the database allows; with `returning`, gives their objects in the
 * order of the rows. Rows whose keys the database makes up, other than by counting, then go one by one.
 */
export async function insertMany(
  context: FlushContext,
  mapper: Mapper,
  work: { rows: readonly BulkRow[]; returning: boolean },
): Promise<InstanceState[]> {
  const states = new Array<InstanceState>(work.rows.length);
  for (const group of groupRows(mapper, work.rows, shapeOf(mapper))) {
    if (work.returning) await insertReturning(context, mapper, group, states);
    else await insertGroup(context, mapper, group);
  }
  outdateCollections(context, mapper);
  return work.returning ? groupSiblings(states) : states;
}

/** Only what the database may fill in can be missing. */
function shapeOf(mapper: Mapper): (row: BulkRow) => string {
  const optional = mapper.columns.filter(({ isServerGenerated }) => isServerGenerated);
  return ({ encoded }) => optional.map(({ index }) => (encoded[index] === undefined ? 0 : 1)).join('');
}

async function insertGroup(context: FlushContext, mapper: Mapper, { columns, rows }: RowGroup): Promise<void> {
  for (const chunk of chunks(rows, context.dialect.bulk.maxRows(columns.length))) {
    await insertChunk(context, mapper, { columns, rows: chunk, returning: [] });
  }
}

async function insertReturning(
  context: FlushContext,
  mapper: Mapper,
  { columns, rows }: RowGroup,
  states: InstanceState[],
): Promise<void> {
  const { decode } = rowCodecOf(context.dialect, mapper, wholeSelection(mapper));
  const matching = matchingByKey(mapper, columns);
  const size = matching === undefined ? 1 : context.dialect.bulk.maxRows(columns.length);
  for (const chunk of chunks(rows, size)) {
    const answers = await insertChunk(context, mapper, { columns, rows: chunk, returning: mapper.columns });
    for (const answer of answers) decode(answer);
    const ordered = inGivenOrder(matching, codecsOf(context.dialect, mapper), { rows: chunk, answers });
    chunk.forEach((given, at) => {
      states[given.position] = receiveRow(context, mapper, { row: ordered[at] ?? [], given: given.values });
    });
  }
}

interface Chunk {
  readonly columns: readonly ColumnProperty[];
  readonly rows: readonly BulkRow[];
  readonly returning: readonly ColumnProperty[];
}

async function insertChunk(
  context: FlushContext,
  mapper: Mapper,
  { columns, rows, returning }: Chunk,
): Promise<unknown[][]> {
  const { statement, parameters } = insertStatement(context.dialect, mapper, {
    columns,
    returning,
    rows: encodedOf(rows, columns),
  });
  return (await context.execute(statement, parameters)).rows;
}
