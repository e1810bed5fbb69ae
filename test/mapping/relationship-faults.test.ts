import { describe, expect, it } from 'vitest';

import { MappingError } from '../../src/errors/mapping-errors.ts';
import { configure } from '../../src/mapping/configure.ts';
import type { ModelClass } from '../../src/mapping/mapper.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

const id = t.serial().primaryKey();

function faultOf(models: readonly unknown[]): MappingError {
  try {
    configure(models as ModelClass[]);
  } catch (error) {
    if (error instanceof MappingError) return error;
    throw error;
  }
  throw new TypeError('No fault was found.');
}

/** The whole text of the only fault of one model called Job. */
function textOf(shape: Record<string, unknown>, options?: object): string {
  class Job extends Model('jobs', shape as Record<string, any>, options) {}
  return faultOf([Job]).message;
}

class User extends Model('users', { id, name: t.text() }) {}
class Seat extends Model('seats', { row: t.integer().primaryKey(), place: t.integer().primaryKey() }) {}

describe('a wrong target', () => {
  it('that is undefined', () => {
    expect(textOf({ id, owner: one(() => undefined as never, 'id') })).toBe(
      'Job.owner points at undefined instead of a mapped class. Check the name and that its module exports it; ' +
        'in an import cycle, configure the models only after all modules are loaded. [MAPPING_UNKNOWN_TARGET]',
    );
  });

  it('that is not mapped', () => {
    expect(textOf({ id, owner: many(() => Date as never) })).toBe(
      "Job.owner points at 'Date' instead of a mapped class. Return a class made with Model from the function. [MAPPING_UNKNOWN_TARGET]",
    );
  });

  it('that is not there yet', () => {
    const shape = { id, ownerId: t.integer().references(() => Later) };
    const text = textOf(shape);
    class Later extends Model('laters', { id }) {}
    expect(text).toBe(
      "Job.ownerId cannot name its target: Cannot access 'Later' before initialization. Check the name; " +
        'in an import cycle, configure the models only after all modules are loaded. [MAPPING_UNKNOWN_TARGET]',
    );
  });
});

describe('a wrong foreign key', () => {
  it.each([
    [
      'to no column',
      { id, ownerId: t.integer().references('users') },
      "Job.ownerId references 'users', which does not name a table and a column. Write .references('users.id'). [MAPPING_UNKNOWN_FOREIGN_KEY]",
    ],
    [
      'to an unknown column',
      { id, ownerId: t.integer().references('known_users.idd') },
      "Job.ownerId references 'known_users.idd', and table 'known_users' has no column 'idd'. " +
        "Use the column's name in the database. Did you mean 'id'? [MAPPING_UNKNOWN_FOREIGN_KEY]",
    ],
    [
      'to an unknown table',
      { id, ownerId: t.integer().references('knwon_users.id') },
      "Job.ownerId references table 'knwon_users', which no model known here is mapped to. Pass that model in the same models record, " +
        "or configure it earlier. Did you mean 'known_users'? [MAPPING_UNKNOWN_FOREIGN_KEY]",
    ],
    [
      'of an unknown property',
      { id, ownerId: t.integer(), owner: one(() => User, 'ownreId') },
      "Job.owner names 'ownreId' as its foreign key, which is not a column of Job. Name a property of Job that is a column. " +
        "Did you mean 'ownerId'? [MAPPING_UNKNOWN_FOREIGN_KEY]",
    ],
    [
      'of another type',
      { id, ownerId: t.text(), owner: one(() => User, 'ownerId') },
      'Job.ownerId is of type text and references User.id, which is of type integer. Give both the same type. [MAPPING_BAD_FOREIGN_KEY]',
    ],
    [
      'of too few columns',
      { id, row: t.integer(), seat: one(() => Seat, 'row') },
      'Job.seat has a foreign key of 1 column, and the primary key of Seat has 2. ' +
        "Name one column for each column of that key, in its order: one(() => Seat, ['…', '…']). [MAPPING_BAD_FOREIGN_KEY]",
    ],
    [
      'of too few columns by reference',
      { id, row: t.integer().references(() => Seat) },
      'Job.row has a foreign key of 1 column, and the primary key of Seat has 2. ' +
        "Name one column for each column of that key, in its order: one(() => Seat, ['…', '…']). [MAPPING_BAD_FOREIGN_KEY]",
    ],
    [
      'of too many columns',
      { id, a: t.integer(), b: t.integer(), owner: one(() => User, ['a', 'b']) },
      'Job.owner has a foreign key of 2 columns, and the primary key of User has 1. ' +
        "Name one column for each column of that key, in its order: one(() => User, '…'). [MAPPING_BAD_FOREIGN_KEY]",
    ],
    [
      'that leads elsewhere',
      { id, jobId: t.integer().references('jobs.id'), owner: one(() => User, 'jobId') },
      'Job.owner leads to User, but its column jobId references Job. Let both name the same model. [MAPPING_BAD_FOREIGN_KEY]',
    ],
  ])('%s', (_, shape, text) => {
    class Known extends Model('known_users', { id }) {}
    configure([Known, User]);
    expect(textOf(shape)).toBe(text);
  });
});

