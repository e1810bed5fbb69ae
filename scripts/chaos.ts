import { setTimeout as sleep } from 'node:timers/promises';

import { createEngine } from '../src/engine/create-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { ChaosConnections } from '../test/support/chaos-connections.ts';
import { ChaosLoad } from '../test/support/chaos-load.ts';
import { ChaosProxy } from '../test/support/chaos-proxy.ts';
import { ChaosSessions } from '../test/support/chaos-sessions.ts';
import { OwnPostgres } from '../test/support/own-postgres.ts';
import { SERVER_TROUBLES } from '../test/support/server-troubles.ts';
import type { ServerScene, ServerTrouble } from '../test/support/server-troubles.ts';

/** One trouble after the other for so many seconds, under load, on two PostgreSQL servers of its own: `npm run chaos -- 120`. */
const seconds = Number(process.argv[2] ?? 120);
const TASKS = 25;
const LONGEST_TROUBLE_MS = 3_000;
const LONGEST_RECOVERY_MS = 10_000;
const LONGEST_STOP_MS = 30_000;

const faults = new Set<string>();
process.on('uncaughtException', (error) => faults.add(`the process would have crashed: ${String(error)}`));
process.on('unhandledRejection', (error) => faults.add(`a rejection that nobody handles: ${String(error)}`));

/** What became of the work under one cause. */
class CauseTally {
  readonly outcomes = new Map<string, number>();
  readonly examples = new Map<string, string>();
  times = 0;
  slowestRecoveryMs = 0;

  add(load: ChaosLoad): void {
    const { counts, examples } = load.take();
    for (const [name, count] of Object.entries(counts)) {
      this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + count);
    }
    for (const [name, example] of examples) this.examples.set(name, example);
  }
}

type Loads = readonly ChaosLoad[];

async function suffer(trouble: ServerTrouble, loads: Loads, scene: ServerScene): Promise<CauseTally> {
  const tally = new CauseTally();
  loads.forEach((load) => load.take());
  await trouble.begin(scene);
  await sleep(trouble.lastsMs ?? Math.round(Math.random() * LONGEST_TROUBLE_MS));
  await trouble.end?.(scene);
  const endedAt = performance.now();
  const isRecovered = await within(LONGEST_RECOVERY_MS, allSucceed(loads));
  tally.times = 1;
  tally.slowestRecoveryMs = Math.round(performance.now() - endedAt);
  loads.forEach((load) => tally.add(load));
  if (!isRecovered) faults.add(`${trouble.name}: no recovery within ${LONGEST_RECOVERY_MS} ms`);
  for (const [name, example] of tally.examples) {
    const isTrue = ['ok', ...trouble.codes].some((code) => name === code || name.startsWith(`${code}:`));
    if (!isTrue) faults.add(`${trouble.name}: ${name} tells something else: ${example}`);
  }
  return tally;
}

async function allSucceed(loads: Loads): Promise<void> {
  await Promise.all(loads.map((load) => load.allSucceed()));
}

/** Whether it ended in time. */
function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), sleep(ms, false, { ref: false })]);
}

function merge(into: CauseTally | undefined, tally: CauseTally): CauseTally {
  if (into === undefined) return tally;
  into.times += 1;
  into.slowestRecoveryMs = Math.max(into.slowestRecoveryMs, tally.slowestRecoveryMs);
  for (const [name, count] of tally.outcomes) into.outcomes.set(name, (into.outcomes.get(name) ?? 0) + count);
  for (const [name, example] of tally.examples) into.examples.set(name, example);
  return into;
}

async function run(scene: ServerScene, engines: readonly Engine[]): Promise<void> {
  const engine = createEngine({
    url: scene.proxy.through(scene.active.url),
    poolTimeout: 2_000,
    connectTimeout: 1_000,
    driverOptions: { application_name: scene.victim },
  });
  const connections = new ChaosConnections(engine);
  const sessions = new ChaosSessions(engine);
  const loads = [new ChaosLoad(connections, TASKS), new ChaosLoad(sessions, TASKS)];
  if (!(await within(LONGEST_RECOVERY_MS, allSucceed(loads)))) throw new Error('nothing works, even without trouble');
  const tallies = new Map<string, CauseTally>();
  const end = performance.now() + seconds * 1_000;
  for (let turn = 0; performance.now() < end; turn++) {
    const trouble = SERVER_TROUBLES[turn % SERVER_TROUBLES.length];
    if (trouble === undefined) break;
    tallies.set(trouble.name, merge(tallies.get(trouble.name), await suffer(trouble, loads, scene)));
  }
  const areSettled = await within(LONGEST_STOP_MS, Promise.all(loads.map((load) => load.stop())));
  if (!areSettled) faults.add(`some work had not ended ${LONGEST_STOP_MS} ms after the last trouble`);
  report(tallies);
  await judge(engine);
  for (const { wrongAnswers } of [connections, sessions]) {
    if (wrongAnswers > 0) faults.add(`${wrongAnswers} answers were somebody else's`);
  }
  for (const fault of await sessions.faults(engines)) faults.add(fault);
}

function report(tallies: ReadonlyMap<string, CauseTally>): void {
  for (const [name, { times, slowestRecoveryMs, outcomes, examples }] of tallies) {
    console.log(`\n${name}: ${times} times, all well again after ${slowestRecoveryMs} ms at most`);
    for (const [outcome, count] of [...outcomes].toSorted((a, b) => b[1] - a[1])) {
      console.log(`${String(count).padStart(8)}  ${outcome.padEnd(28)}  ${oneLine(examples.get(outcome) ?? '')}`);
    }
  }
  console.log();
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 240);
}

async function judge(engine: Engine): Promise<void> {
  const { checkedOut, waiting } = engine.pool.status();
  if (checkedOut + waiting > 0) faults.add(`${checkedOut} connections are lost, ${waiting} callers forgotten`);
  const { holders } = await engine.pool.dispose();
  if (holders.length > 0) faults.add(`${holders.length} connections were still held at the end`);
}

async function main(): Promise<void> {
  const [active, standby] = await Promise.all([OwnPostgres.start(), OwnPostgres.start()]);
  const proxy = await ChaosProxy.start(active.url);
  const engines = [active, standby].map(({ url }) => createEngine({ url, pool: 'null' }));
  try {
    for (const engine of engines) await ChaosSessions.prepare(engine);
    await run({ proxy, active, standby, victim: `chaos ${process.pid}` }, engines);
  } finally {
    await Promise.all(engines.map((engine) => engine.dispose()));
    await proxy.close();
    await Promise.all([active.remove(), standby.remove()]);
  }
}

await main();
console.log(faults.size === 0 ? 'nothing lost, nothing wrong' : [...faults].join('\n'));
// Said outright: what starts the servers ends the process with a code of its own when nothing is left to do.
process.exit(faults.size === 0 ? 0 : 1);
