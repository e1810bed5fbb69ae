import { Readable } from 'node:stream';

import { HermeticError } from '../../src/index.ts';
import type { ServedRoute } from './web-server.ts';
import type { World } from './world.ts';
import { Note, writeNote } from './world.ts';

export function get(handle: ServedRoute['handle']): ServedRoute {
  return { method: 'GET', path: '/notes/:id', handle };
}

export async function commitNote(world: World): Promise<object> {
  await writeNote(world);
  await world.db.commit();
  return { ok: true };
}

/** Writes, waits, then tries to go on. */
export async function writeAndWait(world: World): Promise<void> {
  await writeNote(world);
  world.entered.resolve();
  await world.go.promise;
  await goOn(world);
}

/** Uses the session, and notes how that goes. */
export async function goOn({ db, seen, left }: World): Promise<void> {
  try {
    await db.find(Note).count();
    seen.push('went on');
  } catch (error) {
    seen.push(error instanceof HermeticError ? error.code : String(error));
  }
  left.resolve();
}

/** Lets a handler resume after the end of its request. */
export async function resume({ go, left, scopes }: World): Promise<void> {
  await scopes.ended(1);
  go.resolve();
  await left.promise;
}

async function* lines(world: World, beforeSecond: () => Promise<void>): AsyncGenerator<string> {
  // Bodies are read in the async context of whoever reads: the session is taken while the handler runs.
  const { session } = world;
  yield 'line 1\n';
  await beforeSecond();
  yield `line 2, ${(await session?.find(Note).count()) ?? 0} notes\n`;
  await session?.commit();
}

/** Answers with a stream out of an open transaction. */
export async function stream(world: World, beforeSecond: () => Promise<void>): Promise<Readable> {
  await writeNote(world);
  world.session = world.db.current();
  return Readable.from(lines(world, beforeSecond));
}
