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

/** What one statement loaded, and the line that caused it, as far as that was captured. */
interface SitedLoad {
  readonly site: CallSite | undefined;
  readonly objects: number;
}

interface Statement extends SitedLoad {
  readonly site: CallSite;
}

interface Tally {
  statements: number;
  objects: number;
}

/** What the statements for one model or relationship come to. */
interface Subject {
  /** While no line can have caused too many: putting a line into words costs more than a statement's share of one. */
  waiting: Statement[] | undefined;
  readonly tallies: Map<string, Tally>;
}

/**
 * Finds the line of a program that loads one by one what a single statement could load: counts, in one session, the
 * statements that each line causes, and says so once. For development: does nothing while it is off.
 */
export class RepeatedLoads {
  readonly #limit: number;
  readonly #subjects = new Map<object, Subject>();

  /** @param limit - how many statements a line may cause; false: any number. */
  constructor(limit: number | false) {
    this.#limit = limit === false ? Infinity : limit;
  }

  /** Where the program is, if that may matter. */
  siteOf(below: Function): CallSite | undefined {
    return this.#limit === Infinity ? undefined : captureCallSite(below);
  }

  /** One more statement for a model or relationship, and so many objects; `describe` says in words what it loads. */
  note(about: object, { site, objects }: SitedLoad, describe: () => RepeatedLoad): void {
    if (this.#limit === Infinity || site === undefined || objects >= MANY) return;
    let subject = this.#subjects.get(about);
    if (subject === undefined) this.#subjects.set(about, (subject = { waiting: [], tallies: new Map() }));
    const statements = [...(subject.waiting ?? []), { site, objects }];
    subject.waiting = statements.length < this.#limit ? statements : undefined;
    if (subject.waiting === undefined) for (const each of statements) this.#count(subject, each, describe);
  }

  #count({ tallies }: Subject, { site: { line }, objects }: Statement, describe: () => RepeatedLoad): void {
    if (line === undefined) return;
    let tally = tallies.get(line);
    if (tally === undefined) tallies.set(line, (tally = { statements: 0, objects: 0 }));
    tally.statements++;
    tally.objects += objects;
    if (tally.statements === this.#limit) warn(RepeatedLoadsError.at(line, { ...describe(), ...tally }));
  }
}
