import { describe, expect, it } from 'vitest';

import { MappingError } from '../../src/errors/mapping-errors.ts';
import { configure } from '../../src/mapping/configure.ts';
import type { ManyToMany, Mapper, ModelClass } from '../../src/mapping/mapper.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

const id = t.serial().primaryKey();

function manyToMany(mapper: Mapper | undefined, property: string): ManyToMany {
  const found = mapper?.attributes.get(property);
  if (found?.kind !== 'relationship' || found.direction !== 'many-to-many') throw new TypeError(property);
  return found;
}

function columnsOf({ through: { source, target } }: ManyToMany): string[][] {
  return [source, target].map(({ childColumns }) => childColumns.map(({ column }) => column.name));
}

function textOf(...models: ModelClass[]): string {
  try {
    configure(models);
  } catch (error) {
    if (error instanceof MappingError) return error.message;
    throw error;
  }
  throw new TypeError('No fault was found.');
}

describe('a many-to-many', () => {
  class Post extends Model('posts', {
    id,
    get tags() {
      return many(() => Tag, { through: 'post_tags' });
    },
  }) {}
  class Tag extends Model('tags', {
    name: t.text().primaryKey(),
    get posts() {
      return many(() => Post, { through: 'post_tags' });
    },
  }) {}
  const [post, tag] = configure([Post, Tag]);

  it('goes through a table of two foreign keys, which are its primary key', () => {
    const { table } = manyToMany(post, 'tags').through.mapper;
    expect(table).toMatchObject({
      name: 'post_tags',
      primaryKey: ['post_id', 'tag_name'],
      columns: [
        { name: 'post_id', type: { name: 'integer' }, nullable: false, autoIncrement: false },
        { name: 'tag_name', type: { name: 'text' }, nullable: false },
      ],
      foreignKeys: [
        { columns: ['post_id'], targetTable: 'posts', targetColumns: ['id'], onDelete: 'cascade', onUpdate: 'cascade' },
        { columns: ['tag_name'], targetTable: 'tags', targetColumns: ['name'], onDelete: 'cascade' },
      ],
      indexes: [{ columns: ['tag_name'], unique: false }],
    });
  });

  it('is paired with the other side through the same table', () => {
    const [tags, posts] = [manyToMany(post, 'tags'), manyToMany(tag, 'posts')];
    expect([tags.inverse === posts, posts.inverse === tags]).toEqual([true, true]);
    expect([tags.through.source === posts.through.target, tags.through.target === posts.through.source]).toEqual([
      true,
      true,
    ]);
    expect([columnsOf(tags), columnsOf(posts)]).toEqual([
      [['post_id'], ['tag_name']],
      [['tag_name'], ['post_id']],
    ]);
  });

  it('names the columns of composite keys and of both directions between objects of one class', () => {
    class Seat extends Model('seats', {
      row: t.integer().primaryKey(),
      place: t.integer().primaryKey(),
      get watches() {
        return many(() => Seat, {
          through: { table: 'sights', from: ['row_a', 'place_a'], to: ['row_b', 'place_b'] },
        });
      },
      get watchedBy() {
        return many(() => Seat, {
          through: { table: 'sights', from: ['row_b', 'place_b'], to: ['row_a', 'place_a'] },
        });
      },
      get guests() {
        return many(() => Guest, { through: { table: 'seat_bookings', to: 'guest' } });
      },
    }) {}
    class Guest extends Model('guests', { id }) {}
    const [seat] = configure([Seat]);
    const [watches, watchedBy] = [manyToMany(seat, 'watches'), manyToMany(seat, 'watchedBy')];
    expect(watches.inverse).toBe(watchedBy);
    expect(columnsOf(watchedBy)).toEqual([
      ['row_b', 'place_b'],
      ['row_a', 'place_a'],
    ]);
    expect(columnsOf(manyToMany(seat, 'guests'))).toEqual([['seat_row', 'seat_place'], ['guest']]);
  });

  it('goes through a table of its own, though a class configured before for other sides has one of that name', () => {
    class Other extends Model('others', { id }) {}
    class Elsewhere extends Model('member_groups', {
      id,
      otherId: t.integer(),
      get other() {
        return one(() => Other, 'otherId');
      },
    }) {}
    configure([Other, Elsewhere]);
    class Member extends Model('members', {
      id,
      get groups() {
        return many(() => Group, { through: 'member_groups' });
      },
    }) {}
    class Group extends Model('groups', { id }) {}
    const [member] = configure([Member, Group]);
    expect(columnsOf(manyToMany(member, 'groups'))).toEqual([['member_id'], ['group_id']]);
    expect(Elsewhere.table).toBe('member_groups');
  });

  it('goes through a mapped class, named by itself or by its table', () => {
    class Course extends Model('courses', {
      id,
      get students() {
        return many(() => Student, { through: () => Seating });
      },
    }) {}
    class Student extends Model('students', {
      id,
      get courses() {
        return many(() => Course, { through: 'seatings' });
      },
      get tutored() {
        return many(() => Course, { through: { model: () => Seating, from: 'tutorId' }, viewonly: true });
      },
    }) {}
    class Seating extends Model('seatings', {
      id,
      courseId: t.integer(),
      studentId: t.integer(),
      tutorId: t.integer().nullable(),
      since: t.timestamp().default(() => new Date()),
      get course() {
        return one(() => Course, 'courseId');
      },
      get student() {
        return one(() => Student, 'studentId');
      },
      get tutor() {
        return one(() => Student, 'tutorId');
      },
    }) {}
    expect(textOf(Course)).toContain('could go through Seating over several foreign keys: studentId; tutorId');
    void Student;
  });
});

