import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import { Episode, Genre, IMDB, Movie, Person, Rating, Series, Title } from './imdb-models.ts';
import { fillImdb } from './imdb-rows.ts';
import { expectRows, openApp } from './open-app.ts';

const APP = { models: IMDB, fill: fillImdb };

describe.for(DATABASES)('IMDB on $name', (database) => {
  test.for([1, 10])('gives titles of every class with all that is around them, at %i times the rows', async (size) => {
    const { Session, selects } = await openApp(database, APP, size);
    const counts = [];
    for (const strategy of ['selectin', 'joined', 'json'] as const) {
      await using session = Session();
      const titles = await session
        .find(Title)
        .strategy(strategy)
        .with('principals.person', 'genres', 'rating', 'aliases', 'crew.person')
        .orderBy('id');
      counts.push(selects());
      const given = titles.flatMap((title) =>
        title.principals.map(({ billing, role, character, person }) => ({
          id: title.id,
          kind: title.constructor.name.toLowerCase(),
          extent:
            title instanceof Movie
              ? title.minutes
              : title instanceof Series
                ? title.seasons
                : title instanceof Episode
                  ? title.number
                  : null,
          genres: title.genres.map(({ name }) => name).join('+') || null,
          votes: title.rating === null ? null : String(title.rating.votes),
          average: title.rating?.average ?? null,
          alias: title.aliases.get('FR')?.name ?? null,
          edited: title.crew.find(({ department }) => department === 'edit')?.person.name ?? null,
          billing,
          role,
          character,
          person: person.name,
          born: person.born,
        })),
      );
      expect(selects()).toBe(0);
      await expectRows(
        session,
        given,
        `select t.id, t.kind, coalesce(t.minutes, s.seasons, e.number) as extent,
           (select string_agg(genre_name, '+' order by genre_name) from title_genres where title_id = t.id) as genres,
           cast(r.votes as text) as votes, r.average, a.name as alias, w.name as edited,
           p.billing, p.role, p.character, x.name as person, x.born
         from titles t join principals p on p.title_id = t.id join people x on x.id = p.person_id
           left join series s on s.id = t.id left join episodes e on e.id = t.id left join ratings r on r.title_id = t.id
           left join aliases a on a.title_id = t.id and a.region = 'FR'
           left join crew c on c.title_id = t.id and c.department = 'edit' left join people w on w.id = c.person_id
         order by t.id, p.billing`,
      );
      selects();
    }
    // Eight levels; whoever is in the crew has been read as somebody's principal.
    expect(counts).toEqual([7, 1, 1]);
  });

  test.for([1, 10])(
    'reads relationships of subclasses, limited for each object, at %i times the rows',
    async (size) => {
      const { Session, selects } = await openApp(database, APP, size);
      for (const strategy of ['selectin', 'joined', 'json'] as const) {
        await using session = Session();
        const all = await session
          .find(Series)
          .strategy(strategy)
          .with('genres', {
            episodes: (episode) =>
              episode
                .where('year', '=', null)
                .has('rating', (rating) => rating.where('votes', '>', 1n))
                .orderBy('season', 'desc')
                .orderBy('number')
                .limit(2)
                .with('rating', { principals: (principal) => principal.where('role', '!=', 'actor').with('person') }),
          })
          .orderBy('name');
        expect(selects()).toBe(strategy === 'selectin' ? 6 : 1);
        const given = all.flatMap(({ name, seasons, episodes }) =>
          episodes.flatMap(({ season, number, rating, principals }) =>
            principals.map(({ person }) => ({
              name,
              seasons,
              season,
              number,
              average: rating?.average,
              person: person.name,
            })),
          ),
        );
        await expectRows(
          session,
          given,
          `select t.name, s.seasons, e.season, e.number, e.average, x.name as person
         from series s join titles t on t.id = s.id join (
           select e.*, r.average, row_number() over (partition by series_id order by season desc, number) as place
           from episodes e join ratings r on r.title_id = e.id where r.votes > 1
         ) e on e.series_id = s.id and e.place <= 2
           join principals p on p.title_id = e.id and p.role <> 'actor' join people x on x.id = p.person_id
         order by t.name, e.season desc, e.number, p.billing`,
        );
        selects();
      }
    },
  );

  test('asks of subclasses, along inherited relationships and back', async () => {
    const { Session, selects } = await openApp(database, APP, 3);
    await using session = Session();
    const episodes = await session
      .find(Episode)
      .where('series.seasons', '>', 2)
      .any('series.genres', (genre) => genre.where('name', '=', 'noir'))
      .hasNone('aliases')
      .orderBy('series.name', 'desc')
      .orderBy('number');
    expect(selects()).toBe(1);
    await expectRows(
      session,
      episodes.map(({ id, name }) => ({ id, name })),
      `select e.id, t.name from episodes e join titles t on t.id = e.id join series s on s.id = e.series_id
         join titles st on st.id = s.id
       where s.seasons > 2 and s.id in (select title_id from title_genres where genre_name = 'noir')
         and e.id not in (select title_id from aliases) order by st.name desc, e.number`,
    );
    selects();
    const sequels = await session
      .find(Movie)
      .where('sequelOf.minutes', '<', 92)
      .with('sequelOf.rating', 'sequels')
      .orderBy('id');
    expect(selects()).toBe(4);
    await expectRows(
      session,
      sequels.map(({ id, sequelOf, sequels: next }) => ({
        id,
        first: sequelOf!.label,
        rated: sequelOf!.rating?.average ?? null,
        next: next.length,
      })),
      `select m.id, f.name || ' (' || coalesce(cast(f.year as text), '?') || ')' as first, r.average as rated,
         (select cast(count(*) as integer) from titles n where n.sequel_of_id = m.id) as next
       from titles m join titles f on f.id = m.sequel_of_id left join ratings r on r.title_id = f.id
       where f.minutes < 92 order by m.id`,
    );
  });

  test('finds the classes of titles through people, pairs and ratings', async () => {
    const { Session, selects } = await openApp(database, APP, 2);
    await using session = Session();
    const people = await session
      .find(Person)
      .any('parts', (part) =>
        part.where('role', '=', 'director').has('title', (title) => title.where('kind', '=', 'series')),
      )
      .with({
        titles: (title) => title.where((eb, it) => eb.or([eb('year', '>', 1955), it.has('rating')])).with('rating'),
      })
      .orderBy('id');
    expect(selects()).toBe(3);
    const found = people.flatMap(({ name, titles }) =>
      titles.map((title) => ({
        name,
        title: title.name,
        series: title instanceof Series ? 1 : 0,
        average: title.rating?.average ?? null,
      })),
    );
    await expectRows(
      session,
      found,
      `select x.name, t.name as title, case t.kind when 'series' then 1 else 0 end as series, r.average
       from people x join (select distinct person_id, title_id from principals) p on p.person_id = x.id
         join titles t on t.id = p.title_id left join ratings r on r.title_id = t.id
       where x.id in (select person_id from principals join series on id = title_id where role = 'director')
         and (t.year > 1955 or r.title_id is not null) order by x.id, t.name`,
    );
    selects();
    const ratings = await session.find(Rating).where('title.kind', '=', 'episode').with('title').orderBy('title.name');
    expect(selects()).toBe(2);
    expect(ratings.every(({ title }) => title instanceof Episode && title.season > 0)).toBe(true);
    const noir = await session.getOne(Genre, 'noir', { with: ['titles'] });
    await expectRows(
      session,
      noir.titles.map(({ id, kind }) => ({ id, kind })),
      `select id, kind from titles join title_genres on title_id = id where genre_name = 'noir' order by id`,
    );
  });

  test('pages by a rating that some titles do not have, and streams with all levels', async () => {
    const { Session, selects } = await openApp(database, APP, 3);
    await using session = Session();
    const best = session
      .find(Title)
      .orderBy('rating.average', (order) => order.desc().nullsLast())
      .with('genres');
    const paged = [];
    let page = await best.page({ size: 10 });
    for (; ; page = await best.page({ size: 10, after: page.next })) {
      paged.push(...page.items.map(({ id, genres }) => ({ id, genres: genres.length })));
      if (!page.hasNext) break;
    }
    expect(selects()).toBe(2 * 5);
    const counted = `select t.id, (select cast(count(*) as integer) from title_genres where title_id = t.id) as genres from titles t`;
    await expectRows(
      session,
      paged,
      `${counted} left join ratings r on r.title_id = t.id order by r.average desc nulls last, t.id`,
    );
    await session.close();
    selects();
    await using other = Session();
    const streamed = [];
    for await (const { id, genres } of other.find(Title).with('genres').stream({ batch: 16 }))
      streamed.push({ id, genres: genres.length });
    expect(selects()).toBe(2 * 3);
    await expectRows(other, streamed, `${counted} order by t.id`);
  });

  test('awaits what was not asked for once a level, through association proxies too', async () => {
    const { Session, selects } = await openApp(database, APP, 4);
    await using session = Session();
    const given = [];
    for (const episode of await session.find(Episode).orderBy('id')) {
      const series = await episode.series;
      const people = await episode.people;
      given.push({ id: episode.id, series: series.name, lead: people[0]!.name, genres: (await series.genres).length });
    }
    expect(selects()).toBe(5);
    await expectRows(
      session,
      given,
      `select e.id, t.name as series, x.name as lead,
         (select cast(count(*) as integer) from title_genres where title_id = t.id) as genres
       from episodes e join titles t on t.id = e.series_id join principals p on p.title_id = e.id and p.billing = 1
         join people x on x.id = p.person_id order by e.id`,
    );
  });

  test('takes objects from free SQL, and groups through session.sql', async () => {
    const { Session, selects } = await openApp(database, APP, 2);
    await using session = Session();
    const longest = await session
      .entities(Movie, sql`select * from titles where minutes > ${85} order by minutes desc limit 3`)
      .with('aliases');
    expect([longest.map(({ id }) => id), longest[0]?.aliases.size, selects()]).toEqual([[12, 11, 10], 0, 2]);
    const given = await session.sql
      .selectFrom('episodes')
      .innerJoin('titles', 'titles.id', 'episodes.seriesId')
      .leftJoin('ratings', 'ratings.titleId', 'episodes.id')
      .groupBy('titles.name')
      .select(({ fn, cast }) => [
        'titles.name',
        cast<number>(fn.count('episodes.id'), 'integer').as('episodes'),
        fn.max('ratings.average').as('best'),
      ])
      .orderBy('titles.name')
      .execute();
    expect(selects()).toBe(1);
    await expectRows(
      session,
      given,
      `select t.name, cast(count(*) as integer) as episodes, max(r.average) as best
       from episodes e join titles t on t.id = e.series_id left join ratings r on r.title_id = e.id group by t.name order by t.name`,
    );
  });
});
