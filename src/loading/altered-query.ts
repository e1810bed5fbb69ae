import type { ColumnNode, QueryId, ReferenceNode, SelectQueryNode, TableNode } from 'kysely';
import { AliasNode, createQueryId, createSelectQueryBuilder, IdentifierNode, OperationNodeTransformer } from 'kysely';
import { TableNode as Table } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import { QueryArgumentError } from '../errors/session-errors.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { settle } from '../sql/settled-names.ts';
import type { AnySelect } from '../sql/untyped-kysely.ts';
import { columnName, ScopeNames } from './free-expression.ts';
import type { Alteration } from './query-spec.ts';
import type { SqlScope } from './sql-scope.ts';

/** A query as the program altered it, in the database's names. */
export function altered(
  dialect: Dialect,
  query: AnySelect,
  { scope, alterations }: { readonly scope: SqlScope; readonly alterations: readonly Alteration[] },
): AnySelect {
  const executor = dialect.kysely.getExecutor();
  const builder = (queryNode: SelectQueryNode): AnySelect =>
    createSelectQueryBuilder({ queryId: createQueryId(), executor, queryNode });
  const own = builder(new Settled().transformNode(query.toOperationNode()));
  const made = alterations.reduce((built, alter) => requireQuery(scope.mapper, alter(built)), own);
  return builder(new AlteredNames(scope, made.toOperationNode()).rename(made.toOperationNode()));
}

function requireQuery(mapper: Mapper, made: unknown): AnySelect {
  if (typeof made === 'object' && made !== null && 'toOperationNode' in made) return made as AnySelect;
  throw QueryArgumentError.of(
    `find(${mapper.name}).using`,
    'the function gives no query back',
    "Return what you were given, altered: (query) => query.innerJoin('users', 'users.id', 'it.ownerId').",
  );
}

/** What was built so far has the database's names already. */
class Settled extends OperationNodeTransformer {
  protected override transformReference(node: ReferenceNode): ReferenceNode {
    return settle({ ...node });
  }

  protected override transformTable(node: TableNode): TableNode {
    return settle({ ...node });
  }
}

/** Tables that the program joined are known by the relationships that lead to them. */
class AlteredNames extends ScopeNames {
  readonly #scope: SqlScope;
  /** By the name that a table has in the statement. */
  readonly #mappers: ReadonlyMap<string, Mapper>;

  constructor(scope: SqlScope, node: SelectQueryNode) {
    super(scope, -1);
    this.#scope = scope;
    this.#mappers = new Map(
      [...namedTables(node)].flatMap(([name, table]) => {
        const mapper = reachable(scope.mapper).get(table);
        return mapper === undefined ? [] : [[name, mapper] as const];
      }),
    );
  }

  rename(node: SelectQueryNode): SelectQueryNode {
    return this.transformNode(node);
  }

  protected override transformReference(node: ReferenceNode, id?: QueryId): ReferenceNode {
    const { table, column } = node;
    const mapper = table && this.#mappers.get(table.table.identifier.name);
    if (mapper === undefined || mapper === this.#scope.mapper || column.kind !== 'ColumnNode')
      return super.transformReference(node, id);
    return settle({ ...node, column: renamed(column, mapper) });
  }
}

function renamed(node: ColumnNode, mapper: Mapper): ColumnNode {
  return { ...node, column: IdentifierNode.create(columnName(mapper, node.column.name)) };
}

/** The tables of FROM and JOIN, each under its alias. */
function namedTables({ from, joins = [] }: SelectQueryNode): Map<string, string> {
  const sources = [...(from?.froms ?? []), ...joins.map(({ table }) => table)];
  const named = new Map<string, string>();
  for (const source of sources) {
    const table = AliasNode.is(source) ? source.node : source;
    const alias = AliasNode.is(source) && IdentifierNode.is(source.alias) ? source.alias.name : undefined;
    if (!Table.is(table)) continue;
    const { name } = table.table.identifier;
    named.set(alias ?? name, name);
  }
  return named;
}

/** The mappers that relationships lead to, by table. */
function reachable(mapper: Mapper): ReadonlyMap<string, Mapper> {
  const found = new Map<string, Mapper>();
  const follow = (next: Mapper): void => {
    if (found.has(next.table.name)) return;
    found.set(next.table.name, next);
    for (const relationship of next.relationships) {
      follow(relationship.target);
      if (relationship.direction === 'many-to-many') follow(relationship.through.mapper);
    }
  };
  follow(mapper);
  return found;
}
