import type { ColumnNode, IdentifierNode, RootOperationNode, TableNode } from 'kysely';
import { OperationNodeTransformer } from 'kysely';

/** Turns the names that programs use in Kysely's builders into those of the database. */
export class NameTransformer extends OperationNodeTransformer {
  readonly #columnOf: (property: string) => string;
  readonly #tableOf: (table: string) => string;

  /**
   * @param columnOf - attribute name → column name; gives other names back as they are.
   * @param tableOf - likewise for tables.
   */
  constructor(columnOf: (property: string) => string, tableOf: (table: string) => string = (table) => table) {
    super();
    this.#columnOf = columnOf;
    this.#tableOf = tableOf;
  }

  protected override transformColumn(node: ColumnNode): ColumnNode {
    return { ...node, column: renamed(node.column, this.#columnOf) };
  }

  protected override transformTable(node: TableNode): TableNode {
    const { table } = node;
    return { ...node, table: { ...table, identifier: renamed(table.identifier, this.#tableOf) } };
  }

  /** The node, renamed throughout. */
  rename<N extends RootOperationNode>(node: N): N {
    return this.transformNode(node);
  }
}

function renamed(identifier: IdentifierNode, nameOf: (name: string) => string): IdentifierNode {
  return { ...identifier, name: nameOf(identifier.name) };
}
