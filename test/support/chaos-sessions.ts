import { Model } from '../../src/model/model.ts';
import { t } from '../../src/mapping/t.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { scopedSession } from '../../src/session/scoped-session.ts';
import type { ScopedSession } from '../../src/session/scoped-session.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { ChaosWork } from './chaos-load.ts';

/** How long a scope may take before the program gives it up, milliseconds. */
const PATIENCE_MS = 1_500;
/** How long the scope then waits for its statement. */
const GRACE_MS = 300;

/** One row for each piece of work. Nothing keeps two rows from having one token, so that a second one would show. */
class Entry extends Model('chaos_entries', { id: t.serial().primaryKey(), token: t.integer() }) {}

/** Scoped sessions that write one row each and commit it, and a book of what they were told. */
export class ChaosSessions implements ChaosWork {
  readonly #db: ScopedSession;
  /** Tokens whose commit succeeded. */
  readonly #told = new Set<number>();
  #count = 0;
  #wrong = 0;

  /** @param engine - of a database that `prepare` has been to. */
  constructor(engine: Engine) {
    this.#db = scopedSession(sessionFactory(engine, { models: { Entry } }), { graceMs: GRACE_MS });
  }

  get wrongAnswers(): number {
    return this.#wrong;
  }

  static async prepare(engine: Engine): Promise<void> {
    await engine.createAll([Entry]);
  }

  async run(task: number): Promise<void> {
    const token = ++this.#count;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await this.#db.run(() => this.#write(token), { label: `session ${task}`, signal });
    this.#told.add(token);
  }

  /**
   * Commits that succeeded and left no row, or work that left more than one, across the databases that there were.
   *
   * @returns a sentence for each kind of fault.
   */
  async faults(engines: readonly Engine[]): Promise<string[]> {
    const rows = new Map<number, number>();
    for (const engine of engines) {
      const answer = await engine.execute('select token, count(*)::int from chaos_entries group by token');
      for (const [token, count] of answer.rows) rows.set(Number(token), (rows.get(Number(token)) ?? 0) + Number(count));
    }
    const lost = [...this.#told].filter((token) => !rows.has(token)).length;
    const double = [...rows.values()].filter((count) => count > 1).length;
    const found = [...rows.keys()].filter((token) => !this.#told.has(token)).length;
    console.log(`${this.#told.size} commits succeeded; ${found} more were lost on the way and had happened`);
    return [
      ...(lost === 0 ? [] : [`${lost} commits succeeded and left no row`]),
      ...(double === 0 ? [] : [`${double} pieces of work left more than one row`]),
    ];
  }

  async #write(token: number): Promise<void> {
    const entry = new Entry({ token });
    this.#db.add(entry);
    await this.#db.flush();
    const found = await this.#db.find(Entry).where('id', '=', entry.id).one();
    if (found !== entry || found.token !== token) this.#wrong += 1;
    await this.#db.commit();
  }
}
