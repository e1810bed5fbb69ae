import { describe, expect, it } from 'vitest';

import { configure, mapperOf } from '../../src/mapping/configure.ts';
import type { LinkedRelationship, Mapper, Relationship } from '../../src/mapping/mapper.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

function relationshipOf(mapper: Mapper, property: string): LinkedRelationship {
  return linked(mapper.relationships.find((relationship) => relationship.property === property)!);
}

function linked(relationship: Relationship): LinkedRelationship {
  if (relationship.direction === 'many-to-many') throw new TypeError('It goes through a table.');
  return relationship;
}

describe('a relationship', () => {
  class User extends Model('users', {
    id: t.serial().primaryKey(),
    get jobs() {
      return many(() => Job, 'ownerId', { cascade: 'all, delete-orphan' });
    },
    get reviews() {
      return many(() => Job, 'reviewerId');
    },
  }) {}
  class Job extends Model('jobs', {
    id: t.serial().primaryKey(),
    ownerId: t.integer(),
    reviewerId: t.integer().nullable(),
    parentId: t.integer().references('jobs.id').nullable(),
    get owner() {
      return one(() => User, 'ownerId');
    },
    get reviewer() {
      return one(() => User, 'reviewerId', { cascade: 'none' });
    },
    get parent() {
      return one(() => Job).nullable();
    },
    get children() {
      return many(() => Job);
    },
  }) {}
  const [user, job] = configure([User, Job]) as [Mapper, Mapper];

  it('knows its direction, its target and its foreign key', () => {
    const facts = [...user.relationships, ...job.relationships]
      .map(linked)
      .map((each) => [
        `${each.mapper.name}.${each.property} ${each.index} ${each.direction} ${each.target.name}`,
        each.link.childColumns.map((column) => `${each.link.child.name}.${column.property}`),
        each.link.parentColumns.map((column) => `${each.link.parent.name}.${column.property}`),
        each.link.isNullable,
      ]);
    expect(facts).toEqual([
      ['User.jobs 0 one-to-many Job', ['Job.ownerId'], ['User.id'], false],
      ['User.reviews 1 one-to-many Job', ['Job.reviewerId'], ['User.id'], true],
      ['Job.owner 0 many-to-one User', ['Job.ownerId'], ['User.id'], false],
      ['Job.reviewer 1 many-to-one User', ['Job.reviewerId'], ['User.id'], true],
      ['Job.parent 2 many-to-one Job', ['Job.parentId'], ['Job.id'], true],
      ['Job.children 3 one-to-many Job', ['Job.parentId'], ['Job.id'], true],
    ]);
  });

  it('shares one link with its inverse', () => {
    const pairs = [
      [relationshipOf(user, 'jobs'), relationshipOf(job, 'owner')],
      [relationshipOf(user, 'reviews'), relationshipOf(job, 'reviewer')],
      [relationshipOf(job, 'parent'), relationshipOf(job, 'children')],
    ] as const;
    for (const [left, right] of pairs) {
      expect([left.inverse === right, right.inverse === left, left.link === right.link]).toEqual([true, true, true]);
    }
  });

  it('has the cascades that it lists', () => {
    const cascades = [...user.relationships, ...job.relationships].map(({ cascade }) => [...cascade].join(' '));
    expect(cascades).toEqual([
      'save-update merge refresh-expire expunge delete delete-orphan',
      'save-update merge',
      'save-update merge',
      '',
      'save-update merge',
      'save-update merge',
    ]);
  });

  it('is found among the attributes after the columns', () => {
    expect([...job.attributes.keys()]).toEqual([
      'id',
      'ownerId',
      'reviewerId',
      'parentId',
      'owner',
      'reviewer',
      'parent',
      'children',
    ]);
    expect(job.attributes.get('owner')).toBe(relationshipOf(job, 'owner'));
  });

  it('goes over the column that a reference names, primary key or not', () => {
    class Country extends Model('countries', {
      id: t.serial().primaryKey(),
      iso: t.varchar(2).unique(),
      get cities() {
        return many(() => City);
      },
    }) {}
    class City extends Model('cities', {
      id: t.serial().primaryKey(),
      iso: t.varchar(2).references('countries.iso'),
      get country() {
        return one(() => Country, 'iso');
      },
    }) {}
    const { link, inverse } = relationshipOf(mapperOf(City), 'country');
    expect(link.parentColumns.map((column) => column.property)).toEqual(['iso']);
    expect(inverse).toBe(relationshipOf(mapperOf(Country), 'cities'));
  });

  it('is paired with the one that writes where several share a foreign key', () => {
    class Owner extends Model('owners', {
      id: t.serial().primaryKey(),
      get pets() {
        return many(() => Pet, 'ownerId');
      },
      get old() {
        return many(() => Pet, 'ownerId', { viewonly: true });
      },
    }) {}
    class Pet extends Model('pets', {
      id: t.serial().primaryKey(),
      ownerId: t.integer(),
      get owner() {
        return one(() => Owner, 'ownerId', { viewonly: true });
      },
      get keeper() {
        return one(() => Owner, 'ownerId', { backPopulates: 'pets' });
      },
    }) {}
    const [owner, pet] = configure([Owner, Pet]) as [Mapper, Mapper];
    const [owned, kept] = [relationshipOf(pet, 'owner'), relationshipOf(pet, 'keeper')];
    expect(relationshipOf(owner, 'pets').inverse).toBe(kept);
    expect([owned.inverse, kept.inverse, relationshipOf(owner, 'old').inverse]).toEqual([
      undefined,
      relationshipOf(owner, 'pets'),
      undefined,
    ]);
  });
});
