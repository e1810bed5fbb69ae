import { MissingRowsError } from '../errors/flush-errors.ts';
import type { ColumnProperty, ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import type { TablePart } from '../mapping/table-parts.ts';
import { tableParts } from '../mapping/table-parts.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { valueOf } from '../state/row-comparer.ts';
import { answersInOrder } from './answer-order.ts';
import { decodeAnswers, valueEncoder } from './encode-values.ts';
import type { FlushContext } from './flush-context.ts';
import { insertStatement } from './write-statements.ts';

/** One new row, ready to be written. */
export interface NewRow {
  readonly state: InstanceState;
  readonly columns: readonly ColumnProperty[];
  readonly values: readonly unknown[];
  /** Written later, by an update. */
  readonly deferred: readonly ForeignKeyLink[];
}

/** New rows that one statement can carry: all have values for the same columns. */
export interface InsertBatch {
  readonly columns: readonly ColumnProperty[];
  /** What the database fills in and must tell. */
  readonly returning: readonly ColumnProperty[];
  readonly rows: NewRow[];
}

/** What the database told of rows that were inserted. */
export interface InsertAnswers {
  readonly returning: readonly ColumnProperty[];
  /** In the order of the rows. */
  readonly answers: readonly (readonly unknown[] | undefined)[];
}

/** Inserts rows by one statement. */
export async function insertIntoTable(
  context: FlushContext,
  mapper: Mapper,
  batch: InsertBatch,
): Promise<InsertAnswers> {
  const { columns, rows } = batch;
  const encode = valueEncoder(context.dialect, mapper);
  const encoded = rows.map(({ state, values }) => columns.map((column, at) => encode(state, column, values[at])));
  const returning = withKey(mapper, batch);
  const { statement, parameters } = insertStatement(context.dialect, mapper, { columns, returning, rows: encoded });
  const result = await context.execute(statement, parameters);
  const returned = returning.length === 0 ? result.affected : result.rows.length;
  if (returned !== rows.length) throw MissingRowsError.after(mapper.table.name, { expected: rows.length, returned });
  const answers = decodeAnswers(context.dialect, mapper, { columns: returning, rows: result.rows });
  const given = rows.map((row) => mapper.primaryKey.map((column) => row.values[columns.indexOf(column)]));
  const generated = batch.returning.find((column) => column.isPrimaryKey);
  return { returning, answers: answersInOrder(mapper, answers, { returning, given, generated }) };
}

/** Inserts rows into the several tables of a class, by one statement each: that of the root makes the keys of the others. */
export async function insertIntoTables(
  context: FlushContext,
  mapper: Mapper,
  batch: InsertBatch,
): Promise<InsertAnswers> {
  const [root, ...others] = tableParts(mapper);
  if (root === undefined) return insertIntoTable(context, mapper, batch);
  let done = await insertIntoTable(context, root.mapper, partOf(batch, root));
  for (const part of others) {
    const { returning, answers } = await insertIntoTable(
      context,
      part.mapper,
      withKeys(partOf(batch, part), mapper, done),
    );
    done = {
      returning: [...done.returning, ...returning],
      answers: done.answers.map((answer, at) => [...(answer ?? []), ...(answers[at] ?? [])]),
    };
  }
  return done;
}

/** The primary key comes along when several answers must be told apart. */
function withKey(mapper: Mapper, batch: InsertBatch): readonly ColumnProperty[] {
  if (batch.returning.length === 0 || batch.rows.length === 1) return batch.returning;
  return [...new Set([...mapper.primaryKey, ...batch.returning])];
}

/** What of a batch is in one of the tables. */
function partOf(batch: InsertBatch, { columns: held }: TablePart): InsertBatch {
  const columns = batch.columns.filter((column) => held.has(column));
  const at = columns.map((column) => batch.columns.indexOf(column));
  const rows = batch.rows.map((row) => ({ ...row, columns, values: at.map((place) => row.values[place]) }));
  return { columns, returning: batch.returning.filter((column) => held.has(column)), rows };
}

/** Rows of a further table have the keys of the first, given or made by the database. */
function withKeys(batch: InsertBatch, { primaryKey }: Mapper, { returning, answers }: InsertAnswers): InsertBatch {
  const columns = [...primaryKey, ...batch.columns];
  const rows = batch.rows.map((row, at) => {
    const key = primaryKey.map((column) => {
      const answered = returning.indexOf(column);
      return answered < 0 ? valueOf(row.state, column) : answers[at]?.[answered];
    });
    return { ...row, columns, values: [...key, ...row.values] };
  });
  return { ...batch, columns, rows };
}
