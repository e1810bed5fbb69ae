import { QueryArgumentError } from '../errors/session-errors.ts';
import { evaluatorOf } from '../loading/evaluate.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { NewValue } from './apply-values.ts';
import { applyDeletion, applyValues } from './apply-values.ts';
import type { FlushContext } from './flush-context.ts';
import { leaveCollections } from './leave-collections.ts';
import { outdateCollections, outdateReferrers } from './outdate.ts';
import type { Change, WhereWrite } from './where-statements.ts';
import { whereStatement } from './where-statements.ts';

/**
 * How the objects that the session holds follow a statement: `evaluate` the conditions in memory; `fetch` the keys of the
 * rows that the statement met; `false`, not at all; `auto`, whichever is sure at the least cost.
 */
export type Synchronize = 'auto' | 'evaluate' | 'fetch' | false;

export type WhereWork = Omit<WhereWrite, 'returning'> & { readonly synchronize: Synchronize };

/** Which held objects a statement meets: known before it runs, or only by what it returns. */
interface Following {
  readonly matched: readonly InstanceState[];
  /** Only the database knows: to be read again. */
  readonly unsure: readonly InstanceState[];
  readonly fetch: boolean;
}

/**
 * Makes ready to update or delete the rows that meet conditions, in one statement, and to have held objects follow. What can
 * be refused is refused here; nothing has run then.
 *
 * @returns the write, which gives the number of rows.
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - `evaluate` of what cannot be evaluated.
 */
export function prepareWrite(context: FlushContext, work: WhereWork): () => Promise<number> {
  const { mapper, changes } = work;
  const following = follow(context, work);
  const returning = following.fetch ? [...mapper.primaryKey, ...computedBy(work)] : [];
  const { statement, parameters } = whereStatement(context.dialect, { ...work, returning });
  return async () => {
    const held = changes === undefined ? [...context.identity.objectsOf(mapper)] : [];
    const { rows, affected } = await context.execute(statement, parameters);
    const plain = plainValues(changes);
    for (const state of following.matched) apply(context, state, changes && plain);
    for (const state of following.unsure) state.seenIn = -1;
    if (following.fetch) applyFetched(context, work, { rows, returning, plain });
    leaveCollections(
      context,
      held.filter(({ lifecycle }) => lifecycle === 'deleted'),
    );
    outdate(context, work);
    return following.fetch ? rows.length : affected;
  };
}

function follow(context: FlushContext, work: WhereWork): Following {
  const held = work.synchronize === false ? [] : [...context.identity.objectsOf(work.mapper)];
  if (work.synchronize === 'fetch') return { matched: [], unsure: [], fetch: true };
  const evaluated = work.synchronize === false ? undefined : evaluate(context, work, held);
  if (work.synchronize === 'evaluate') return evaluated ?? refuseEvaluation(work);
  if (held.length === 0) return { matched: [], unsure: [], fetch: false };
  return evaluated?.unsure.length === 0 ? evaluated : { matched: [], unsure: [], fetch: true };
}

/** Undefined when the conditions, or the new values, are beyond memory. */
function evaluate(
  context: FlushContext,
  { mapper, conditions, changes }: WhereWork,
  held: readonly InstanceState[],
): Following | undefined {
  const test = evaluatorOf(mapper, conditions);
  if (test === undefined || computedBy({ mapper, changes }).length > 0) return undefined;
  const matched: InstanceState[] = [];
  const unsure: InstanceState[] = [];
  for (const state of held) {
    // A row that another transaction saw may have changed since.
    const verdict = state.seenIn === context.transaction ? test(state.committed ?? []) : 'unsure';
    if (verdict === true) matched.push(state);
    else if (verdict === 'unsure') unsure.push(state);
  }
  return { matched, unsure, fetch: false };
}

function refuseEvaluation({ mapper, changes }: WhereWork): never {
  throw QueryArgumentError.of(
    `${changes === undefined ? 'delete' : 'update'}(${mapper.name})`,
    "could not evaluate the current criteria in memory, as synchronize: 'evaluate' asks",
    "Leave synchronize out, or say 'fetch' or false.",
  );
}

interface Fetched {
  readonly rows: readonly (readonly unknown[])[];
  readonly returning: readonly ColumnProperty[];
  readonly plain: readonly NewValue[];
}

function applyFetched(
  context: FlushContext,
  { mapper, changes }: WhereWork,
  { rows, returning, plain }: Fetched,
): void {
  const held = context.identity.of(mapper);
  if (held.isEmpty) return;
  const width = mapper.primaryKey.length;
  for (const row of rows) {
    const values = decoded(context, mapper, { row, returning });
    const state = held.get(keyOfValues(values.slice(0, width).map(({ value }) => value)));
    if (state !== undefined) apply(context, state, changes && [...plain, ...values.slice(width)]);
  }
}

function decoded(
  context: FlushContext,
  mapper: Mapper,
  { row, returning }: { row: readonly unknown[]; returning: readonly ColumnProperty[] },
): NewValue[] {
  const codecs = codecsOf(context.dialect, mapper);
  return returning.map((column, at) => ({
    column,
    value: row[at] === null ? null : codecs[column.index]?.decode(row[at]),
  }));
}

function apply(context: FlushContext, state: InstanceState, values: readonly NewValue[] | undefined): void {
  if (values === undefined) applyDeletion(context, state);
  else applyValues(context, state, values);
}

function outdate(context: FlushContext, { mapper, changes, synchronize }: WhereWork): void {
  if (synchronize === false) return;
  if (changes === undefined) outdateReferrers(context, mapper);
  outdateCollections(context, mapper, changes && new Set(changes.map(({ column }) => column)));
}

function plainValues(changes: readonly Change[] | undefined): NewValue[] {
  return (changes ?? []).flatMap((each) => (each.kind === 'value' ? [each] : []));
}

/** The columns of which only the database knows what they are set to. */
function computedBy({ mapper, changes }: Pick<WhereWork, 'mapper' | 'changes'>): readonly ColumnProperty[] {
  if (changes === undefined) return [];
  const expressions = changes.filter(({ kind }) => kind === 'expression').map(({ column }) => column);
  return [...new Set([...expressions, ...mapper.serverUpdated])];
}
