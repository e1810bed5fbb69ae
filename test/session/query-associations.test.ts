import { describe, expect, test } from 'vitest';

import { globalFilter, many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { SessionFactory } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';

class Film extends Model('films', {
  id: t.serial().primaryKey(),
  title: t.text(),
  isHidden: t.boolean().default(false),
  get actors() {
    return many(() => Actor, { through: 'castings' });
  },
  get poster() {
    return one(() => Poster, { foreignKey: 'filmId' });
  },
}) {}

class Actor extends Model('actors', {
  id: t.serial().primaryKey(),
  name: t.text(),
  isHidden: t.boolean().default(false),
  get films() {
    return many(() => Film, { through: 'castings' });
  },
  get friends() {
    return many(() => Actor, { through: { table: 'friendships', from: 'actor_id', to: 'friend_id' } });
  },
}) {}

class Poster extends Model('posters', {
  id: t.serial().primaryKey(),
  colour: t.text(),
  filmId: t.integer().unique(),
  get film() {
    return one(() => Film, 'filmId');
  },
}) {}

const models = { Film, Actor, Poster };

interface World {
  readonly Session: SessionFactory<typeof models>;
  readonly statements: RecordedStatements;
}

async function world(database: TestDatabase): Promise<World> {
  const engine = await database.createEngine();
  await engine.createAll([Film, Actor, Poster]);
  const Session = sessionFactory(engine, { models });
  await Session.begin((session) => {
    const ann = new Actor({ id: 1, name: 'Ann' });
    const ben = new Actor({ id: 2, name: 'Ben', isHidden: true });
    const cat = new Actor({ id: 3, name: 'Cat', friends: [ann] });
    session.addAll([
      new Film({ id: 1, title: 'Dawn', actors: [ann, ben], poster: new Poster({ colour: 'red' }) }),
      new Film({ id: 2, title: 'Dusk', actors: [ben], poster: null }),
      new Film({ id: 3, title: 'Noon' }),
      cat,
    ]);
  });
  return { Session, statements: recordStatements(engine) };
}

const titles = (films: readonly { title: string }[]): string => films.map(({ title }) => title).join();
const names = (actors: readonly { name: string }[]): string => actors.map(({ name }) => name).join();

describe.for(DATABASES)('queries over associations on $name', (database) => {
  test('any and hasNone go through the table between', async () => {
    const { Session, statements } = await world(database);
    await using session = Session();
    const films = session.find(Film).orderBy('id');
    expect(titles(await films.any('actors', (actor) => actor.where('name', '=', 'Ben')))).toBe('Dawn,Dusk');
    expect(titles(await films.hasNone('actors'))).toBe('Noon');
    expect(titles(await films.any('actors.films', (film) => film.where('title', '=', 'Dawn')))).toBe('Dawn,Dusk');
    expect(names(await session.find(Actor).any('friends', (friend) => friend.any('films')))).toBe('Cat');
    expect(await films.any('actors').count()).toBe(2);
    const [first] = statements.take().filter((sql) => sql.startsWith('select'));
    expect(first?.replaceAll(/\$\d/g, '?')).toBe(
      'select "id", "title", "is_hidden" from "films" where exists (select 1 as "one" from "castings" ' +
        'inner join "actors" on "actors"."id" = "castings"."actor_id" ' +
        'where "castings"."film_id" = "films"."id" and "actors"."name" = ?) order by "id" asc',
    );
  });

  test('one-to-one goes from both sides, in conditions and in orders', async () => {
    const { Session } = await world(database);
    await using session = Session();
    expect(titles(await session.find(Film).where('poster.colour', '=', 'red'))).toBe('Dawn');
    expect(titles(await session.find(Film).hasNone('poster').orderBy('id'))).toBe('Dusk,Noon');
    const byColour = session.find(Film).orderBy('poster.colour', (order) => order.desc().nullsLast());
    expect(titles((await byColour.page({ size: 2 })).items)).toBe('Dawn,Dusk');
    expect(await session.find(Poster).where('film.title', '=', 'Dawn').delete()).toBe(1);
  });

  test('global filters hide members of a many-to-many, and the flush keeps their rows', async () => {
    const { Session } = await world(database);
    const shown = globalFilter('shown', [Film, Actor], (rows) => rows.where('isHidden', '=', false));
    await using session = Session({ filters: [shown] });
    const films = await session.find(Film).with('actors').orderBy('id');
    expect(films.map(({ actors }) => names(actors))).toEqual(['Ann', '', '']);
    const lazy = await session.find(Film).where('title', '=', 'Dusk').one();
    expect(names(await lazy.actors)).toBe('');
    expect(titles(await session.find(Film).any('actors').orderBy('id'))).toBe('Dawn');
    const cat = await session.getOne(Actor, 3);
    films[0]?.actors.push(cat);
    await session.commit();
    await using everything = Session();
    const whole = await everything.find(Film).with('actors').orderBy('id');
    expect(whole.map(({ actors }) => names(actors))).toEqual(['Ann,Ben,Cat', 'Ben', '']);
  });
});
