import type { InstanceState } from '../state/instance-state.ts';
import { membersBySource, takeSources } from './associated-rows.ts';
import { attachChildren, attachMembers, attachNothing, attachParents } from './attach-related.ts';
import { byCommittedKey, isKeyKept } from './related-keys.ts';
import type { Overwritten } from './hydrate.ts';
import { hydrateRows } from './hydrate.ts';
import { jsonStatement, readJsonLevels } from './json-levels.ts';
import { joinedStatement, readJoinedLevels } from './joined-levels.ts';
import type { Level, LevelPlan } from './levels.ts';
import { nearColumns } from './levels.ts';
import type { NamedRows } from './named-rows.ts';
import { namedRows } from './named-rows.ts';
import type { LoadContext } from './load-context.ts';
import { partOf } from './related-part.ts';
import type { RowForm } from './row-codec.ts';
import { wants } from './settle-related.ts';

/** The objects that a query selects, in its order, with the relationships that its statement reads along. One statement. */
export async function loadLevels(
  session: LoadContext,
  plan: LevelPlan,
  overwritten: Overwritten | undefined,
): Promise<InstanceState[]> {
  const context = session.boundTo(plan.root.mapper);
  const named = namedRows(plan);
  const { answer, form } = await readLevels(context, plan, named);
  // All objects first: to overwrite one is to forget its relationships.
  const read = named.map(({ mapper, selection, associated }, at): LevelObjects => {
    const rows = answer[at] ?? [];
    const sources = associated === undefined ? [] : takeSources(context.dialect, associated, { rows, form });
    return { sources, found: hydrateRows(context, mapper, rows, { selection, overwritten, form }) };
  });
  const [roots, ...levels] = read;
  plan.levels.forEach((level, at) => {
    const parents = level.parent === undefined ? roots : levels[level.parent];
    const { found = [], sources = [] } = levels[at] ?? {};
    attach({ context, overwritten }, level, { parents: distinct(parents?.found), found, sources });
  });
  return roots?.found ?? [];
}

/** What the rows of a level have become. */
interface LevelObjects {
  readonly found: InstanceState[];
  /** Many-to-many: the key of the source that each row belongs to. */
  readonly sources: readonly unknown[];
}

/** A member of several comes with each of them. */
function distinct(found: readonly InstanceState[] = []): readonly InstanceState[] {
  return [...new Set(found)];
}

/** The rows of each level, whatever the form in which they come. */
interface LevelRows {
  readonly answer: unknown[][][];
  readonly form: RowForm;
}

async function readLevels(context: LoadContext, plan: LevelPlan, named: readonly NamedRows[]): Promise<LevelRows> {
  const isJson = plan.form === 'json';
  const { dialect } = context;
  const { statement, parameters } = isJson ? jsonStatement(dialect, named) : joinedStatement(dialect, plan, named);
  const { rows } = await context.execute(statement, parameters);
  if (isJson) return { answer: readJsonLevels(dialect, named, rows), form: 'json' };
  return { answer: readJoinedLevels(named, rows), form: 'raw' };
}

function attach(
  { context, overwritten }: { readonly context: LoadContext; readonly overwritten: Overwritten | undefined },
  { relationship, spec }: Level,
  { parents, found, sources }: LevelObjects & { readonly parents: readonly InstanceState[] },
): void {
  const load = { context, relationship, spec, overwritten, ...partOf(context.dialect, relationship.target, spec) };
  const wanting = parents.filter((state) => wants(load, state));
  const near = nearColumns(relationship);
  const byKey = byCommittedKey(wanting, near);
  if (relationship.direction === 'many-to-one') {
    attachParents({ ...load, relationship }, wanting, found);
    // The statement went by the keys of the rows: it says nothing of those that the program has changed since.
    attachNothing(
      load,
      wanting.filter((state) => isKeyKept(state, near)),
    );
  } else if (relationship.direction === 'one-to-many') attachChildren({ ...load, relationship }, byKey, found);
  else attachMembers({ ...load, relationship }, byKey, membersBySource(sources, found));
}
