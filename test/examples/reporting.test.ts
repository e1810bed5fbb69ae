import { Script } from 'node:vm';

import { describe, expect, onTestFinished, test } from 'vitest';

import { createEngine } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { endedJob, get, idlePool, post, runJob, startService } from './reporting.ts';

const ORDERS = 700;
const KINDS = 'Kinds: revenue-by-month, revenue-by-country, top-customers, order-lines, customer-statement.';
const NO_CONNECTION_OUT = expect.objectContaining({ checkedOut: 0, waiting: 0 });

describe.each(DATABASES)('the reporting service on $name', (database) => {
  test('does a job of every kind with the example that it gives itself', async () => {
    const { address, service } = await startService(database, ORDERS);
    const { body: kinds } = await get(address, '/reports');
    for (const { kind, example, parameters, chart } of kinds) {
      expect(Object.keys(parameters.properties)).toEqual(Object.keys(example));
      const job = await runJob(address, kind, example);
      expect(job).toMatchObject({ kind, parameters: example, status: 'done', error: null, result: { chart } });
      expect(Object.keys(job.result.rows[0])).toEqual(expect.arrayContaining([chart.label, chart.value]));
    }
    expect(await idlePool(service)).toEqual(NO_CONNECTION_OUT);
  });

  test('gives a job as it is asked for, listed and done', async () => {
    const { address } = await startService(database, ORDERS);
    const asked = await post(address, '/jobs', { kind: 'top-customers', parameters: { limit: 2 } });
    const id = 1;
    const job = {
      id,
      kind: 'top-customers',
      parameters: { limit: 2 },
      createdAt: expect.stringMatching(/Z$/),
      error: null,
    };
    expect(asked).toEqual({
      status: 201,
      body: { ...job, status: 'queued', startedAt: null, finishedAt: null, result: null },
    });
    const done = await endedJob(address, id);
    const result = { rowCount: 2, stream: '/jobs/1/stream', chart: { label: 'customer', value: 'revenue' } };
    const times = { startedAt: expect.stringMatching(/Z$/), finishedAt: expect.stringMatching(/Z$/) };
    expect(done).toEqual({
      ...job,
      ...times,
      status: 'done',
      result: { ...result, rows: [expect.anything(), expect.anything()] },
    });
    expect(await get(address, '/jobs')).toEqual({ status: 200, body: [{ ...job, ...times, status: 'done', result }] });
  });

  test('streams what the database holds, row by row', async () => {
    const { address, service } = await startService(database, ORDERS);
    const job = await runJob(address, 'order-lines', { from: '2024-01-01', to: '2024-12-31' });
    const { rows } = await service.engine.execute(
      `select l.id, o.id, cast(o.placed_on as text), c.name, p.name, l.quantity, l.amount_cents
       from reporting_orders o
       join reporting_order_lines l on l.order_id = o.id
       join reporting_customers c on c.id = o.customer_id
       join reporting_products p on p.id = l.product_id
       where o.placed_on between '2024-01-01' and '2024-12-31' order by o.id, l.id`,
    );
    const expected = rows.map(([line, order, placedOn, customer, product, quantity, cents]) => {
      return { line, order, placedOn, customer, product, quantity, amount: Number(cents) / 100 };
    });
    const response = await fetch(address + job.result.stream);
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(expected);
    expect({ rowCount: job.result.rowCount, type: response.headers.get('content-type') }).toEqual({
      rowCount: expected.length,
      type: 'application/x-ndjson',
    });
    // Several pages of the stream, and several of the report.
    expect(expected.length).toBeGreaterThan(1_000);
  });

  test('sums up what the database holds', async () => {
    const { address, service } = await startService(database, ORDERS);
    const total = async (where: string): Promise<number> => {
      const { rows } = await service.engine.execute(
        `select sum(l.amount_cents) from reporting_order_lines l join reporting_orders o on o.id = l.order_id where ${where}`,
      );
      return Number(rows[0]?.[0]);
    };
    const sum = (job: { result: { rows: { revenue: number }[] } }): number =>
      Math.round(job.result.rows.reduce((cents, { revenue }) => cents + revenue * 100, 0));
    const months = await runJob(address, 'revenue-by-month', { year: 2025 });
    const countries = await runJob(address, 'revenue-by-country', { from: '2024-05-01', to: '2024-05-31' });
    expect([sum(months), sum(countries)]).toEqual([
      await total("o.placed_on >= '2025-01-01'"),
      await total("o.placed_on between '2024-05-01' and '2024-05-31'"),
    ]);
  });

  test.each([
    ['{', "Body is not valid JSON but content-type is set to 'application/json'", 'FST_ERR_CTP_INVALID_JSON_BODY'],
    [[], 'The body must be a JSON object: { kind, parameters }.'],
    [{ parameters: {} }, `kind is missing, or no text. ${KINDS}`],
    [{ kind: 'sales' }, `There is no report of the kind 'sales'. ${KINDS}`],
    [{ kind: 'toString' }, `There is no report of the kind 'toString'. ${KINDS}`],
    [{ kind: 'top-customers', parameters: 3 }, 'parameters must be an object.'],
    [{ kind: 'top-customers' }, "parameter 'limit' is missing."],
    [
      { kind: 'top-customers', parameters: { limit: 101, top: 1 } },
      "parameter 'limit' must be a whole number from 1 to 100; parameter 'top' is unknown; there are: limit.",
    ],
    [
      { kind: 'order-lines', parameters: { from: '2025-02-30', to: 7 } },
      "parameter 'from' must be a date, as YYYY-MM-DD; parameter 'to' must be a date, as YYYY-MM-DD.",
    ],
  ])('refuses %j', async (body, error, code = 'BAD_REQUEST') => {
    const { address, service } = await startService(database, 1);
    expect(await post(address, '/jobs', body)).toEqual({ status: 400, body: { error, code } });
    expect((await get(address, '/jobs')).body).toEqual([]);
    expect(await idlePool(service)).toEqual(NO_CONNECTION_OUT);
  });

  test('fails a job whose parameters lead nowhere, and streams none of it', async () => {
    const { address } = await startService(database, 1);
    const job = await runJob(address, 'customer-statement', { customerId: 999_999 });
    expect(job).toMatchObject({ status: 'failed', error: 'There is no customer 999999.', result: null });
    expect(await get(address, `/jobs/${job.id}/stream`)).toEqual({
      status: 409,
      body: { error: 'Job 1 is failed: it has no result to stream.', code: 'CONFLICT' },
    });
  });

  test('says that there is no such job, and no such thing', async () => {
    const { address } = await startService(database, 1);
    for (const id of ['7', '0', '-1', 'x', '99999999999999999999']) {
      const answer = { status: 404, body: { error: `There is no job '${id}'.`, code: 'NOT_FOUND' } };
      expect([await get(address, `/jobs/${id}`), await get(address, `/jobs/${id}/stream`)]).toEqual([answer, answer]);
    }
    expect(await get(address, '/leak')).toEqual({
      status: 404,
      body: { error: 'There is nothing at GET /leak.', code: 'NOT_FOUND' },
    });
  });

  test('fails exactly the sixteenth request that leaks, and names the route and the line', async () => {
    const { address } = await startService(database, 1, { leak: true, poolTimeout: 500 });
    for (let forgotten = 1; forgotten <= 15; forgotten++) {
      expect(await get(address, '/leak')).toEqual({ status: 200, body: { jobs: 0, forgotten } });
    }
    const { status, body } = await get(address, '/leak');
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'POOL_TIMEOUT' });
    expect(body.error).toMatch(/^QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 0\.5\n/);
    expect(body.error).toMatch(/- 15 × GET \/leak: .*taken at examples\/reporting\/routes\/leak\.ts:\d+:\d+\n/);
    expect((await get(address, '/pool')).body).toMatchObject({
      size: 5,
      checkedIn: 0,
      checkedOut: 15,
      overflow: 10,
      waiting: 0,
    });
    const given = await fetch(`${address}/leak`, { method: 'DELETE' });
    expect([given.status, (await get(address, '/pool')).body.checkedOut, (await get(address, '/jobs')).status]).toEqual(
      [200, 0, 200],
    );
  });

  test('ends every job when it stops', async () => {
    const { address, url, close } = await startService(database, ORDERS);
    for (let i = 0; i < 8; i++)
      await post(address, '/jobs', { kind: 'order-lines', parameters: { from: '2024-01-01', to: '2025-12-31' } });
    await close();
    const engine = createEngine(url);
    onTestFinished(() => engine.dispose());
    const { rows } = await engine.execute(
      "select status, error, finished_at is not null from reporting_jobs where status <> 'done'",
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const [status, error, hasEnd] of rows) {
      expect([status, error, Boolean(hasEnd)]).toEqual(['failed', 'The service stopped before this job ended.', true]);
    }
  });

  test('never gives one job to two workers', async () => {
    const { address, service } = await startService(database, 10);
    const jobs = Array.from({ length: 30 }, () =>
      post(address, '/jobs', { kind: 'top-customers', parameters: { limit: 5 } }),
    );
    const ids = (await Promise.all(jobs)).map(({ body }) => body.id as number);
    const ended = [];
    for (const id of ids) ended.push(await endedJob(address, id));
    expect(ended.map(({ status, error }) => ({ status, error }))).toEqual(
      ids.map(() => ({ status: 'done', error: null })),
    );
    const { rows } = await service.engine.execute('select count(*) from reporting_rows');
    expect(Number(rows[0]?.[0])).toBe(30 * 5);
  });
});

describe('the page', () => {
  const [database] = DATABASES;
  if (database === undefined) throw new Error('no database');

  test('needs nothing from elsewhere, and its script is sound', async () => {
    const { address } = await startService(database, 1);
    const response = await fetch(address);
    const html = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html.match(/(?:https?:)?\/\/[a-z][^'"\s]*/g)).toEqual(['http://www.w3.org/2000/svg']);
    const script = /<script>(.*)<\/script>/s.exec(html)?.[1] ?? '';
    expect(() => new Script(script)).not.toThrow();
    const ids = [...script.matchAll(/by\('(\w+)'\)/g)].map(([, id]) => `id="${id}"`);
    expect(ids.filter((id) => !html.includes(id))).toEqual([]);
  });
});
