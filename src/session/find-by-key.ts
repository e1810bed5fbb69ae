import { QueryArgumentError } from '../errors/session-errors.ts';
import { defaultSelection } from '../loading/column-selection.ts';
import { withEager } from '../loading/eager.ts';
import type { Overwritten } from '../loading/hydrate.ts';
import { loadByKeys, newOverwritten } from '../loading/load-objects.ts';
import { loadPaths } from '../loading/load-paths.ts';
import type { LoadTree, RowLock } from '../loading/query-spec.ts';
import { isAbsent } from '../loading/read-columns.ts';
import { isVisible } from '../loading/row-filters.ts';
import { strategyForShape } from '../loading/strategy-choice.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { CallSite } from '../util/call-site.ts';
import type { RepeatedLoad } from './repeated-loads.ts';
import type { SessionCore } from './session-core.ts';

export interface KeySearch {
  readonly values: readonly unknown[];
  readonly paths: LoadTree;
  readonly populateExisting: boolean;
  /** Deferred columns to read along. */
  readonly undeferred: ReadonlySet<ColumnProperty>;
  /** A locking read always goes to the database. */
  readonly lock: RowLock | undefined;
  /** The line that asks, where that may matter. */
  readonly site?: CallSite | undefined;
}

/**
 * The values of a primary key as `get` takes it: the value itself, or an object of the key's properties.
 *
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - a part is missing.
 */
export function keyValues(mapper: Mapper, key: unknown): unknown[] {
  const names = mapper.primaryKey.map((column) => column.property);
  const isParts = typeof key === 'object' && key !== null && names.every((name) => Object.hasOwn(key, name));
  const values = isParts
    ? names.map((name) => (key as Record<string, unknown>)[name])
    : names.length === 1
      ? [key]
      : [];
  if (values.length === names.length && values.every((value) => value !== null && value !== undefined)) return values;
  throw QueryArgumentError.of(
    `get(${mapper.name})`,
    'the primary key is incomplete',
    `Give ${names.length === 1 ? names[0] : `{ ${names.join(', ')} }`}.`,
  );
}

/** The object with this key: from memory when this transaction has seen its row, else by one SELECT. Null when there is none. */
export async function findByKey(core: SessionCore, mapper: Mapper, search: KeySearch): Promise<InstanceState | null> {
  const overwritten = newOverwritten(search.populateExisting);
  const paths = withEager(mapper, search.paths);
  const known = seen(core, mapper, search);
  if (known === 'hidden') return null;
  const state = known ?? (await read(core, mapper, { ...search, paths, overwritten }));
  if (state !== null) await loadPaths(core, [state], paths, { overwritten });
  return state;
}

/** Whether only the database can tell. */
export function isUnseen(core: SessionCore, mapper: Mapper, search: KeySearch): boolean {
  return seen(core, mapper, search) === undefined;
}

function repeatedGet({ name, primaryKey }: Mapper): RepeatedLoad {
  const [first] = primaryKey;
  return {
    what: `get(${name})`,
    cure: `Read them all at once: find(${name}).where('${first?.property}', 'in', …).`,
  };
}

/** What memory knows of this transaction's row; `hidden` when a global filter holds it back. */
function seen(core: SessionCore, mapper: Mapper, search: KeySearch): InstanceState | 'hidden' | undefined {
  if (search.populateExisting || search.lock !== undefined) return undefined;
  const known = core.identity.get(mapper, keyOfValues(search.values));
  if (known === undefined || known.seenIn !== core.transaction || known.absentCount > 0) return undefined;
  if (core.objects.deleted.has(known)) return undefined;
  if ([...search.undeferred].some((column) => isAbsent(known, column))) return undefined;
  const isShown = isVisible(core.filters, known);
  return isShown === 'unsure' ? undefined : isShown ? known : 'hidden';
}

async function read(
  core: SessionCore,
  mapper: Mapper,
  search: KeySearch & { readonly overwritten: Overwritten | undefined },
): Promise<InstanceState | null> {
  await core.autoflush();
  const flushed = seen(core, mapper, search);
  if (flushed !== undefined) return flushed === 'hidden' ? null : flushed;
  const { values, overwritten, lock, undeferred, paths } = search;
  const selection = defaultSelection(mapper, undeferred);
  const conditions = core.filters?.conditionsOf(mapper) ?? [];
  const { dialect } = core.boundTo(mapper);
  const strategy = strategyForShape(dialect, { paths, limit: 1, strategy: undefined });
  const found = await loadByKeys(core, {
    mapper,
    columns: mapper.primaryKey,
    keys: [values],
    overwritten,
    selection,
    lock,
    part: { paths, conditions, strategy },
  });
  core.reads.repeats.note(mapper, { site: search.site, objects: 1 }, () => repeatedGet(mapper));
  // A row that a filter holds back is not gone.
  const gone = found.length + conditions.length === 0 ? core.identity.get(mapper, keyOfValues(values)) : undefined;
  if (gone !== undefined && !core.objects.deleted.has(gone)) vanish(core, gone);
  return found[0] ?? null;
}

/** Somebody else has deleted the row of an object: it is a deleted one, unless the transaction turns out to be rolled back. */
export function vanish(core: SessionCore, state: InstanceState): void {
  if (core.transactions.level === undefined) return core.objects.evict(state);
  core.remember(state);
  core.identity.delete(state);
  state.moveTo('deleted');
  core.forget(state);
}
