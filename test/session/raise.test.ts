import { describe, expect, test } from 'vitest';

import { many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { SessionFactory, SessionOptions } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

class Team extends Model('teams', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get players() {
    return many(() => Player, 'teamId', { lazy: 'raise', cascade: 'all' });
  },
  get games() {
    return many(() => Game, 'teamId', { cascade: 'all' });
  },
}) {}

class Player extends Model('players', {
  id: t.serial().primaryKey(),
  name: t.text(),
  teamId: t.integer().nullable(),
  get team() {
    return one(() => Team, 'teamId', { lazy: 'raise' });
  },
}) {}

class Game extends Model('games', {
  id: t.serial().primaryKey(),
  teamId: t.integer(),
  get team() {
    return one(() => Team, 'teamId');
  },
}) {}

const MODELS = { Team, Player, Game };

async function open(
  database: TestDatabase,
  options?: SessionOptions,
): Promise<{ Session: SessionFactory<typeof MODELS>; statements: RecordedStatements }> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(MODELS));
  const Session = sessionFactory(engine, { models: MODELS, ...options });
  await Session.begin((session) =>
    session.add(new Team({ name: 't', players: [new Player({ name: 'p' })], games: [new Game({})] })),
  );
  return { Session, statements: recordStatements(engine) };
}

const took = (statements: RecordedStatements): string[] =>
  statements
    .take()
    .filter((text) => !/^(begin|commit|rollback)/.test(text))
    .map(inFewWords);

async function refusalOf(value: unknown): Promise<string> {
  try {
    await value;
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.for(DATABASES)('a relationship that is not to be loaded lazily on $name', (database) => {
  test('says so when it is awaited or used, and runs nothing', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const team = await session.find(Team).one();
    took(statements);
    expect(await refusalOf(team.players)).toBe(
      "Team.players is not loaded, and is not to be loaded lazily. Load it with the objects, .with('players'), or before it is used: session.load(objects, 'players'). [STATE_NOT_LOADED]",
    );
    expect(() => (team.players as Player[]).length).toThrow(
      'Team.players is not loaded, and is not to be loaded lazily. Load it with the objects',
    );
    expect([took(statements), (await team.games).length, took(statements)]).toEqual([
      [],
      1,
      ['select games by team_id'],
    ]);
  });

  test('is loaded along, by session.load and from the other side', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const [player] = (await session.find(Team).with('players').one()).players;
    expect([(player!.team as Team).name, player!.name]).toEqual(['t', 'p']);
    await using other = Session();
    const found = await other.find(Player).one();
    took(statements);
    expect(await refusalOf(found.team)).toContain('Player.team is not loaded, and is not to be loaded lazily.');
    await other.load(found, 'team');
    expect([(found.team as Team).name, took(statements)]).toEqual(['t', ['select teams by id']]);
  });

  test('does not stand in the way of a flush that deletes', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    session.delete(await session.find(Team).one());
    took(statements);
    await session.commit();
    expect(took(statements).toSorted()).toEqual([
      'delete games',
      'delete players',
      'delete teams',
      'select games by team_id',
      'select players by team_id',
    ]);
  });

  test('is any that a query did not load, where the query is strict', async () => {
    const { Session, statements } = await open(database);
    for (const strategy of ['selectin', 'json', 'joined'] as const) {
      await using session = Session();
      const team = await session.find(Team).with('players').strategy(strategy).raise().one();
      took(statements);
      expect(team.players.map(({ name }) => name)).toEqual(['p']);
      expect(await refusalOf(team.games)).toContain('Team.games is not loaded, and is not to be loaded lazily.');
      const [player] = team.players;
      session.expire(player!, ['team']);
      expect(await refusalOf(player!.team)).toContain('Player.team is not loaded');
      expect(took(statements)).toEqual([]);
      await session.load(team, 'games');
      expect([(team.games as Game[]).length, took(statements)]).toEqual([1, ['select games by team_id']]);
    }
  });

  test('is any at all in a strict session', async () => {
    const { Session, statements } = await open(database, { lazy: 'raise' });
    await using session = Session();
    const game = await session.find(Game).one();
    took(statements);
    expect(await refusalOf(game.team)).toContain('Game.team is not loaded, and is not to be loaded lazily.');
    expect(took(statements)).toEqual([]);
    await using other = Session({ lazy: 'select' });
    expect((await (await other.find(Game).one()).team).name).toBe('t');
    expect(() => Session({ lazy: 'never' as never })).toThrow(
      "The session option 'lazy' must be 'select' or 'raise'. Correct it where the session or its factory is made. [SESSION_BAD_OPTION]",
    );
  });
});
