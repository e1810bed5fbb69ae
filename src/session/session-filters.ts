import { QueryArgumentError } from '../errors/session-errors.ts';
import type { Condition, RowFilters } from '../loading/query-spec.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { nearestWord } from '../mapping/nearest-word.ts';
import type { FilteredSession, GlobalFilter } from './global-filter.ts';
import { Frame } from './hook-frame.ts';

/** Names of filters to step around; empty: all of them. */
export type FilterNames = readonly string[];

/** A `withoutFilters` block. */
class UnfilteredFrame extends Frame {
  readonly names: FilterNames;

  constructor(owner: object, names: FilterNames) {
    super(owner);
    this.names = names;
  }
}

/** The global filters of one session, and which of them are switched off now. */
export class SessionFilters implements RowFilters {
  readonly #filters: readonly GlobalFilter[];
  readonly #session: FilteredSession;
  /** Of the blocks: what is loaded inside must not be loaded along with what is outside. */
  readonly #owner: object;
  /** Switched off by the operation that runs. */
  #off: FilterNames | undefined;

  constructor(filters: readonly GlobalFilter[], session: FilteredSession, owner: object) {
    this.#filters = filters;
    this.#owner = owner;
    this.#session = session;
  }

  conditionsOf(mapper: Mapper): readonly Condition[] {
    return this.#filters.flatMap((filter) =>
      appliesTo(filter, mapper) && !this.#isOff(filter.name) ? filter.conditions(mapper, this.#session) : [],
    );
  }

  /** Runs one operation of the session without some filters; only inside a turn. */
  async without<T>(names: FilterNames | undefined, work: () => Promise<T>): Promise<T> {
    if (names === undefined) return work();
    const outer = this.#off;
    this.#off = joinedNames(outer, names);
    try {
      return await work();
    } finally {
      this.#off = outer;
    }
  }

  /** Runs a piece of the program without some filters. */
  async around<T>(names: FilterNames, work: () => PromiseLike<T> | T): Promise<T> {
    const outer = Frame.find(this.#owner, UnfilteredFrame);
    const frame = new UnfilteredFrame(this.#owner, joinedNames(outer?.names, names));
    try {
      // Awaited inside the frame: what `work` returns may be a query.
      return await frame.enter(async () => await work());
    } finally {
      frame.close();
    }
  }

  get names(): FilterNames {
    return this.#filters.map(({ name }) => name);
  }

  #isOff(name: string): boolean {
    return isAmong(this.#off, name) || isAmong(Frame.find(this.#owner, UnfilteredFrame)?.names, name);
  }
}

function appliesTo({ models }: GlobalFilter, { model }: Mapper): boolean {
  return models.some((each) => model === each || model.prototype instanceof each);
}

function isAmong(names: FilterNames | undefined, name: string): boolean {
  return names !== undefined && (names.length === 0 || names.includes(name));
}

/** The names of both; all where one of them means all. */
export function joinedNames(outer: FilterNames | undefined, inner: FilterNames): FilterNames {
  if (outer === undefined) return inner;
  return outer.length === 0 || inner.length === 0 ? [] : [...outer, ...inner];
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - the session has no filter of that name. */
export function requireFilters(filters: SessionFilters | undefined, names: FilterNames): FilterNames {
  const known = filters?.names ?? [];
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return names;
  const nearest = nearestWord(wrong, known);
  const choice = known.length === 0 ? 'It has none.' : `Use one of: ${known.join(', ')}.`;
  throw QueryArgumentError.of(
    'withoutFilters',
    `the session has no filter '${wrong}'`,
    nearest === undefined ? choice : `Did you mean '${nearest}'? ${choice}`,
  );
}
