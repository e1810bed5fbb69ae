import { many, Model, one, Submodel, t, via } from '../../src/index.ts';

export class Title extends Model(
  'titles',
  {
    id: t.integer().primaryKey(),
    kind: t.text(),
    name: t.text(),
    year: t.integer().nullable(),
    get principals() {
      return many(() => Principal, 'titleId', { orderBy: 'billing', cascade: 'all, delete-orphan' });
    },
    get people() {
      return via('principals', 'person');
    },
    get genres() {
      return many(() => Genre, { through: 'title_genres' });
    },
    get rating() {
      return one(() => Rating, { foreignKey: 'titleId', cascade: 'all, delete-orphan' });
    },
    get aliases() {
      return many(() => Alias, 'titleId', { keyedBy: 'region', cascade: 'all, delete-orphan' });
    },
    get crew() {
      return many(() => CrewMember, 'titleId');
    },
  },
  { discriminator: 'kind' },
) {
  get label(): string {
    return `${this.name} (${this.year ?? '?'})`;
  }
}

export class Movie extends Submodel(Title, 'movie', {
  minutes: t.integer().nullable(),
  sequelOfId: t.integer().nullable(),
  get sequelOf() {
    return one(() => Movie, 'sequelOfId');
  },
  get sequels() {
    return many(() => Movie, 'sequelOfId');
  },
}) {}

export class Series extends Submodel(
  Title,
  'series',
  {
    seasons: t.integer(),
    get episodes() {
      return many(() => Episode, 'seriesId', { orderBy: ['season', 'number'] });
    },
  },
  { table: 'series' },
) {}

export class Episode extends Submodel(
  Title,
  'episode',
  {
    season: t.integer(),
    number: t.integer(),
    seriesId: t.integer(),
    get series() {
      return one(() => Series, 'seriesId');
    },
  },
  { table: 'episodes' },
) {}

export class Person extends Model('people', {
  id: t.integer().primaryKey(),
  name: t.text(),
  born: t.integer().nullable(),
  get parts() {
    return many(() => Principal, 'personId');
  },
  get titles() {
    return many(() => Title, { through: () => Principal, viewonly: true, orderBy: 'name' });
  },
  get jobs() {
    return many(() => CrewMember, 'personId');
  },
}) {}

export class Principal extends Model('principals', {
  titleId: t.integer().primaryKey(),
  billing: t.integer().primaryKey(),
  personId: t.integer(),
  role: t.enum('actor', 'director', 'writer'),
  character: t.text().nullable(),
  get title() {
    return one(() => Title, 'titleId');
  },
  get person() {
    return one(() => Person, 'personId');
  },
}) {}

export class Genre extends Model('genres', {
  name: t.text().primaryKey(),
  get titles() {
    return many(() => Title, { through: 'title_genres' });
  },
}) {}

export class Rating extends Model('ratings', {
  titleId: t.integer().primaryKey(),
  average: t.double(),
  votes: t.bigint(),
  get title() {
    return one(() => Title, 'titleId');
  },
}) {}

export class Alias extends Model('aliases', {
  titleId: t.integer().primaryKey(),
  region: t.text().primaryKey(),
  name: t.text(),
  get title() {
    return one(() => Title, 'titleId');
  },
}) {}

export class CrewMember extends Model('crew', {
  id: t.serial().primaryKey(),
  department: t.enum('camera', 'sound', 'edit'),
  titleId: t.integer(),
  personId: t.integer(),
  get title() {
    return one(() => Title, 'titleId');
  },
  get person() {
    return one(() => Person, 'personId');
  },
}) {}

export const IMDB = { Title, Movie, Series, Episode, Person, Principal, Genre, Rating, Alias, CrewMember };
