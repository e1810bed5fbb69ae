import type { Mapper, ModelClass } from './mapper.ts';

/** Which mapper a class or a table has, for one `configure`: its own models first, then those configured before. */
export interface ModelIndex {
  byModel(model: ModelClass): Mapper | undefined;
  byTable(table: string): Mapper | undefined;
  /** Whether it is one of those that are configured now. */
  isPresent(mapper: Mapper): boolean;
  tables(): Iterable<string>;
}