describe('a wrong relationship', () => {
  const ownerId = t.integer().references(() => User);

  it.each([
    [
      'without foreign key',
      { id, owner: one(() => User) },
      'Job.owner finds no foreign key from Job to User. ' +
        "Name the column: one(() => User, '…') in Job makes it the foreign key. [MAPPING_UNKNOWN_FOREIGN_KEY]",
    ],
    [
      'whose target has no such foreign key',
      { id, jobId: t.integer(), jobs: many(() => User, 'name') },
      "Job.jobs names 'name' of User, which is not a foreign key to Job. " +
        "Declare it in User: get … () { return one(() => Job, 'name'); }, or .references(…) on the column. [MAPPING_UNKNOWN_FOREIGN_KEY]",
    ],
    [
      'whose target has no such column',
      { id, jobs: many(() => User, ['nme', 'id']) },
      "Job.jobs names 'nme' as its foreign key, which is not a column of User. Name a property of User that is a column. " +
        "Did you mean 'name'? [MAPPING_UNKNOWN_FOREIGN_KEY]",
    ],
    [
      'with several foreign keys to choose from',
      { id, ownerId, editorId: ownerId, owner: one(() => User) },
      'Job.owner could use 2 foreign keys from Job to User: ownerId; editorId. ' +
        "Name the one that is meant as the second argument: 'ownerId'. [MAPPING_AMBIGUOUS_RELATIONSHIP]",
    ],
    [
      'that may be null unsaid',
      { id, ownerId: ownerId.nullable(), owner: one(() => User) },
      'Job.owner may be null, because its column ownerId may, and its type does not say so. ' +
        "Name the column, one(() => …, 'ownerId'), or add .nullable(). [MAPPING_BAD_FOREIGN_KEY]",
    ],
    [
      'with a misspelt cascade',
      { id, ownerId, owner: one(() => User, { cascade: 'save-update, mergee' }) },
      "Job.owner has the unknown cascade 'mergee'. Did you mean 'merge'? [MAPPING_BAD_CASCADE]",
    ],
    [
      'with an invented cascade',
      { id, ownerId, owner: one(() => User, { cascade: 'obliterate' }) },
      "Job.owner has the unknown cascade 'obliterate'. There are: 'save-update', 'merge', 'refresh-expire', 'expunge', 'delete', " +
        "'delete-orphan', 'all', 'none'. [MAPPING_BAD_CASCADE]",
    ],
    [
      'that would delete orphans from the wrong side',
      { id, ownerId, owner: one(() => User, { cascade: 'all, delete-orphan' }) },
      "Job.owner is a many-to-one and has the cascade 'delete-orphan', though several objects may hold the same one. " +
        "Put it on the many(…) of the parent's side, or say { singleParent: true }: a second parent is then refused. [MAPPING_BAD_CASCADE]",
    ],
    [
      'that would delete orphans but not children',
      { id, jobId: t.integer().references('jobs.id'), jobs: many(() => Self.job, { cascade: 'delete-orphan' }) },
      "Job.jobs has the cascade 'delete-orphan' without 'delete': deleting the parent would leave the children behind. " +
        "Write { cascade: 'all, delete-orphan' }. [MAPPING_BAD_CASCADE]",
    ],
    [
      'with an unknown inverse',
      { id, ownerId, owner: one(() => User, { backPopulates: 'jobs' }) },
      "Job.owner back-populates 'jobs', which is not a relationship of User. There are none yet. [MAPPING_BAD_BACK_POPULATES]",
    ],
    [
      'that writes what another one writes',
      { id, ownerId, owner: one(() => User, 'ownerId'), keeper: one(() => User, 'ownerId') },
      'Job.owner and Job.keeper both write Job.ownerId. Let one of them only read: { viewonly: true }. [MAPPING_CONFLICTING_RELATIONSHIPS]',
    ],
    [
      'whose inverse only reads',
      {
        id,
        parentId: t.integer().references('jobs.id'),
        parent: one(() => Self.job, 'parentId', { backPopulates: 'children' }),
        children: many(() => Self.job, 'parentId', { viewonly: true }),
      },
      'Job.parent back-populates Job.children, and one of the two is viewonly: what is only read has no other side to keep in step. ' +
        'Leave backPopulates out. [MAPPING_BAD_BACK_POPULATES]',
    ],
    [
      'with an inverse of another foreign key',
      {
        id,
        aId: t.integer().references('jobs.id'),
        bId: t.integer().references('jobs.id'),
        a: one(() => Self.job, 'aId', { backPopulates: 'bs' }),
        bs: many(() => Self.job, 'bId'),
      },
      'Job.a back-populates Job.bs, which is not the other side of the same foreign key. ' +
        'Name the relationship that leads back over the same columns. [MAPPING_BAD_BACK_POPULATES]',
    ],
  ])('%s', (_, shape, text) => {
    class Job extends Model('jobs', shape as Record<string, any>) {}
    Self.job = Job;
    expect(faultOf([Job]).message).toBe(text);
  });

  const Self: { job: ModelClass } = { job: User };
});
