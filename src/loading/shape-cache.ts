import type { Dialect } from '../dialects/dialect.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { LruMap } from '../util/lru-map.ts';
import type { CompiledQuery } from './compiled-query.ts';

const SHAPES_PER_MAPPER = 700;
const caches = new WeakMap<Dialect, WeakMap<Mapper, LruMap<string, CompiledQuery>>>();

/**
 * A statement on one mapper's table, compiled by Kysely once for each shape.
 *
 * @param shape - says everything that the text depends on, and no value; begins with the kind of statement.
 */
export function compiledOnce(
  dialect: Dialect,
  mapper: Mapper,
  shape: string,
  compile: () => CompiledQuery,
): CompiledQuery {
  let byMapper = caches.get(dialect);
  if (byMapper === undefined) caches.set(dialect, (byMapper = new WeakMap()));
  let shapes = byMapper.get(mapper);
  if (shapes === undefined) byMapper.set(mapper, (shapes = new LruMap(SHAPES_PER_MAPPER)));
  let query = shapes.get(shape);
  if (query === undefined) shapes.set(shape, (query = compile()));
  return query;
}
