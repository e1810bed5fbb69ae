import type { ScopeOpener } from '../../src/web/request-scope.ts';

/** One scope that was opened for a request, and each time it was ended. */
export interface ObservedScope {
  readonly label: string | undefined;
  readonly ends: string[];
}

/** A scoped session whose scopes are counted as they open and end. */
export interface ObservedScopes extends ScopeOpener {
  readonly scopes: readonly ObservedScope[];
  /** Resolves when so many scopes have been opened. */
  opened(count: number): Promise<void>;
  /** Resolves when so many scopes have ended, sessions closed. */
  ended(count: number): Promise<void>;
}

export function observeScopes(db: ScopeOpener): ObservedScopes {
  const scopes: ObservedScope[] = [];
  const opened = new Tally();
  const ended = new Tally();
  return {
    scopes,
    opened: (count) => opened.reaches(count),
    ended: (count) => ended.reaches(count),
    open(options = {}) {
      const scope = db.open(options);
      const observed: ObservedScope = { label: options.label, ends: [] };
      scopes.push(observed);
      opened.add();
      const end: typeof scope.end = async (how) => {
        observed.ends.push(how);
        await scope.end(how);
        ended.add();
      };
      return { ...scope, end };
    },
  };
}

/** A count that can be waited for. */
class Tally {
  #count = 0;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  add(): void {
    this.#count++;
    for (const { resolve } of this.#waiting.filter(({ count }) => count <= this.#count)) resolve();
    this.#waiting = this.#waiting.filter(({ count }) => count > this.#count);
  }

  async reaches(count: number): Promise<void> {
    if (this.#count >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }
}
