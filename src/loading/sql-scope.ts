import type { AliasedExpression } from 'kysely';
import { ColumnNode, ExpressionWrapper, ReferenceNode, TableNode } from 'kysely';

import type { ColumnProperty, Mapper, Relationship } from '../mapping/mapper.ts';
import type { AnyWrapper } from '../sql/untyped-kysely.ts';
import { isInOneTable } from '../mapping/hierarchy.ts';
import { familyRows } from './family-rows.ts';
import { settle } from '../sql/settled-names.ts';
import type { JoinPath, JoinStep } from './query-spec.ts';

/** A column, as Kysely takes it wherever it takes an expression. */
export type ColumnExpression = AnyWrapper;

/** What Kysely reads from. */
type ScopeSource = string | AliasedExpression<unknown, string>;

/** The names of a statement's tables: the first use of a table has the table's own name, others a number behind it. */
class TableNames {
  readonly #counts = new Map<string, number>();

  take(table: string): string {
    const count = this.#counts.get(table) ?? 0;
    this.#counts.set(table, count + 1);
    // A schema's name cannot be part of an alias.
    const name = table.slice(table.lastIndexOf('.') + 1);
    return count === 0 && name === table ? table : `${name}_${count}`;
  }
}

/** One table in a statement, under the name that it has there, with the tables that are joined to it. */
export class SqlScope {
  readonly mapper: Mapper;
  readonly name: string;
  readonly #joins = new Map<Relationship, JoinedTable>();
  readonly #names: TableNames;
  readonly #isQualified: boolean;

  private constructor(mapper: Mapper, names: TableNames, isQualified: boolean) {
    this.mapper = mapper;
    this.name = names.take(mapper.table.name);
    this.#names = names;
    this.#isQualified = isQualified;
  }

  /** @param isQualified - whether columns go by `table.column`: needed as soon as the statement has several tables. */
  static root(mapper: Mapper, isQualified: boolean): SqlScope {
    return new SqlScope(mapper, new TableNames(), isQualified);
  }

  /** The rows as FROM and JOIN name them: a table, or what several tables make together. */
  get source(): ScopeSource {
    return isInOneTable(this.mapper) ? this.table : familyRows(this.mapper, 'reading').as(this.name);
  }

  /** The same, for a statement that locks the rows. */
  get lockedSource(): ScopeSource {
    return isInOneTable(this.mapper) ? this.table : familyRows(this.mapper, 'locking').as(this.name);
  }

  /** The class's own table alone. */
  get table(): string {
    const { name } = this.mapper.table;
    return name === this.name ? name : `${name} as ${this.name}`;
  }

  /** The qualifier of plain columns. */
  get qualifier(): string | undefined {
    return this.#isQualified ? this.name : undefined;
  }

  /** A column, for conditions and orderings in the statement's own clauses. */
  ref(column: ColumnProperty): ColumnExpression {
    return reference(column, this.qualifier);
  }

  /** A column, for a subquery inside the statement. */
  outerRef(column: ColumnProperty): ColumnExpression {
    return reference(column, this.name);
  }

  /** A column as a SELECT lists it. */
  listed({ column }: ColumnProperty): string {
    return this.#isQualified ? `${this.name}.${column.name}` : column.name;
  }

  /** Another table of the same statement. */
  another(mapper: Mapper): SqlScope {
    return new SqlScope(mapper, this.#names, true);
  }

  /** The table at the end of a path, each on the way joined once however often it is asked for. */
  reach(path: JoinPath): SqlScope {
    return path.reduce<SqlScope>((scope, step) => scope.#join(step), this);
  }

  /** What is joined from here, each table after the one that leads to it. */
  *allJoins(): Generator<JoinedTable> {
    for (const join of this.#joins.values()) {
      yield join;
      yield* join.scope.allJoins();
    }
  }

  #join(step: JoinStep): SqlScope {
    const { relationship } = step;
    let joined = this.#joins.get(relationship);
    if (joined === undefined) {
      joined = { step, outer: this, scope: this.another(relationship.target) };
      this.#joins.set(relationship, joined);
    }
    return joined.scope;
  }
}

/** One joined table, and the one that leads to it. */
export interface JoinedTable {
  readonly step: JoinStep;
  readonly outer: SqlScope;
  readonly scope: SqlScope;
}

function reference({ column }: ColumnProperty, qualifier: string | undefined): ColumnExpression {
  const table = qualifier === undefined ? undefined : TableNode.create(qualifier);
  return new ExpressionWrapper(settle(ReferenceNode.create(ColumnNode.create(column.name), table)));
}
