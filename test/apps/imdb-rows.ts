import type { Session } from '../../src/index.ts';
import { Alias, CrewMember, Episode, Genre, Movie, Person, Principal, Rating, Series } from './imdb-models.ts';
import type { IMDB, Title } from './imdb-models.ts';
import { times } from './open-app.ts';

const ROLES = ['actor', 'director', 'writer'] as const;
const DEPARTMENTS = ['camera', 'sound', 'edit'] as const;

/** About 110 rows for each `size`: 6 movies, 2 series and 6 episodes among them. */
export async function fillImdb(session: Session<typeof IMDB>, size: number): Promise<void> {
  const titles = newTitles(size);
  const genres = ['comedy', 'drama', 'noir', 'war'].map((name) => new Genre({ name }));
  titles.forEach((title, at) => {
    title.genres = genres.filter((_, index) => (at + index) % 3 === 0);
  });
  session.addAll([...genres, ...titles]);
  await session.insertMany(
    Person,
    times(8 * size, (id) => ({ id, name: `person ${id}`, born: id % 4 === 0 ? null : 1900 + id })),
  );
  const ids = titles.map(({ id }) => id);
  await session.insertMany(
    Rating,
    ids
      .filter((id) => id % 3 !== 0)
      .map((id) => ({ titleId: id, average: (id % 10) + 0.5, votes: 9_007_199_254_740_992n + BigInt(id) })),
  );
  await session.insertMany(
    Alias,
    ids.flatMap((titleId) =>
      ['DE', 'FR'].slice(0, titleId % 3).map((region) => ({ titleId, region, name: `${region} ${titleId}` })),
    ),
  );
  await session.insertMany(
    Principal,
    ids.flatMap((titleId) =>
      times(3, (billing) => ({
        titleId,
        billing,
        personId: 1 + ((titleId + billing) % (8 * size)),
        role: ROLES[billing % 3]!,
        character: billing % 3 === 0 ? `character ${titleId}` : null,
      })),
    ),
  );
  await session.insertMany(
    CrewMember,
    ids.map((titleId) => ({
      titleId,
      personId: 1 + ((titleId + 2) % (8 * size)),
      department: DEPARTMENTS[titleId % 3]!,
    })),
  );
}

function newTitles(size: number): Title[] {
  const movies = times(6 * size, (id) => {
    const sequelOfId = id % 3 === 0 ? id - 1 : null;
    return new Movie({ id, name: `movie ${id}`, year: id % 5 === 0 ? null : 1950 + id, minutes: 80 + id, sequelOfId });
  });
  const series = times(2 * size, (at) => new Series({ id: 10_000 + at, name: `series ${at}`, seasons: at }));
  const episodes = times(6 * size, (at) => {
    const own = series[at % series.length]!;
    return new Episode({ id: 20_000 + at, name: `episode ${at}`, season: 1 + (at % 2), number: at, series: own });
  });
  return [...movies, ...series, ...episodes];
}
