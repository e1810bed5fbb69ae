import type { InstanceState } from '../state/instance-state.ts';
import { attachChildren, attachParents } from './attach-related.ts';
import { byCommittedKey } from './related-keys.ts';
import type { Overwritten } from './hydrate.ts';
import { hydrateRows } from './hydrate.ts';
import { jsonStatement, readJsonLevels } from './json-levels.ts';
import { joinedStatement, readJoinedLevels } from './joined-levels.ts';
import type { NamedRows } from './level-statement.ts';
import { namedRows } from './level-statement.ts';
import type { Level, LevelPlan } from './levels.ts';
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
  const states = named.map(({ spec }, at) =>
    hydrateRows(context, spec.mapper, answer[at] ?? [], { selection: spec.selection, overwritten, form }),
  );
  const [roots = [], ...found] = states;
  plan.levels.forEach((level, at) => {
    const parents = level.parent === undefined ? roots : (found[level.parent] ?? []);
    attach({ context, overwritten }, level, { parents, related: found[at] ?? [] });
  });
  return roots;
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
  { parents, related }: { readonly parents: readonly InstanceState[]; readonly related: readonly InstanceState[] },
): void {
  const load = { context, spec, overwritten, ...partOf(context.dialect, relationship.target, spec) };
  if (relationship.direction === 'many-to-one') {
    const children = parents.filter((state) => wants({ ...load, relationship }, state));
    attachParents({ ...load, relationship }, children, related);
  } else {
    const wanting = parents.filter((state) => wants({ ...load, relationship }, state));
    attachChildren({ ...load, relationship }, byCommittedKey(wanting, relationship.link.parentColumns), related);
  }
}
