import { once } from 'node:events';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { fastify } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';

import { WebOptionError } from '../../src/index.ts';
import { hermeticFastify, scopeOf } from '../../src/web/fastify.ts';
import { DATABASES } from '../support/databases.ts';
import { fastifyFramework, listen } from './fastify-server.ts';
import { RawClient } from './raw-client.ts';
import { REQUEST_ENDINGS } from './request-endings.ts';
import { createWorld, expectAftermath, Note, writeNote } from './world.ts';

describe.each(DATABASES)('a request on $name', (database) => {
  test.each(REQUEST_ENDINGS)('leaves nothing behind when it is $name', async (ending) => {
    const world = await createWorld(database, ending.poolSize);
    const server = await fastifyFramework.serve(world.scopes, [ending.route(world)]);
    onTestFinished(() => server.close());
    const client = await RawClient.connect(server.port);
    await ending.drive(client, world, server);
    await expectAftermath(world, ending.leaves);
    await client.closed();
  });
});

describe('the fastify plugin', () => {
  const [database] = DATABASES;
  if (database === undefined) throw new Error('no database');

  test('serves injected requests', async () => {
    const world = await createWorld(database);
    const app = fastify();
    await app.register(hermeticFastify, { db: world.scopes });
    app.post('/notes', async () => {
      await writeNote(world);
      await world.db.commit();
      return { ok: true };
    });
    const response = await app.inject({ method: 'POST', url: '/notes', payload: { text: 'x' } });
    expect(response.json()).toEqual({ ok: true });
    await expectAftermath(world, {
      scopes: ['POST /notes: finished'],
      statements: ['begin', 'insert', 'commit'],
      committedNotes: 1,
    });
  });

  test('serves routes of other plugins, prefixed or not', async () => {
    const world = await createWorld(database);
    const app = fastify();
    const count = () => world.db.find(Note).count();
    await app.register(hermeticFastify, { db: world.scopes });
    await app.register(async (inner) => void inner.get('/plain', count));
    await app.register(async (inner) => void inner.get('/notes', count), { prefix: '/v1' });
    const answers = [await app.inject('/plain'), await app.inject('/v1/notes')];
    expect(answers.map(({ body }) => body)).toEqual(['0', '0']);
    expect(world.scopes.scopes.map(({ label }) => label)).toEqual(['GET /plain', 'GET /v1/notes']);
  });

  test('finds the scope of a request, whose signal aborts when the client leaves', async () => {
    const world = await createWorld(database);
    const app = fastify();
    onTestFinished(() => app.close());
    await app.register(hermeticFastify, { db: world.scopes });
    app.get('/notes', async (request) => {
      const signal = scopeOf(request, world.scopes)?.signal;
      expect({ raw: scopeOf(request.raw, world.scopes)?.signal === signal, other: scopeOf(request, world.db) }).toEqual(
        {
          raw: true,
          other: undefined,
        },
      );
      world.entered.resolve();
      if (signal !== undefined) await once(signal, 'abort');
      world.seen.push(String(signal?.reason).split(':')[0] ?? '');
      world.left.resolve();
    });
    const client = await RawClient.connect(await listen(app));
    client.request('GET /notes');
    await world.entered.promise;
    client.reset();
    await world.left.promise;
    expect(world.seen).toEqual(['ScopeClosedError']);
  });

  test('opens a closed scope for a client that left before its request came this far', async () => {
    const world = await createWorld(database);
    const app = fastify();
    onTestFinished(() => app.close());
    app.addHook('onRequest', async (request) => {
      world.entered.resolve();
      await new Promise<void>((resolve) => request.raw.socket.once('close', () => resolve()));
    });
    await app.register(hermeticFastify, { db: world.scopes });
    app.get('/notes', async () => {
      await writeNote(world).catch((error: Error) => world.seen.push(error.name));
      world.left.resolve();
    });
    const client = await RawClient.connect(await listen(app));
    client.request('GET /notes');
    await world.entered.promise;
    client.reset();
    await world.left.promise;
    await expectAftermath(world, {
      scopes: ['GET /notes: aborted'],
      statements: [],
      committedNotes: 0,
      seen: ['ScopeClosedError'],
    });
  });

  test('serves HTTP/2, where a stream is cut off without its connection', async () => {
    const world = await createWorld(database);
    const app = fastify({ http2: true });
    await app.register(hermeticFastify, { db: world.scopes });
    app.get('/notes', async () => {
      await writeNote(world);
      await world.db.commit();
      return { ok: true };
    });
    app.get('/wait', async () => {
      await writeNote(world);
      world.entered.resolve();
      await new Promise(() => {});
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
    onTestFinished(async () => {
      client.close();
      await app.close();
    });
    expect(await text(client.request({ ':path': '/notes' }))).toBe('{"ok":true}');
    const cut = client.request({ ':path': '/wait' });
    await world.entered.promise;
    cut.close();
    await expectAftermath(world, {
      scopes: ['GET /notes: finished', 'GET /wait: aborted'],
      statements: ['begin', 'insert', 'commit', 'begin', 'insert', 'rollback'],
      committedNotes: 1,
    });
  });

  test('is the default export, too', async () => {
    const { default: byDefault } = await import('../../src/web/fastify.ts');
    expect(byDefault).toBe(hermeticFastify);
  });

  test('refuses to be registered without a scoped session', async () => {
    const app = fastify();
    const options = { db: {} } as { db: Awaited<ReturnType<typeof createWorld>>['db'] };
    await expect(app.register(hermeticFastify, options)).rejects.toThrow(
      new WebOptionError({
        code: 'WEB_BAD_OPTION',
        message: "hermetic/fastify was given no scoped session as 'db'.",
        cure: 'Pass { db }, with db = scopedSession(Session).',
      }),
    );
  });
});
