import type { OperationNode, QueryId, SelectQueryNode, TableNode } from 'kysely';
import {
  ColumnNode,
  ExpressionWrapper,
  IdentifierNode,
  OperationNodeTransformer,
  ParensNode,
  ReferenceNode,
  TableNode as Table,
} from 'kysely';

import type { Mapper } from '../mapping/mapper.ts';
import type { AnyExpression, AnyWrapper } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import { isSettled, settle } from '../sql/settled-names.ts';
import type { SqlScope } from './sql-scope.ts';

/** What programs call the queried table in Kysely's builders. */
export const IT = 'it';

/** The expression itself, or what a function of Kysely's expression builder makes. */
export function builtExpression(given: unknown): AnyExpression {
  return (typeof given === 'function' ? given(eb) : given) as AnyExpression;
}

/** An expression in the program's names, in those of the database. */
export function inDatabaseNames(expression: AnyExpression, scope: SqlScope): AnyWrapper {
  return new ExpressionWrapper(new ScopeNames(scope).transformNode(expression.toOperationNode()));
}

/** The column's name for a property; other names stay. */
export function columnName(mapper: Mapper, property: string): string {
  const attribute = mapper.attributes.get(property);
  return attribute?.kind === 'column' ? attribute.column.name : property;
}

/** Any property as the column of its name. */
const columnsByName: object = new Proxy({}, { get: (_, property) => eb.ref(String(property)) });

/** Renames `it` and the properties of one table. Plain properties become columns of that table, but not inside subqueries. */
export class ScopeNames extends OperationNodeTransformer {
  readonly #scope: SqlScope;
  #depth: number;

  /** @param depth - -1 for a whole SELECT, whose own clauses are not inside a subquery. */
  constructor(scope: SqlScope, depth = 0) {
    super();
    this.#scope = scope;
    this.#depth = depth;
  }

  protected override transformReference(node: ReferenceNode, id?: QueryId): ReferenceNode {
    if (isSettled(node)) return node;
    const member = this.#memberOf(node);
    if (member !== undefined) return member;
    const computed = this.#computedBy(node);
    // Any expression can stand where a column does.
    if (computed !== undefined) return this.transformNode(computed, id) as ReferenceNode;
    const column = this.transformNode(node.column, id);
    const table = this.#tableOf(node);
    return settle({ kind: 'ReferenceNode', column, ...(table === undefined ? {} : { table }) });
  }

  /** Kysely takes `home.city`, a member of an embedded value, for a table and a column. */
  #memberOf({ table, column }: ReferenceNode): ReferenceNode | undefined {
    if (table === undefined || column.kind !== 'ColumnNode') return undefined;
    const attribute = this.#scope.mapper.attributes.get(`${table.table.identifier.name}.${column.column.name}`);
    if (attribute?.kind !== 'column') return undefined;
    const { qualifier } = this.#scope;
    const owner = qualifier === undefined ? undefined : Table.create(qualifier);
    return settle(ReferenceNode.create(settle(ColumnNode.create(attribute.column.name)), owner));
  }

  /** What a hybrid attribute means in SQL. */
  #computedBy({ table, column }: ReferenceNode): OperationNode | undefined {
    const isOwn = table === undefined || table.table.identifier.name === IT;
    if (!isOwn || column.kind !== 'ColumnNode') return undefined;
    const hybrid = this.#scope.mapper.hybrids.get(column.column.name);
    return hybrid && ParensNode.create(builtExpression(() => hybrid.build(columnsByName)).toOperationNode());
  }

  #tableOf({ table, column }: ReferenceNode): TableNode | undefined {
    const { name, qualifier } = this.#scope;
    if (table?.table.identifier.name === IT) return Table.create(name);
    const isPlain = table === undefined && column.kind === 'ColumnNode' && this.#depth === 0;
    return isPlain && qualifier !== undefined && this.#has(column.column.name) ? Table.create(qualifier) : table;
  }

  /** Other plain names are those of columns that the statement makes. */
  #has(name: string): boolean {
    const { attributes, byColumn } = this.#scope.mapper;
    return attributes.has(name) || byColumn.has(name);
  }

  protected override transformColumn(node: ColumnNode): ColumnNode {
    if (isSettled(node)) return node;
    return settle({ ...ColumnNode.create(columnName(this.#scope.mapper, node.column.name)) });
  }

  /** The table itself, as a subquery reads from it. */
  protected override transformTable(node: TableNode): TableNode {
    if (isSettled(node) || node.table.identifier.name !== IT) return node;
    return { ...node, table: { ...node.table, identifier: IdentifierNode.create(this.#scope.mapper.table.name) } };
  }

  protected override transformSelectQuery(node: SelectQueryNode, id?: QueryId): SelectQueryNode {
    this.#depth++;
    try {
      return super.transformSelectQuery(node, id);
    } finally {
      this.#depth--;
    }
  }
}
