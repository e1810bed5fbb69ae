import { setTimeout as sleep } from 'node:timers/promises';

import { createEngine } from '../src/engine/create-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { ChaosLoad } from '../test/support/chaos-load.ts';
import { ChaosProxy } from '../test/support/chaos-proxy.ts';
import type { ChaosScene, Trouble } from '../test/support/troubles.ts';
import { TROUBLES } from '../test/support/troubles.ts';

/** One trouble after the other for so many seconds, under load: `npm run chaos -- 120`. Needs HERMETIC_POSTGRES_URL. */
const seconds = Number(process.argv[2] ?? 120);
const url = process.env['HERMETIC_POSTGRES_URL'];
const TASKS = 50;
const LONGEST_TROUBLE_MS = 3_000;
const LONGEST_RECOVERY_MS = 30_000;

const faults: string[] = [];
process.on('uncaughtException', (error) => faults.push(`the process would have crashed: ${String(error)}`));
process.on('unhandledRejection', (error) => faults.push(`a rejection that nobody handles: ${String(error)}`));

async function suffer({ name, codes, begin }: Trouble, load: ChaosLoad, scene: ChaosScene): Promise<void> {
  load.take();
  const ms = Math.round(Math.random() * LONGEST_TROUBLE_MS);
  await begin(scene);
  await sleep(ms);
  await scene.proxy.heal();
  const healedAt = performance.now();
  const recovered = load.allSucceed().then(() => true);
  const isRecovered = await Promise.race([recovered, sleep(LONGEST_RECOVERY_MS, false)]);
  const { counts, examples } = load.take();
  const took = Math.round(performance.now() - healedAt);
  console.log(`${name} for ${ms} ms; all well ${took} ms after the end: ${JSON.stringify(counts)}`);
  if (!isRecovered) faults.push(`${name}: no recovery within ${LONGEST_RECOVERY_MS} ms`);
  for (const [code, example] of examples) {
    if (code !== 'ok' && !codes.includes(code)) faults.push(`${name}: ${code} tells something else: ${example}`);
  }
}

async function run(address: string): Promise<void> {
  const victim = `chaos ${process.pid}`;
  const proxy = await ChaosProxy.start(address);
  const admin = createEngine({ url: address, poolSize: 1 });
  const engine = createEngine({
    url: proxy.through(address),
    poolTimeout: 2_000,
    connectTimeout: 1_000,
    driverOptions: { application_name: victim },
  });
  const load = new ChaosLoad(engine, TASKS);
  await load.allSucceed();
  const end = performance.now() + seconds * 1_000;
  for (let turn = 0; performance.now() < end; turn++) {
    const trouble = TROUBLES[turn % TROUBLES.length];
    if (trouble !== undefined) await suffer(trouble, load, { proxy, admin, victim });
  }
  await load.stop();
  await judge(engine, load);
  await admin.dispose();
  await proxy.close();
}

async function judge(engine: Engine, load: ChaosLoad): Promise<void> {
  const { checkedOut, waiting } = engine.pool.status();
  if (checkedOut + waiting > 0) faults.push(`${checkedOut} connections are lost, ${waiting} callers forgotten`);
  if (load.wrongAnswers > 0) faults.push(`${load.wrongAnswers} answers were somebody else's`);
  const { holders } = await engine.pool.dispose();
  if (holders.length > 0) faults.push(`${holders.length} connections were still held at the end`);
}

if (url === undefined) throw new Error('Set HERMETIC_POSTGRES_URL to a PostgreSQL server.');
await run(url);
console.log(faults.length === 0 ? 'nothing lost, nothing wrong' : faults.join('\n'));
process.exitCode = faults.length === 0 ? 0 : 1;
