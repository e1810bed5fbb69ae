import type { Engine } from '../../src/engine/engine.ts';
import type { ChaosWork } from './chaos-load.ts';

/** How long a piece of work may take before the program gives its connection up, milliseconds. */
const PATIENCE_MS = 1_500;

/** Bare connections with a transaction each, whose answers tell whom they belong to. */
export class ChaosConnections implements ChaosWork {
  readonly #engine: Engine;
  #count = 0;
  #wrong = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get wrongAnswers(): number {
    return this.#wrong;
  }

  async run(task: number): Promise<void> {
    const connection = await this.#engine.connect({ label: `task ${task}` });
    const token = ++this.#count;
    const patience = setTimeout(() => connection.invalidate(new Error('the program gave up')), PATIENCE_MS);
    try {
      connection.begin();
      const { rows } = await connection.execute('select $1::int', [token]);
      if (rows[0]?.[0] !== token) this.#wrong += 1;
      await connection.execute('select pg_sleep(0.002)');
      await connection.commit();
    } finally {
      clearTimeout(patience);
      await connection.release();
    }
  }
}
