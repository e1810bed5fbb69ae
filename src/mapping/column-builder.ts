import type { ColumnType } from '../sql/column-type.ts';
import type { ReferentialAction } from '../sql/table.ts';
import type { ModelClass } from './mapper.ts';

/** What the database does to this row when the row it points at is deleted or its key changes. */
export interface ReferentialActions {
  readonly onDelete?: ReferentialAction;
  readonly onUpdate?: ReferentialAction;
}

/** Whether the program has to give a value: always; not, because null or a client-side default; not, because of the database. */
export type Need = 'required' | 'optional' | 'generated';

/** How a version column goes on: by counting, by a function of the version before, by the program's hand. */
export type VersionRule = 'count' | 'manual' | ((previous: unknown) => unknown);

/** What a column declaration has gathered so far. */
export interface ColumnDefinition {
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly autoIncrement: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly index: boolean;
  readonly name?: string;
  /** The value itself, or a function that makes it. */
  readonly default?: { readonly of: unknown };
  readonly serverDefault?: string;
  /** The database may change the value whenever the row is written. */
  readonly serverUpdate?: boolean;
  /** SQL from which the database computes the value. */
  readonly generated?: string;
  /** The database has the column without being told, such as PostgreSQL's `xmin`. */
  readonly system?: boolean;
  readonly version?: VersionRule;
  /** Left out of a SELECT unless asked for. */
  readonly deferred?: { readonly group: string | undefined };
  readonly references?: ReferentialActions & { readonly target: string | (() => unknown) };
}

let readDefinition: (builder: AnyColumn) => ColumnDefinition;

/**
 * One column of a model, as declared with `t`. Immutable: every method gives a new one.
 *
 * `V` is the value on the object, null included; `N` whether the constructor needs it; `K` whether it is part of the key.
 */
export class ColumnBuilder<V, N extends Need, K extends boolean = false> {
  /** For the compiler alone: what the type parameters stand for. */
  declare readonly '~types': { readonly value: V; readonly need: N; readonly key: K; readonly keyed: never };
  readonly #definition: ColumnDefinition;

  static {
    readDefinition = (builder) => builder.#definition;
  }

  constructor(definition: ColumnDefinition) {
    this.#definition = Object.freeze(definition);
  }

  /** The column may hold NULL, and the attribute null. */
  nullable(): ColumnBuilder<V | null, N extends 'required' ? 'optional' : N, K> {
    return this.#with({ nullable: true });
  }

  /**
   * The value of new objects that give none, filled in when they are inserted.
   * A function is called once for each object; any other value is copied.
   *
   * @example createdAt: t.timestamp().default(() => new Date())
   */
  default(value: V | (() => V)): ColumnBuilder<V, N extends 'required' ? 'optional' : N, K> {
    return this.#with({ default: { of: value } });
  }

  /**
   * SQL that the database evaluates when a row is inserted without this column.
   *
   * @example createdAt: t.timestamp().serverDefault('now()')
   */
  serverDefault(sqlText: string): ColumnBuilder<V, 'generated', K> {
    return this.#with({ serverDefault: sqlText });
  }

  /**
   * The database itself changes the value when a row is written, as by a trigger. Every INSERT and UPDATE brings the new
   * value back.
   *
   * @example updatedAt: t.timestamp().serverDefault('now()').serverUpdate()
   */
  serverUpdate(): ColumnBuilder<V, 'generated', K> {
    return this.#with({ serverUpdate: true });
  }

  /**
   * A column that the database computes from the row's others and stores. It is never written, and comes back with every
   * INSERT and UPDATE.
   *
   * @param sqlText - over columns by their database names.
   * @example total: t.integer().generated('price * amount')
   */
  generated(sqlText: string): ColumnBuilder<V, 'generated', K> {
    return this.#with({ generated: sqlText });
  }

  /**
   * Tells versions of a row apart: UPDATE and DELETE only meet the version that was read, and a `StaleDataError` says when
   * somebody else was faster. At most one for each model.
   *
   * @param next - makes the next version from the one before, null for a new row. Left out, integers count from 1.
   * `'manual'`: the program sets it. A column that the database changes (`serverUpdate`, `t.xmin()`) needs neither.
   * @example version: t.integer().version()
   * @example version: t.uuid().version(() => crypto.randomUUID())
   */
  version(next?: 'manual' | ((previous: V | null) => V)): ColumnBuilder<V, N extends 'required' ? 'optional' : N, K> {
    return this.#with({ version: (next ?? 'count') as VersionRule });
  }

  /**
   * Leaves the column out of what is read, unless a query asks for it with `undefer`, or `session.load(object, name)` or
   * `session.refresh(object, [name])` reads it later: for long texts and files that few readers need.
   *
   * @param group - a name for columns that are wanted together, see `undeferGroup`.
   * @example body: t.text().deferred()
   */
  deferred(group?: string): ColumnBuilder<V, N, K> {
    return this.#with({ deferred: { group } });
  }

  /** Part of the primary key; several such columns make a composite key, in declaration order. */
  primaryKey(): ColumnBuilder<V, N, true> {
    return this.#with({ primaryKey: true });
  }

  /** No two rows hold the same value. */
  unique(): ColumnBuilder<V, N, K> {
    return this.#with({ unique: true });
  }

  /** Gives the column an index of its own. */
  index(): ColumnBuilder<V, N, K> {
    return this.#with({ index: true });
  }

  /**
   * Makes the column a foreign key.
   *
   * @param target - `'table.column'` in database names, or a function giving the model whose primary key is meant.
   * The function form only compiles inside a getter: `get ownerId() { return t.integer().references(() => User); }`.
   */
  references(target: string | (() => ModelClass), actions: ReferentialActions = {}): ColumnBuilder<V, N, K> {
    return this.#with({ references: { ...actions, target } });
  }

  /** The column's name in the database, where it is not the property's name in snake case. */
  column(name: string): ColumnBuilder<V, N, K> {
    return this.#with({ name });
  }

  #with<W, M extends Need, P extends boolean>(change: Partial<ColumnDefinition>): ColumnBuilder<W, M, P> {
    return new ColumnBuilder({ ...this.#definition, ...change });
  }
}

/** A column of whatever kind. */
export type AnyColumn = ColumnBuilder<any, any, any>;

/** What `builder` declares; undefined when it is not a column. */
export function columnDefinitionOf(builder: unknown): ColumnDefinition | undefined {
  return builder instanceof ColumnBuilder ? readDefinition(builder) : undefined;
}
