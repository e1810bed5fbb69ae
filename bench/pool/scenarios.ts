import { SIZE } from './subjects.ts';
import type { Subject } from './subjects.ts';

/** One thing to measure. A result is what one checkout costs. */
export interface Scenario {
  readonly title: string;
  readonly unit: 'ns' | 'bytes';
  /** Checkouts in one measurement. */
  readonly checkouts: number;
  /** How often it runs in one process; the best counts. Memory is measured once, in a fresh process. */
  readonly batches: number;
  run(subject: Subject, checkouts: number): Promise<number>;
}

/** CPU time of this process, system included: the machine's other work does not count. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

async function timed(checkouts: number, work: () => Promise<unknown>): Promise<number> {
  const start = cpuNs();
  await work();
  return (cpuNs() - start) / checkouts;
}

async function cycle({ take, give }: Subject, times: number): Promise<void> {
  for (let i = 0; i < times; i++) give(await take());
}

/** Takes, works for one microtask, gives back, again and again. */
async function work({ take, give }: Subject, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const taken = await take();
    await undefined;
    give(taken);
  }
}

async function takeOnce({ take, give }: Subject): Promise<void> {
  give(await take());
}

async function uncontended(subject: Subject, checkouts: number): Promise<number> {
  return timed(checkouts, () => cycle(subject, checkouts));
}

const TASKS = 1_000;

async function contended(subject: Subject, checkouts: number): Promise<number> {
  const each = Math.max(1, Math.floor(checkouts / TASKS));
  const tasks = Math.min(TASKS, checkouts);
  return timed(each * tasks, () => Promise.all(Array.from({ length: tasks }, () => work(subject, each))));
}

async function burst(subject: Subject, checkouts: number): Promise<number> {
  return timed(checkouts, () => Promise.all(Array.from({ length: checkouts }, () => takeOnce(subject))));
}

/** Heap of one caller in line, its promise and its place in our array of promises (8 bytes) included. */
async function memory(subject: Subject, checkouts: number): Promise<number> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('memory is measured under --expose-gc');
  const held = await Promise.all(Array.from({ length: SIZE }, () => subject.take()));
  const waiting: Promise<unknown>[] = new Array<Promise<unknown>>(checkouts);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < checkouts; i++) waiting[i] = subject.take();
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / checkouts;
  for (const taken of held) subject.give(taken);
  for (const promise of waiting) subject.give(await promise);
  return bytes;
}

export const SCENARIOS = {
  uncontended: {
    title: 'uncontended: take and give back, one task',
    unit: 'ns',
    checkouts: 200_000,
    batches: 5,
    run: uncontended,
  },
  contended: { title: '1,000 tasks on 10 connections', unit: 'ns', checkouts: 200_000, batches: 5, run: contended },
  burst: { title: '50,000 checkouts at once on 10', unit: 'ns', checkouts: 50_000, batches: 3, run: burst },
  memory: { title: 'heap of one waiter', unit: 'bytes', checkouts: 20_000, batches: 1, run: memory },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
