import { describe, expect, it } from 'vitest';

import { configure, Model, one, many, Submodel, t } from '../../src/index.ts';
import type { ModelClass } from '../../src/index.ts';

const id = t.serial().primaryKey();

const animals = (identity?: string, type = t.text()) =>
  Model(
    'animals',
    { id, type, name: t.text() },
    { discriminator: 'type', ...(identity === undefined ? {} : { identity }) },
  );

function messageOf(models: readonly ModelClass[]): string {
  try {
    configure(models);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no fault';
}

describe('a family of models is refused', () => {
  it('whose root has no discriminator', () => {
    class Animal extends Model('animals', { id }) {}
    class Cat extends Submodel(Animal, 'cat', {}) {}
    expect(messageOf([Cat])).toBe(
      'Cat extends Animal, which has no discriminator to tell their rows apart. ' +
        "Name a column of Animal for it: Model('animals', { type: t.text(), … }, { discriminator: 'type' }). [MAPPING_INHERITANCE]",
    );
  });

  it('whose discriminator is no column', () => {
    class Animal extends Model('animals', { id, kind: t.text() }, Object.fromEntries([['discriminator', 'kin']])) {}
    expect(messageOf([Animal])).toBe(
      "Animal has 'kin' for its discriminator, which is not one of its columns. Name a column. Did you mean 'kind'? [MAPPING_INHERITANCE]",
    );
  });

  it('whose discriminator cannot tell classes apart', () => {
    class Animal extends Model('animals', { id, at: t.timestamp() }, { discriminator: 'at' }) {}
    expect(messageOf([Animal])).toContain(
      'Animal.at is a discriminator of type timestamp, which cannot tell classes apart.',
    );
  });

  it('in which two classes have one identity', () => {
    class Animal extends animals('cat') {}
    class Cat extends Submodel(Animal, 'cat', {}) {}
    expect(messageOf([Animal, Cat])).toContain("Animal and Cat both have the identity 'cat'.");
    class Dog extends Submodel(Animal, 'dog', {}) {}
    class Hound extends Submodel(Animal, 'dog', {}) {}
    expect(messageOf([Dog])).toBe('no fault');
    expect(messageOf([Hound])).toContain("Dog and Hound both have the identity 'dog'.");
  });

  it('with an identity that the discriminator cannot hold', () => {
    class Animal extends Model('animals', { id, type: t.enum('cat', 'dog') }, { discriminator: 'type' }) {}
    class Cow extends Submodel(Animal, 'cow', {}) {}
    expect(messageOf([Cow])).toContain('Cow has an identity that Animal.type cannot hold. Use one of: cat, dog.');
    class Part extends Model('parts', { id, type: t.integer() }, { discriminator: 'type' }) {}
    class Bolt extends Submodel(Part, 'bolt', {}) {}
    expect(messageOf([Bolt])).toContain(
      "Bolt has an identity that Part.type cannot hold. Give it a value of the column's type.",
    );
  });

  it('with a class that declares or hides what it inherits', () => {
    class Animal extends animals() {}
    class Cat extends Submodel(Animal, 'cat', { name: t.text().nullable() }) {}
    expect(messageOf([Cat])).toContain('Cat.name is declared by Animal already.');
    class Dog extends Submodel(Animal, 'dog', {}) {}
    Object.defineProperty(Dog.prototype, 'name', { value: 1 });
    expect(messageOf([Dog])).toContain('Dog.name is a member of the class body and would hide what Animal declares.');
  });

  it('with a key or a version of a subclass', () => {
    class Animal extends animals() {}
    class Cat extends Submodel(Animal, 'cat', { code: t.text().primaryKey() }) {}
    expect(messageOf([Cat])).toContain('Cat.code is part of a primary key, but rows are known by the key of Animal.');
    class Dog extends Submodel(Animal, 'dog', { version: t.integer().nullable().version() }) {}
    expect(messageOf([Dog])).toContain('Dog.version is a version, but a row has one version for all its classes.');
  });

  it('with a column of a subclass that rows of others cannot fill', () => {
    class Animal extends animals() {}
    class Cat extends Submodel(Animal, 'cat', { lives: t.integer().default(9) }) {}
    expect(messageOf([Cat])).toBe(
      "Cat.lives needs a value, but rows of other classes in table 'animals' have none. " +
        'Make it .nullable(), or give it a .serverDefault(…). [MAPPING_INHERITANCE]',
    );
  });

  it('in which two classes store their columns in one', () => {
    class Animal extends animals() {}
    class Cat extends Submodel(Animal, 'cat', { speed: t.integer().nullable() }) {}
    class Dog extends Submodel(Animal, 'dog', { speed: t.integer().nullable() }) {}
    expect(messageOf([Cat, Dog])).toContain(
      "Dog.speed and a column of Cat are both stored in column 'speed', but names",
    );
  });
});

describe('a family of models', () => {
  it('has no objects of a root without identity', () => {
    class Animal extends animals() {}
    class Cat extends Submodel(Animal, 'cat', {}) {}
    configure([Cat]);
    expect(() => new Animal({ name: 'x' })).toThrow(
      'Animal has no identity, so there are no objects of it, only of its subclasses. ' +
        'Make an object of Cat, or give Animal an identity beside its discriminator. [STATE_NO_IDENTITY]',
    );
    expect(new Cat({ name: 'Tom' }).type).toBe('cat');
  });

  it('shares columns, relationships and a table, which grows with each class that is configured', () => {
    class Owner extends Model('owners', {
      id,
      get animals() {
        return many(() => Animal, 'ownerId');
      },
    }) {}
    class Animal extends Model(
      'animals',
      {
        id,
        type: t.text(),
        ownerId: t.integer().nullable(),
        get owner() {
          return one(() => Owner, 'ownerId');
        },
      },
      { discriminator: 'type', identity: 'animal' },
    ) {}
    const [animal] = configure([Animal]);
    expect(animal?.table.columns.map(({ name }) => name)).toEqual(['id', 'type', 'owner_id']);
    class Cat extends Submodel(Animal, 'cat', {
      lives: t.integer().nullable().index(),
      preyId: t.integer().nullable(),
      get prey() {
        return one(() => Animal, 'preyId');
      },
    }) {}
    const [cat] = configure([Cat]);
    expect(cat?.table).toBe(animal?.table);
    expect(cat?.table.columns.map(({ name }) => name)).toEqual(['id', 'type', 'owner_id', 'lives', 'prey_id']);
    expect(cat?.table.foreignKeys.map(({ columns }) => columns)).toEqual([['owner_id'], ['prey_id']]);
    expect(cat?.table.indexes).toHaveLength(1);
    expect([cat?.columns[0], cat?.relationships[0]]).toEqual([animal?.columns[0], animal?.relationships[0]]);
    expect(cat?.relationships.map(({ property, index }) => [property, index])).toEqual([
      ['owner', 0],
      ['prey', 1],
    ]);
  });
});
