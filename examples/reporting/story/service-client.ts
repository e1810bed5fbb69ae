import { setTimeout as delay } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly body: any;
}

export interface PoolCounts {
  readonly size: number;
  readonly checkedIn: number;
  readonly checkedOut: number;
  readonly overflow: number;
  readonly waiting: number;
}

const LONGEST_WAIT_MS = 5_000;
const POLL_MS = 10;
const AT_ONCE = 8;

/** The service as a client has it: over HTTP. */
export class ServiceClient {
  readonly #address: string;

  constructor(address: string) {
    this.#address = address;
  }

  async get(path: string): Promise<Answer> {
    return answerOf(await fetch(this.#address + path));
  }

  async delete(path: string): Promise<Answer> {
    return answerOf(await fetch(this.#address + path, { method: 'DELETE' }));
  }

  async post(path: string, body: object): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return answerOf(await fetch(this.#address + path, { method: 'POST', headers, body: JSON.stringify(body) }));
  }

  /** Gets a path many times, some at once. @returns how often each status came. */
  async getMany(path: string, times: number): Promise<Record<string, number>> {
    const statuses: Record<string, number> = {};
    let left = times;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const { status } = await this.get(path);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return statuses;
  }

  async lines(path: string): Promise<number> {
    const response = await fetch(this.#address + path);
    return (await response.text()).split('\n').length - 1;
  }

  /** Leaves as soon as the first piece of the answer is there. */
  async leaveEarly(path: string): Promise<void> {
    const leaving = new AbortController();
    const response = await fetch(this.#address + path, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
  }

  /** Posts a job and waits for its end. */
  async job(kind: string, parameters: object): Promise<Answer['body']> {
    const { body } = await this.post('/jobs', { kind, parameters });
    return this.#until(async () => {
      const { body: job } = await this.get(`/jobs/${body.id}`);
      return job.status === 'done' || job.status === 'failed' ? job : undefined;
    }, `job ${body.id} to end`);
  }

  async pool(): Promise<PoolCounts> {
    return (await this.get('/pool')).body;
  }

  /** The pool's counts once nothing is out. What clients left early is given back a moment later than they left. */
  idlePool(): Promise<PoolCounts> {
    return this.#until(async () => {
      const pool = await this.pool();
      return pool.checkedOut === 0 ? pool : undefined;
    }, 'every connection to be back');
  }

  async #until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
    for (const start = performance.now(); performance.now() - start < LONGEST_WAIT_MS; await delay(POLL_MS)) {
      const found = await look();
      if (found !== undefined) return found;
    }
    throw new Error(`waited ${LONGEST_WAIT_MS} ms for ${what}`);
  }
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: await response.json() };
}
