import type { Statement } from '../sql/statement.ts';
import { LruMap } from '../util/lru-map.ts';
import type { Executable } from './executable.ts';

const TAGS_PER_STATEMENT = 20;
const known = new WeakMap<Statement, LruMap<string, Statement>>();

/**
 * The same with the tags in a comment in front. A statement that comes again is the same object, so that it stays prepared.
 *
 * @param tags - checked by `isTag`.
 */
export function tagged(executable: Executable, tags: readonly string[]): Executable {
  if (tags.length === 0) return executable;
  const comment = `/* ${tags.join(', ')} */ `;
  if (typeof executable === 'string') return comment + executable;
  if (!('kind' in executable)) return { sql: comment + executable.sql, parameters: executable.parameters };
  let byComment = known.get(executable);
  if (byComment === undefined) known.set(executable, (byComment = new LruMap(TAGS_PER_STATEMENT)));
  let statement = byComment.get(comment);
  if (statement === undefined) {
    statement = Object.freeze({ ...executable, sql: comment + executable.sql });
    byComment.set(comment, statement);
  }
  return statement;
}

/** Whether a text may stand in a comment: it can neither end it nor begin another, nor break the line. */
export function isTag(tag: unknown): tag is string {
  return typeof tag === 'string' && tag.trim() !== '' && tag.length <= 200 && !/\*\/|\/\*|\p{Cc}/u.test(tag);
}
