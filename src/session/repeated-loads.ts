import { RepeatedLoadsError } from '../errors/load-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import { captureCallSite } from '../util/call-site.ts';
import { warn } from './warn.ts';

/** A statement for at least so many objects is one of few, however often its line comes by: pages, batches of a stream. */
const MANY = 10;

/** What was loaded again and again, and what to write instead. */
export interface RepeatedLoad {
  /** `Job.owner`, `get(Job)`. */
  readonly what: string;
  readonly cure: string;
}

interface Tally {
  statements: number;
  objects: number;
}

/**
 * Finds the line of a program that loads one by one what a single statement could load: counts, in one session, the
 * statements that each line causes, and says so once. For development: does nothing while it is off.
 */
export class RepeatedLoads {
  readonly #limit: number;
  readonly #tallies = new Map<string, Tally>();

  /** @param limit - how many statements a line may cause; false: any number. */
  constructor(limit: number | false) {
    this.#limit = limit === false ? Infinity : limit;
  }

  /** Where the program is, if that may matter. */
  siteOf(below: Function): CallSite | undefined {
    return this.#limit === Infinity ? undefined : captureCallSite(below);
  }

  /** One more statement, for so many objects. */
  note(load: RepeatedLoad, site: CallSite | undefined, objects: number): void {
    const line = objects < MANY ? site?.line : undefined;
    if (line === undefined) return;
    const key = `${load.what} ${line}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) this.#tallies.set(key, (tally = { statements: 0, objects: 0 }));
    tally.statements++;
    tally.objects += objects;
    if (tally.statements === this.#limit) warn(RepeatedLoadsError.at(line, { ...load, ...tally }));
  }
}
