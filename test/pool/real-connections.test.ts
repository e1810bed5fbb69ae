import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest';

import { PoolTimeoutError, QueuePool } from '../../src/pool/index.ts';
import type { PoolOptions } from '../../src/pool/index.ts';
import { realServers } from '../support/real-connectors.ts';
import type { RealConnection } from '../support/real-connectors.ts';

const folder = mkdtempSync(join(tmpdir(), 'hermetic-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SERVERS = await realServers(inject('postgresUrl'), join(folder, 'pool.db'));
let tables = 0;

describe.each(SERVERS)('A pool of bare $server.name connections', ({ server, url }) => {
  function open(options: PoolOptions = {}): QueuePool<RealConnection> {
    const pool = new QueuePool(server.connector(url), { name: server.name, ...options });
    onTestFinished(async () => void (await pool.dispose()));
    return pool;
  }

  async function makeTable(pool: QueuePool<RealConnection>): Promise<string> {
    const table = `pool_rows_${process.pid}_${++tables}`;
    await using lease = await pool.checkout();
    await lease.connection.value(`create table ${table} (n integer)${server.tableOptions}`);
    onTestFinished(async () => {
      const cleaner = new QueuePool(server.connector(url));
      await using last = await cleaner.checkout();
      await last.connection.value(`drop table ${table}`);
      await last.release();
      await cleaner.dispose();
    });
    return table;
  }

  it('lends up to its limit, and a returned one to whoever waits', async () => {
    const pool = open({ size: 1, maxOverflow: 1, timeout: 5_000 });
    const [first, second] = [await pool.checkout(), await pool.checkout()];
    const waiting = pool.checkout();
    expect([first.connection.id === second.connection.id, pool.status().waiting]).toEqual([false, 1]);
    const { id } = first.connection;
    await first.release();
    const third = await waiting;
    expect([third.connection.id, Number(await third.connection.value('select 7'))]).toEqual([id, 7]);
    await second.release();
    await third.release();
    expect(pool.status()).toMatchObject({ checkedIn: 1, checkedOut: 0 });
  });

  it('refuses whoever cannot be served in time', async () => {
    const pool = open({ size: 1, maxOverflow: 0, collectBeforeTimeout: false });
    await using lease = await pool.checkout();
    await expect(pool.checkout({ timeout: 1 })).rejects.toBeInstanceOf(PoolTimeoutError);
    expect(Number(await lease.connection.value('select 1'))).toBe(1);
  });

  it('rolls back what a borrower left open', async () => {
    const pool = open({ size: 1, maxOverflow: 0 });
    const table = await makeTable(pool);
    const first = await pool.checkout();
    await first.connection.value('begin');
    await first.connection.value(`insert into ${table} values (1)`);
    await first.release();
    await using second = await pool.checkout();
    expect(Number(await second.connection.value(`select count(*) from ${table}`))).toBe(0);
  });

  it('keeps what a borrower left open with resetOnReturn none', async () => {
    const pool = open({ size: 1, maxOverflow: 0, resetOnReturn: 'none' });
    const table = await makeTable(pool);
    const first = await pool.checkout();
    await first.connection.value('begin');
    await first.connection.value(`insert into ${table} values (1)`);
    await first.release();
    const second = await pool.checkout();
    expect(Number(await second.connection.value(`select count(*) from ${table}`))).toBe(1);
    await second.connection.value('rollback');
    await second.release();
  });

  it('replaces every older connection after invalidateAll, lent ones when they come back', async () => {
    const pool = open({ size: 2, maxOverflow: 0 });
    const [first, second] = [await pool.checkout(), await pool.checkout()];
    const before = [first.connection.id, second.connection.id];
    await first.release();
    pool.invalidateAll();
    await second.release();
    const after = [await pool.checkout(), await pool.checkout()];
    expect(after.filter(({ connection }) => before.includes(connection.id))).toEqual([]);
    for (const lease of after) await lease.release();
  });

  it('frees the place of a detached connection, which lives on', async () => {
    const pool = open({ size: 1, maxOverflow: 0 });
    const connection = (await pool.checkout()).detach();
    await using next = await pool.checkout();
    expect([next.connection.id === connection.id, Number(await connection.value('select 3'))]).toEqual([false, 3]);
    await server.connector(url).close(connection);
  });

  it('warms up, and serves a crowd on few connections', async () => {
    const pool = open({ size: 3, maxOverflow: 0 });
    await pool.warmUp();
    expect(pool.status().checkedIn).toBe(3);
    const ids = new Set<number>();
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        await using lease = await pool.checkout();
        ids.add(lease.connection.id);
        return Number(await lease.connection.value(`select ${n}`)) === n;
      }),
    );
    expect([answers.every(Boolean), ids.size]).toEqual([true, 3]);
  });

  it('has closed every connection when dispose resolves', async () => {
    const pool = open({ size: 2, maxOverflow: 0 });
    const [first, second] = [await pool.checkout(), await pool.checkout()];
    const connections = [first.connection, second.connection];
    await first.release();
    const disposed = pool.dispose();
    await second.release();
    expect(await disposed).toEqual({ holders: [] });
    for (const connection of connections) await expect(connection.value('select 1')).rejects.toThrow();
  });

  const { kill } = server;
  if (kill === undefined) return;

  it('replaces a connection that the server ended, before it is lent', async () => {
    const pool = open({ size: 2, maxOverflow: 0, prePing: true });
    const [victim, killer] = [await pool.checkout(), await pool.checkout()];
    const { id } = victim.connection;
    await victim.release();
    await killer.connection.value(kill(id));
    await using next = await pool.checkout();
    expect([next.connection.id === id, Number(await next.connection.value('select 1'))]).toEqual([false, 1]);
    await killer.release();
  });

  it('loses no place when connections are killed while they are lent', async () => {
    const pool = open({ size: 3, maxOverflow: 0 });
    const leases = [await pool.checkout(), await pool.checkout()];
    const killer = await pool.checkout();
    for (const { connection } of leases) await killer.connection.value(kill(connection.id));
    for (const lease of leases) {
      const error: unknown = await lease.connection.value('select 1').catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(Error);
      lease.invalidateAll(error);
    }
    await killer.release();
    const again = await Promise.all([pool.checkout(), pool.checkout(), pool.checkout()]);
    expect(new Set(again.map(({ connection }) => connection.id)).size).toBe(3);
    for (const lease of again) await lease.release();
  });
});
