import type { Condition } from '../loading/query-spec.ts';
import type { Mapper, ModelClass } from '../mapping/mapper.ts';
import type { RowFilter } from '../model/query-types.ts';
import { collected } from './criteria.ts';

/** What a filter may know of the session that reads. */
export interface FilteredSession {
  readonly info: Record<string, unknown>;
}

/** Narrows the rows that a session sees. */
export type NarrowRows<C extends ModelClass> = (rows: RowFilter<C>, session: FilteredSession) => RowFilter<C>;

/** A condition on every read of some models; made by `globalFilter`. */
export class GlobalFilter {
  readonly name: string;
  readonly models: readonly ModelClass[];
  readonly #conditions: (mapper: Mapper, session: FilteredSession) => readonly Condition[];

  private constructor(name: string, models: readonly ModelClass[], conditions: GlobalFilter['conditions']) {
    this.name = name;
    this.models = Object.freeze([...models]);
    this.#conditions = conditions;
    Object.freeze(this);
  }

  static of<C extends ModelClass>(name: string, models: readonly C[], narrow: NarrowRows<C>): GlobalFilter {
    return new GlobalFilter(name, models, (mapper, session) =>
      collected<C>(mapper, `filter '${name}'`, (rows) => narrow(rows, session)),
    );
  }

  /** What rows of one of the models must meet. */
  conditions(mapper: Mapper, session: FilteredSession): readonly Condition[] {
    return this.#conditions(mapper, session);
  }
}

/**
 * A condition that holds wherever a session reads some models: `find`, `get`, relationships however they are loaded,
 * `has` and `any`, counts and pages, `update` and `delete` of a query. Classes that extend a model are filtered with it.
 * Not filtered: the flush, `refresh`, `merge`, `session.entities` and `session.sql`.
 *
 * @param name - to step around it with `withoutFilters(name)`.
 * @param narrow - asked anew for each statement: what it takes from `session.info` is a parameter, so that statements are
 *   kept by shape. Conditions that are functions of Kysely's expression builder are compiled each time.
 * @example
 * const tenant = globalFilter('tenant', [Job, User], (rows, session) => rows.where('tenantId', '=', Number(session.info['tenantId'])));
 * const Session = sessionFactory(engine, { models: { Job, User }, filters: [tenant] });
 * await Session({ info: { tenantId: 7 } }).find(Job); // select … from "jobs" where "tenant_id" = $1
 */
export function globalFilter<C extends ModelClass>(
  name: string,
  models: readonly C[],
  narrow: NarrowRows<C>,
): GlobalFilter {
  return GlobalFilter.of(name, models, narrow);
}
