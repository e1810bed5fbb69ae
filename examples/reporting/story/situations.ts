import type { Narrator } from './narrator.ts';
import type { ServiceClient } from './service-client.ts';

/** What the situations are told with. */
export interface Telling {
  readonly client: ServiceClient;
  readonly narrator: Narrator;
  /** Warnings of the service's process so far. */
  readonly warnings: readonly string[];
}

const MANY = 20;
/** 5 kept and 10 more. */
const MOST_CONNECTIONS = 15;

async function nothingOut({ client, narrator }: Telling): Promise<void> {
  const pool = await client.idlePool();
  narrator.fact('connections out', 0, pool.checkedOut);
  narrator.pool(pool);
}

async function endings(telling: Telling): Promise<void> {
  const { client, narrator, warnings } = telling;
  narrator.situation('S1', 'Handlers use the scoped session and never call remove(); the plugin is registered');
  const job = await client.job('order-lines', { from: '2025-01-01', to: '2025-01-31' });
  const jobs = (await client.get('/jobs')).body.length;

  narrator.fact(`${MANY} that succeed`, { 200: MANY }, await client.getMany(`/jobs/${job.id}`, MANY));
  narrator.fact(`${MANY} that write, then throw`, { 500: MANY }, await client.getMany('/situations/fails', MANY));
  for (let i = 0; i < MANY; i++) await client.leaveEarly('/situations/waits');
  narrator.fact(`${MANY} that write, then are left by their client`, 0, (await client.idlePool()).checkedOut);
  narrator.fact('1 that streams its rows', job.result.rowCount, await client.lines(job.result.stream));
  for (let i = 0; i < MANY; i++) await client.leaveEarly(job.result.stream);
  narrator.fact(`${MANY} streams left by their client`, 0, (await client.idlePool()).checkedOut);
  narrator.fact('1 that writes and forgets commit()', 200, (await client.get('/situations/forgets-commit')).status);
  await client.idlePool();
  narrator.says(
    '  it is warned about by name',
    /'GET \/situations\/forgets-commit'.*flushed <ReportingJob/,
    warnings.join('\n'),
  );
  narrator.quote(warnings.at(-1) ?? '');
  narrator.fact('jobs that all of these wrote and nobody committed', 0, (await client.get('/jobs')).body.length - jobs);
  await nothingOut(telling);
}

async function leak(telling: Telling): Promise<void> {
  const { client, narrator } = telling;
  narrator.situation('S2', 'A scoped session without plugin and without remove(): GET /leak');
  let answered = 0;
  let answer = await client.get('/leak');
  while (answer.status === 200 && answered < 2 * MOST_CONNECTIONS) {
    answered++;
    answer = await client.get('/leak');
  }
  narrator.fact('requests that are answered', MOST_CONNECTIONS, answered);
  narrator.fact(`number ${answered + 1}`, 503, answer.status);
  const text: string = answer.body.error;
  narrator.says(
    'its text is the pool’s',
    /^QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout /,
    text,
  );
  narrator.says('  it names the route', /15 were taken by GET \/leak/, text);
  narrator.says('  it names the line', /taken at examples\/reporting\/routes\/leak\.ts:\d+:\d+/, text);
  narrator.says('  it names the cause', /Looks like leak/, text);
  narrator.quote(shorten(text));
  narrator.pool(await client.pool());
  narrator.fact('sessions removed after all, by DELETE /leak', 200, (await client.delete('/leak')).status);
  await nothingOut(telling);
}

async function mended(telling: Telling): Promise<void> {
  const { client, narrator } = telling;
  narrator.situation('S3', 'The same handler with remove() in a finally');
  narrator.fact('40 requests', { 200: 40 }, await client.getMany('/leak/mended-by-remove', 40));
  await nothingOut(telling);

  narrator.situation('S4', 'The same handler without a global: await using, and Session.begin()');
  narrator.fact('40 requests with await using', { 200: 40 }, await client.getMany('/leak/mended-by-using', 40));
  narrator.fact('40 requests with Session.begin()', { 200: 40 }, await client.getMany('/leak/mended-by-begin', 40));
  narrator.fact('40 requests with the plugin', { 200: 40 }, await client.getMany('/leak/mended-by-plugin', 40));
  await nothingOut(telling);
}

async function detached(telling: Telling): Promise<void> {
  const { client, narrator } = telling;
  narrator.situation('S5', 'An object is used after its session has ended');
  const { body: plain } = await client.get('/situations/detached');
  narrator.fact('a loaded value reads normally', 'order-lines', plain.kind);
  narrator.fact('an unloaded relationship', 'DetachedInstanceError', plain.rows.error);
  narrator.says(
    '  its text',
    /is not bound to a Session; lazy load operation of attribute 'rows' cannot proceed/,
    plain.rows.message,
  );
  narrator.quote(plain.rows.message);
  const { body: expired } = await client.get('/situations/detached-expired');
  narrator.fact('with expireOnCommit: true, a loaded value', 'DetachedInstanceError', expired.kind.error);
  narrator.says(
    '  its text',
    /^Instance <ReportingJob at 0x[0-9a-f]+> is not bound to a Session; attribute refresh operation cannot proceed/,
    expired.kind.message,
  );
  narrator.quote(expired.kind.message);
  await nothingOut(telling);

  narrator.situation('S6', 'session.expungeAll() before leaving, with expireOnCommit: true');
  const { body: expunged } = await client.get('/situations/expunged');
  narrator.fact('everything that was loaded reads normally', { kind: 'order-lines', status: 'done' }, expunged);
  await nothingOut(telling);
}

async function autocommit(telling: Telling): Promise<void> {
  const { client, narrator } = telling;
  narrator.situation('S7', 'autocommit: true: each statement takes a connection and gives it back at once');
  const { body } = await client.get('/situations/autocommit');
  narrator.fact('checkouts of 5 statements', 5, body.checkouts);
  narrator.fact('checkouts of 5 statements inside begin()', 1, body.checkoutsInBegin);
  await nothingOut(telling);
}

/** What the product exists for, one after the other. */
export const SITUATIONS = [endings, leak, mended, detached, autocommit] as const;

/** The holders are all alike: two of them tell enough. */
function shorten(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('  - '));
  const end = lines.findLastIndex((line) => line.startsWith('  - ')) + 1;
  if (end - first <= 2) return text;
  return [...lines.slice(0, first + 2), `    … ${end - first - 2} more like these`, ...lines.slice(end)].join('\n');
}
