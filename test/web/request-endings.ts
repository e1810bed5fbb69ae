import { expect } from 'vitest';

import type { Connection } from '../../src/index.ts';
import { commitNote, get, goOn, resume, stream, writeAndWait } from './handlers.ts';
import type { RawClient } from './raw-client.ts';
import type { ServedRoute, TestServer } from './web-server.ts';
import type { Aftermath, World } from './world.ts';
import { Note, writeNote } from './world.ts';

/** One way in which requests end, and what must be left of it. */
export interface RequestEnding {
  readonly name: string;
  /** Connections of the pool, without overflow. Default 5. */
  readonly poolSize?: number;
  route(world: World): ServedRoute;
  /** Plays the client. */
  drive(client: RawClient, world: World, server: TestServer): Promise<void>;
  readonly leaves: Aftermath;
}

const COMMITTED = ['begin', 'insert', 'commit'];
const ROLLED_BACK = ['begin', 'insert', 'rollback'];

const exchange =
  (line: string, answer: string): RequestEnding['drive'] =>
  async (client) => {
    client.request(line);
    await client.receive(answer);
    await client.receive('\r\n\r\n');
    client.leave();
    expect(client.text).toContain(answer);
  };

/** Ways of the handler and the framework. */
const ANSWERED: readonly RequestEnding[] = [
  {
    name: 'answered',
    route: (world) => get(() => commitNote(world)),
    drive: exchange('GET /notes/7', '200 OK'),
    leaves: { scopes: ['GET /notes/:id: finished'], statements: COMMITTED, committedNotes: 1 },
  },
  {
    name: 'answered without a commit',
    route: (world) => get(() => writeNote(world).then(() => ({ ok: true }))),
    drive: exchange('GET /notes/7', '200 OK'),
    leaves: {
      scopes: ['GET /notes/:id: finished'],
      statements: ROLLED_BACK,
      committedNotes: 0,
      warnings: [
        expect.stringMatching(
          /^The scope 'GET \/notes\/:id' ended with uncommitted changes, which are rolled back: flushed <Note at 0x[0-9a-f]+>\. Call commit\(\) before it ends\.$/,
        ) as string,
      ],
    },
  },
  {
    name: 'answered to HEAD',
    route: (world) => get(() => commitNote(world)),
    drive: exchange('HEAD /notes/7', '200 OK'),
    leaves: { scopes: ['HEAD /notes/:id: finished'], statements: COMMITTED, committedNotes: 1 },
  },
  {
    name: 'answered past an offer to upgrade',
    route: (world) => get(() => commitNote(world)),
    async drive(client) {
      client.send('GET /notes/7 HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      await client.receive('200 OK');
      client.leave();
    },
    leaves: { scopes: ['GET /notes/:id: finished'], statements: COMMITTED, committedNotes: 1 },
  },
  {
    name: 'thrown at once',
    route: ({ db }) =>
      get(() => {
        db.add(new Note({ text: 'pending' }));
        throw new Error('thrown at once');
      }),
    drive: exchange('GET /notes/7', '500 Internal Server Error'),
    leaves: { scopes: ['GET /notes/:id: failed'], statements: [], committedNotes: 0 },
  },
  {
    name: 'thrown after an await',
    route: (world) =>
      get(async () => {
        await writeNote(world);
        throw new Error('thrown later');
      }),
    drive: exchange('GET /notes/7', '500 Internal Server Error'),
    leaves: { scopes: ['GET /notes/:id: failed'], statements: ROLLED_BACK, committedNotes: 0 },
  },
  {
    name: 'thrown into an error handler that throws',
    route: (world) => ({
      ...get(async () => {
        await writeNote(world);
        throw new Error('thrown later');
      }),
      errorHandlerThrows: true,
    }),
    drive: exchange('GET /notes/7', '500 Internal Server Error'),
    leaves: { scopes: ['GET /notes/:id: failed'], statements: ROLLED_BACK, committedNotes: 0 },
  },
  {
    name: 'not found',
    route: (world) => get(() => commitNote(world)),
    drive: exchange('GET /elsewhere', '404 Not Found'),
    leaves: { scopes: ['GET (no route): failed'], statements: [], committedNotes: 0 },
  },
  {
    name: 'refused for malformed JSON',
    route: (world) => ({ method: 'POST', path: '/notes', handle: () => commitNote(world) }),
    async drive(client) {
      client.send('POST /notes HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{');
      await client.receive('400 Bad Request');
      client.leave();
    },
    leaves: { scopes: ['POST /notes: failed'], statements: [], committedNotes: 0 },
  },
  {
    name: 'answered past the framework',
    route: (world) => ({
      ...get(async ({ response }) => {
        await commitNote(world);
        response.end('by hand');
      }),
      isHijacked: true,
    }),
    drive: exchange('GET /notes/7', '200 OK'),
    leaves: { scopes: ['GET /notes/:id: finished'], statements: COMMITTED, committedNotes: 1 },
  },
  {
    name: 'answered while its work goes on',
    route: (world) =>
      get(async () => {
        const { db, seen } = world;
        seen.push(String(db.isInScope));
        void world.scopes.ended(1).then(() => goOn(world));
        return commitNote(world);
      }),
    async drive(client, world) {
      client.request('GET /notes/7');
      await world.left.promise;
      client.leave();
    },
    leaves: {
      scopes: ['GET /notes/:id: finished'],
      statements: COMMITTED,
      committedNotes: 1,
      seen: ['true', 'SCOPE_CLOSED'],
    },
  },
  {
    name: 'answered around a scope of its own',
    route: (world) =>
      get(async () => {
        const { db, seen } = world;
        const outer = db.current();
        await db.run(async () => {
          seen.push(db.current() === outer ? 'one session' : 'two sessions');
          await commitNote(world);
        });
        seen.push(db.current() === outer ? 'the same again' : 'another');
        return commitNote(world);
      }),
    drive: exchange('GET /notes/7', '200 OK'),
    leaves: {
      scopes: ['GET /notes/:id: finished'],
      statements: [...COMMITTED, ...COMMITTED],
      committedNotes: 2,
      seen: ['two sessions', 'the same again'],
    },
  },
];

/** Ways of clients that share a connection among requests. */
const CHAINED: readonly RequestEnding[] = [
  {
    name: 'answered twice on one connection',
    route: (world) => get(() => commitNote(world)),
    async drive(client) {
      client.request('GET /notes/7');
      await client.receive('200 OK');
      client.request('GET /notes/8');
      await client.receive('200 OK', 2);
      client.leave();
    },
    leaves: {
      scopes: ['GET /notes/:id: finished', 'GET /notes/:id: finished'],
      statements: [...COMMITTED, ...COMMITTED],
      committedNotes: 2,
    },
  },
  {
    name: 'pipelined, the second faster than the first',
    route: (world) =>
      get(async ({ request }) => {
        if (request.url === '/notes/slow') await world.go.promise;
        const answer = await commitNote(world);
        world.go.resolve();
        return answer;
      }),
    async drive(client) {
      client.request('GET /notes/slow', 'GET /notes/fast');
      await client.receive('200 OK', 2);
      client.leave();
    },
    leaves: {
      scopes: ['GET /notes/:id: finished', 'GET /notes/:id: finished'],
      statements: [...COMMITTED, ...COMMITTED],
      committedNotes: 2,
    },
  },
  {
    name: 'pipelined, both cut off',
    route: (world) =>
      get(async ({ request }) => {
        if (request.url === '/notes/1') await writeAndWait(world);
        await world.go.promise;
      }),
    async drive(client, { entered, scopes }) {
      client.request('GET /notes/1', 'GET /notes/2');
      await Promise.all([entered.promise, scopes.opened(2)]);
      client.reset();
      await scopes.ended(2);
    },
    leaves: {
      scopes: ['GET /notes/:id: aborted', 'GET /notes/:id: aborted'],
      statements: ROLLED_BACK,
      committedNotes: 0,
    },
  },
];

/** Ways of clients that leave, and of servers that cut them off. */
const CUT_OFF: readonly RequestEnding[] = [
  {
    name: 'left by the client while the handler waits',
    route: (world) => get(() => writeAndWait(world)),
    async drive(client, world) {
      client.request('GET /notes/7');
      await world.entered.promise;
      client.leave();
      await resume(world);
    },
    leaves: {
      scopes: ['GET /notes/:id: aborted'],
      statements: ROLLED_BACK,
      committedNotes: 0,
      seen: ['SCOPE_CLOSED'],
    },
  },
  {
    name: 'reset by the client while the handler waits',
    route: (world) => get(() => writeAndWait(world)),
    async drive(client, world) {
      client.request('GET /notes/7');
      await world.entered.promise;
      client.reset();
      await resume(world);
    },
    leaves: {
      scopes: ['GET /notes/:id: aborted'],
      statements: ROLLED_BACK,
      committedNotes: 0,
      seen: ['SCOPE_CLOSED'],
    },
  },
  {
    name: 'reset by the client while the handler stands in line for a connection',
    poolSize: 1,
    route: (world) =>
      get(async () => {
        world.entered.resolve();
        await goOn(world);
      }),
    async drive(client, world) {
      const { engine, entered, left } = world;
      await using held: Connection = await engine.connect();
      client.request('GET /notes/7');
      await entered.promise;
      client.reset();
      await left.promise;
      expect({ isReleased: held.lease.isReleased, waiting: engine.pool.status().waiting }).toEqual({
        isReleased: false,
        waiting: 0,
      });
    },
    leaves: {
      scopes: ['GET /notes/:id: aborted'],
      statements: [],
      committedNotes: 0,
      seen: ['POOL_CHECKOUT_ABORTED'],
    },
  },
  {
    name: 'reset by the client in the middle of its upload',
    route: (world) => ({ method: 'POST', path: '/notes', handle: () => commitNote(world) }),
    async drive(client, { scopes }) {
      client.send(
        'POST /notes HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
      );
      await scopes.opened(1);
      client.reset();
    },
    leaves: { scopes: ['POST /notes: aborted'], statements: [], committedNotes: 0 },
  },
  {
    name: 'left by the client, never answered',
    route: (world) =>
      get(async () => {
        await writeNote(world);
        world.entered.resolve();
        await new Promise(() => {});
      }),
    async drive(client, { entered }) {
      client.request('GET /notes/7');
      await entered.promise;
      client.leave();
    },
    leaves: { scopes: ['GET /notes/:id: aborted'], statements: ROLLED_BACK, committedNotes: 0 },
  },
  {
    name: 'cut off by the server',
    route: (world) => get(() => writeAndWait(world)),
    async drive(client, world, server) {
      client.request('GET /notes/7');
      await world.entered.promise;
      server.cut();
      await resume(world);
    },
    leaves: {
      scopes: ['GET /notes/:id: aborted'],
      statements: ROLLED_BACK,
      committedNotes: 0,
      seen: ['SCOPE_CLOSED'],
    },
  },
];

/** Ways of answers that are streamed out of the session. */
const STREAMED: readonly RequestEnding[] = [
  {
    name: 'streamed to the end',
    route: (world) => get(() => stream(world, async () => {})),
    async drive(client) {
      client.request('GET /notes/7');
      await client.receive('line 2, 1 notes');
      await client.receive('0\r\n\r\n');
      client.leave();
      expect(client.text).toContain('line 2, 1 notes');
    },
    leaves: {
      scopes: ['GET /notes/:id: finished'],
      statements: ['begin', 'insert', 'select', 'commit'],
      committedNotes: 1,
    },
  },
  {
    name: 'reset by the client in the middle of a stream',
    route: (world) => get(() => stream(world, () => world.go.promise)),
    async drive(client, world) {
      client.request('GET /notes/7');
      await client.receive('line 1');
      client.reset();
      await world.scopes.ended(1);
      world.go.resolve();
    },
    leaves: { scopes: ['GET /notes/:id: aborted'], statements: ROLLED_BACK, committedNotes: 0 },
  },
  {
    name: 'streamed from a source that fails',
    route: (world) => get(() => stream(world, () => Promise.reject(new Error('the source failed')))),
    async drive(client) {
      client.request('GET /notes/7');
      await client.closed();
    },
    leaves: { scopes: ['GET /notes/:id: aborted'], statements: ROLLED_BACK, committedNotes: 0 },
  },
];

/** Every way in which a request can end, for every framework. */
export const REQUEST_ENDINGS: readonly RequestEnding[] = [...ANSWERED, ...CHAINED, ...CUT_OFF, ...STREAMED];
