import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { seededRandom, sendAll } from './load-client.ts';
import type { LoadAnswer, LoadRequest } from './load-client.ts';
import { get, idlePool, runJob, startService } from './reporting.ts';

const REQUESTS = 2_000;
const CONNECTIONS = 64;
const ORDERS = 210;
const LONGEST_STAY = 6;

/** A request that the service answers, and what it must answer. */
type Asked = readonly [request: Omit<LoadRequest, 'leave'>, expected: (answer: LoadAnswer) => unknown, wanted: unknown];

const FAILING: Asked = [
  { method: 'GET', path: '/situations/fails' },
  ({ status, text }) => [status, text],
  [500, '{"error":"The request failed.","code":"INTERNAL"}'],
];

describe.each(DATABASES)(
  '2,000 requests on 64 connections to $name, a tenth cut off and a tenth failing',
  (database) => {
    test('give back every connection, end every transaction, and answer right', async () => {
      const { address, service } = await startService(database, ORDERS);
      const asked = await answeredRequests(address);
      const random = seededRandom(20_261_122);
      const wrong: unknown[] = [];
      const counts = { answered: 0, failed: 0 };
      let sent = 0;
      const left = await sendAll(address, CONNECTIONS, () => {
        if (sent === REQUESTS) return undefined;
        sent++;
        const fate = random();
        const isFailing = fate < 0.1;
        const choice = asked[Math.floor(random() * asked.length)] ?? FAILING;
        const [request, read, wanted] = isFailing ? FAILING : choice;
        const leave = fate > 0.9 ? momentOf(random()) : undefined;
        const check = (answer: LoadAnswer): void => {
          counts[isFailing ? 'failed' : 'answered']++;
          const given = read(answer);
          if (JSON.stringify(given) !== JSON.stringify(wanted)) wrong.push({ request, given, wanted });
        };
        return { request: { ...request, leave }, check };
      });
      expect(wrong).toEqual([]);
      expect(counts.answered + counts.failed + left).toBe(REQUESTS);
      expect([counts.failed > 150, left > 100]).toEqual([true, true]);
      await everyJobEnds(address, service);
      expect(await idlePool(service)).toEqual(
        expect.objectContaining({ checkedOut: 0, overflow: expect.any(Number), waiting: 0 }),
      );
      expect(service.engine.pool.holders()).toEqual([]);
      if (database.name === 'postgres') expect(await openTransactions(service)).toEqual([]);
    }, 60_000);
  },
);

/** Half of those who leave do so when the answer begins, the others after some turns of the event loop. */
function momentOf(random: number): LoadRequest['leave'] {
  return random < 0.5 ? 'at answer' : Math.floor((random - 0.5) * 2 * LONGEST_STAY);
}

async function answeredRequests(address: string): Promise<Asked[]> {
  const { id, result } = await runJob(address, 'order-lines', { from: '2024-01-01', to: '2024-01-31' });
  const job = (await get(address, `/jobs/${id}`)).body;
  const rows = await (await fetch(address + result.stream)).text();
  const { body: kinds } = await get(address, '/reports');
  const json = ({ status, text }: LoadAnswer): unknown => [status, JSON.parse(text)];
  const body = JSON.stringify({ kind: 'top-customers', parameters: { limit: 3 } });
  return [
    ...Array.from({ length: 5 }, (): Asked => [{ method: 'GET', path: `/jobs/${id}` }, json, [200, job]]),
    [{ method: 'GET', path: result.stream }, ({ status, text }) => [status, text], [200, rows]],
    [{ method: 'GET', path: result.stream }, ({ status, text }) => [status, text], [200, rows]],
    [{ method: 'GET', path: '/reports' }, json, [200, kinds]],
    [{ method: 'GET', path: '/jobs/999999' }, json, [404, { error: "There is no job '999999'.", code: 'NOT_FOUND' }]],
    [
      { method: 'POST', path: '/jobs', body },
      ({ status, text }) => [status, JSON.parse(text).kind],
      [201, 'top-customers'],
    ],
  ];
}

async function everyJobEnds(address: string, { engine }: { readonly engine: Engine }): Promise<void> {
  for (;;) {
    const { rows } = await engine.execute("select count(*) from reporting_jobs where status in ('queued', 'running')");
    if (Number(rows[0]?.[0]) === 0) break;
    await get(address, '/pool');
  }
  const { rows } = await engine.execute("select count(*) from reporting_jobs where status <> 'done'");
  expect(Number(rows[0]?.[0])).toBe(0);
}

/** Connections of the service that are in a transaction, as the server sees them. */
async function openTransactions({ engine }: { readonly engine: Engine }): Promise<unknown[]> {
  const { rows } = await engine.execute(
    `select state, query from pg_stat_activity
     where application_name = current_setting('application_name') and pid <> pg_backend_pid() and xact_start is not null`,
  );
  return rows;
}