describe('a wrong many-to-many', () => {
  class Tag extends Model('wrong_tags', { id }) {}

  it.each([
    [
      'that joins a class to itself without naming columns',
      () => many(() => self.post, { through: 'follows' }),
      "Post.bad joins a class to itself through 'follows', and nothing says which column is which side. " +
        "Name both: { through: { table: 'follows', from: 'follower_id', to: 'followed_id' } }. [MAPPING_BAD_THROUGH]",
    ],
    [
      'that names too many columns',
      () => many(() => Tag, { through: { table: 'post_tags', from: ['a', 'b'] } }),
      'Post.bad names 2 column(s) for the primary key of Post, which has 1. ' +
        'Name one column for each column of that key, in its order. [MAPPING_BAD_THROUGH]',
    ],
    [
      'that names one column for both sides',
      () => many(() => Tag, { through: { table: 'post_tags', from: 'id', to: 'id' } }),
      "Post.bad goes through 'post_tags', whose column 'id' would point at both sides. " +
        "Name different columns: { through: { table: 'post_tags', from: '…', to: '…' } }. [MAPPING_BAD_THROUGH]",
    ],
    [
      'that names foreign key columns too',
      () => many(() => Tag, 'postId', { through: 'post_tags' }),
      'Post.bad names foreign key columns and a table to go through. ' +
        "Name the columns in the option: { through: { table: '…', from: '…', to: '…' } }. [MAPPING_BAD_THROUGH]",
    ],
    [
      'through a class that does not point at both sides',
      () => many(() => Tag, { through: () => Loose }),
      'Post.bad goes through Loose, which has no foreign key to Post. ' +
        "Let Loose point at both sides, with one(() => Post, '…') where it is a class; a table serves one pair of classes. [MAPPING_BAD_THROUGH]",
    ],
    [
      'through a class whose rows need more than keys',
      () => many(() => Tag, { through: () => Needy }),
      'Post.bad links objects by rows of nothing but keys, and Needy.reason must be given. ' +
        'Give Needy.reason a default or make it .nullable(), or say { viewonly: true } and add objects of that class. [MAPPING_BAD_THROUGH]',
    ],
    [
      'with an unknown option',
      () => many(() => Tag, { through: 'post_tags', orderby: 'id' } as object),
      "Post.bad has the unknown option 'orderby'. Did you mean 'orderBy'? [MAPPING_BAD_OPTION]",
    ],
    [
      'in order of an unknown column',
      () => many(() => Tag, { through: 'post_tags', orderBy: ['-idd'] }),
      "Post.bad names 'idd', which is not a column of Tag. Did you mean 'id'? [MAPPING_BAD_OPTION]",
    ],
    [
      'with an unknown strategy',
      () => many(() => Tag, { through: 'post_tags', lazy: 'eager' as 'raise' }),
      "Post.bad has the unknown strategy lazy: 'eager'. There are: 'select', 'selectin', 'joined', 'json', 'raise', 'writeonly'. [MAPPING_BAD_OPTION]",
    ],
    [
      'for reading only that deletes',
      () => many(() => Tag, { through: 'post_tags', viewonly: true, cascade: 'all' }),
      "Post.bad is viewonly and has the cascade 'save-update, merge, delete', which would write. Leave the cascade out. [MAPPING_BAD_CASCADE]",
    ],
  ])('%s', (_, bad, text) => {
    class Post extends Model('wrong_posts', { id, bad: bad() } as Record<string, any>) {}
    self.post = Post;
    expect(textOf(Post)).toBe(text);
  });

  const self: { post: ModelClass } = { post: Tag };
  class Loose extends Model('loose', { id, tagId: t.integer().references(() => Tag) }) {}
  class Needy extends Model('needy', {
    id,
    postId: t.integer().references(() => self.post),
    tagId: t.integer().references(() => Tag),
    reason: t.text(),
  }) {}
});

describe('a one-to-one', () => {
  class User extends Model('users', {
    id,
    get profile() {
      return one(() => Profile, { foreignKey: 'userId' });
    },
    get passport() {
      return one(() => Passport).nullable();
    },
  }) {}
  class Profile extends Model('profiles', {
    id,
    userId: t.integer().unique(),
    get user() {
      return one(() => User, 'userId');
    },
  }) {}
  class Passport extends Model('passports', { id, userId: t.integer().references(() => User) }) {}

  it('is seen from the side without the key as one object', () => {
    const [user, profile] = configure([User, Profile]);
    const [own] = profile!.relationships;
    expect(
      user!.relationships.map(({ direction, isCollection, inverse }) => [direction, isCollection, inverse]),
    ).toEqual([
      ['one-to-many', false, own],
      ['one-to-many', false, undefined],
    ]);
    expect(own).toMatchObject({ direction: 'many-to-one', isCollection: false, inverse: user!.relationships[0] });
  });

  it('must say that there may be none', () => {
    class Person extends Model('persons', {
      id,
      get card() {
        return one(() => Card);
      },
    }) {}
    class Card extends Model('cards', { id, personId: t.integer().references(() => Person) }) {}
    expect(textOf(Person)).toBe(
      'Person.card may be null, because Card holds the foreign key (personId), and its type does not say so. ' +
        "Name the key, one(() => Card, { foreignKey: 'personId' }), or add .nullable(). [MAPPING_BAD_FOREIGN_KEY]",
    );
  });
});
