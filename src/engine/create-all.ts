import type { Dialect } from '../dialects/dialect.ts';
import type { ForeignKey, Table } from '../sql/table.ts';
import { dependencyGroups } from '../util/topological.ts';
import type { Connection } from './connection.ts';
import { control } from './transaction.ts';

/** What the tables are created in: an engine. */
export interface SchemaHome {
  readonly dialect: Dialect;
  connect(): Promise<Connection>;
}

/** Creates tables in one transaction, in the order that their foreign keys ask for. */
export async function createAll(home: SchemaHome, tables: readonly Table[], ifNotExists: boolean): Promise<void> {
  await runAll(home, createStatements(home.dialect, tables, ifNotExists));
}

/** Drops tables in one transaction, whatever points at what among them. */
export async function dropAll(home: SchemaHome, tables: readonly Table[]): Promise<void> {
  const { dialect } = home;
  const drops = inOrder(tables)
    .reverse()
    .flatMap((table) => dialect.dropTable(table, { ifExists: true }));
  await runAll(home, drops, dialect.aroundDrop);
}

/** The texts, in order. Pure. */
export function createStatements(dialect: Dialect, tables: readonly Table[], ifNotExists: boolean): string[] {
  const ordered = inOrder(tables);
  const creations: string[] = [];
  const additions: string[] = [];
  for (const [position, table] of ordered.entries()) {
    const later = new Set(ordered.slice(position + 1).map(({ name }) => name));
    const { now, afterwards } = split(dialect, table, later);
    creations.push(...dialect.createTable({ ...table, foreignKeys: now }, { ifNotExists }));
    additions.push(...afterwards);
  }
  return [...creations, ...additions];
}

/** Which foreign keys `CREATE TABLE` carries, and the statements that add those whose target is not there yet. */
function split(
  dialect: Dialect,
  table: Table,
  later: ReadonlySet<string>,
): { now: readonly ForeignKey[]; afterwards: string[] } {
  const late = table.foreignKeys.filter(({ targetTable }) => later.has(targetTable));
  const afterwards = late.length === 0 ? [] : dialect.addForeignKeys({ ...table, foreignKeys: late });
  if (afterwards.length === 0) return { now: table.foreignKeys, afterwards };
  return { now: table.foreignKeys.filter((foreignKey) => !late.includes(foreignKey)), afterwards };
}

function inOrder(tables: readonly Table[]): Table[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const targetsOf = ({ foreignKeys }: Table): Table[] =>
    foreignKeys.map(({ targetTable }) => byName.get(targetTable)).filter((target) => target !== undefined);
  return dependencyGroups([...byName.values()], targetsOf).flat();
}

async function runAll(
  home: SchemaHome,
  statements: readonly string[],
  around: { readonly before: readonly string[]; readonly after: readonly string[] } = { before: [], after: [] },
): Promise<void> {
  const connection = await home.connect();
  try {
    for (const sql of around.before) await connection.execute(control(sql));
    connection.begin();
    for (const sql of statements) await connection.execute(control(sql, 'write'));
    await connection.commit();
  } catch (error) {
    await connection.rollback().catch((failure: unknown) => connection.invalidate(failure));
    throw error;
  } finally {
    for (const sql of around.after)
      await connection.execute(control(sql)).catch((failure: unknown) => connection.invalidate(failure));
    await connection.release();
  }
}
