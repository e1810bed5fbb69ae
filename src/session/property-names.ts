import type {
  ColumnNode,
  IdentifierNode,
  KyselyPlugin,
  OperationNode,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  ReferenceNode,
  RootOperationNode,
  UnknownRow,
} from 'kysely';
import { AliasNode, ColumnNode as Columns, IdentifierNode as Identifiers, TableNode } from 'kysely';

import type { Mapper } from '../mapping/mapper.ts';
import { NameTransformer } from '../sql/column-names.ts';
import { nodesIn } from './table-routes.ts';

/** Property names in, property names out: those of the tables that a statement names, and else of any model. */
export class PropertyNames implements KyselyPlugin {
  readonly #mappers: readonly Mapper[];
  /** The names of the statements under way. */
  readonly #asked = new WeakMap<object, StatementNames>();

  constructor(mappers: readonly Mapper[]) {
    this.#mappers = mappers;
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    const names = new StatementNames(node, this.#mappers);
    this.#asked.set(queryId, names);
    return new ReferenceTransformer(names).rename(node);
  }

  transformResult({ result, queryId }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    const names = this.#asked.get(queryId) ?? new StatementNames(undefined, this.#mappers);
    const rows = result.rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [names.propertyOf(name), value])),
    );
    return Promise.resolve({ ...result, rows });
  }
}

/** What the names in one statement stand for. Models may use one name for different columns. */
class StatementNames {
  /** Those whose tables the statement names come first. */
  readonly #mappers: readonly Mapper[];
  /** Name or alias in the statement → table. */
  readonly #tables = new Map<string, string>();
  /** Column → property, as far as rows have asked. */
  readonly #properties = new Map<string, string>();

  constructor(statement: RootOperationNode | undefined, mappers: readonly Mapper[]) {
    if (statement !== undefined) for (const node of nodesIn(statement)) this.#note(node);
    const named = new Set(this.#tables.values());
    const isNamed = ({ table }: Mapper): boolean => named.has(table.name);
    this.#mappers = [...mappers.filter(isNamed), ...mappers.filter((mapper) => !isNamed(mapper))];
  }

  /** @param source - what stands before the dot, if anything does. */
  columnOf(property: string, source?: string): string {
    const table = source === undefined ? undefined : this.#tables.get(source);
    const own = table === undefined ? [] : this.#mappers.filter((mapper) => mapper.table.name === table);
    for (const { columns } of [...own, ...this.#mappers]) {
      const found = columns.find((mapped) => mapped.property === property);
      if (found !== undefined) return found.column.name;
    }
    return property;
  }

  propertyOf(column: string): string {
    const known = this.#properties.get(column) ?? this.#findProperty(column);
    this.#properties.set(column, known);
    return known;
  }

  #findProperty(column: string): string {
    for (const { columns } of this.#mappers) {
      const found = columns.find((mapped) => mapped.column.name === column);
      if (found !== undefined) return found.property;
    }
    return column;
  }

  #note(node: OperationNode): void {
    if (TableNode.is(node)) this.#tables.set(nameOf(node), nameOf(node));
    if (!AliasNode.is(node) || !TableNode.is(node.node) || !Identifiers.is(node.alias)) return;
    this.#tables.set(node.alias.name, nameOf(node.node));
  }
}

class ReferenceTransformer extends NameTransformer {
  readonly #names: StatementNames;

  constructor(names: StatementNames) {
    super((property) => names.columnOf(property));
    this.#names = names;
  }

  protected override transformReference(node: ReferenceNode): ReferenceNode {
    const { table, column } = node;
    if (table === undefined || !Columns.is(column)) return super.transformReference(node);
    return { ...node, column: renamed(column, this.#names.columnOf(column.column.name, nameOf(table))) };
  }
}

function renamed(node: ColumnNode, name: string): ColumnNode {
  const column: IdentifierNode = { ...node.column, name };
  return { ...node, column };
}

function nameOf({ table }: TableNode): string {
  return table.identifier.name;
}
