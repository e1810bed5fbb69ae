import { describe, expect, it } from 'vitest';

import { DatabaseError, UniqueViolation } from '../../src/errors/database-errors.ts';
import { PendingRollbackError, SessionOptionError } from '../../src/errors/session-errors.ts';
import { PartialCommitError, UnboundError } from '../../src/errors/transaction-errors.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { rejection } from '../support/rejection.ts';
import { Letter, MODELS, Note, openTwo, Person, plantDeferred } from '../support/two-engines.ts';

describe.for(DATABASES)('several engines on $name', (database) => {
  const both = [database, database] as const;

  it('finds the bind of a model: its own, that of a class it extends, the default', async () => {
    const { people, letters } = await openTwo(both);
    class Archived extends Letter {}
    const binds = new Map([[Letter, letters]]);
    const session = sessionFactory(people, { binds })();
    expect([session.getBind(Letter), session.getBind(Person), session.getBind()]).toEqual([letters, people, people]);
    expect(binds).toEqual(new Map([[Letter, letters]]));
    const list = sessionFactory(undefined, {
      binds: [
        { model: Archived, engine: people },
        { model: Letter, engine: letters },
      ],
    })();
    expect(list.getBind(Letter)).toBe(letters);
  });

  it('begins one transaction on each engine that is used and commits them in the order of their first use', async () => {
    const { Session, took, people, letters, rows } = await openTwo(both);
    await using session = Session();
    took();
    const ada = new Person({ name: 'ada' });
    session.addAll([new Letter({ text: 'hello', person: ada }), ada, new Note({ text: 'n' })]);
    await session.commit();
    expect(took()).toEqual([
      'people: begin',
      'people: insert people',
      'letters: begin',
      'letters: insert letters',
      'people: insert notes',
      'people: commit',
      'letters: commit',
    ]);
    session.add(new Letter({ text: 'again' }));
    await session.commit();
    expect(took()).toEqual(['letters: begin', 'letters: insert letters', 'letters: commit']);
    expect(await rows(people, 'people')).toEqual([['ada']]);
    expect(await rows(letters, 'letters')).toEqual([
      ['hello', 1],
      ['again', null],
    ]);
    expect([people.pool.status().checkedOut, letters.pool.status().checkedOut]).toEqual([0, 0]);
  });

  it('loads relationships from the engine of their target', async () => {
    const { Session, took } = await openTwo(both);
    await Session.begin((session) => {
      for (const name of ['ada', 'bob'])
        session.add(
          new Person({ name, letters: [new Letter({ text: `from ${name}` }), new Letter({ text: 'second' })] }),
        );
    });
    took();
    await using session = Session();
    const found = await session.find(Person).orderBy('id').with('letters.person');
    expect(found.map((person) => person.letters.map((letter) => [letter.text, letter.person === person]))).toEqual([
      [
        ['from ada', true],
        ['second', true],
      ],
      [
        ['from bob', true],
        ['second', true],
      ],
    ]);
    expect(took().filter((line) => line.includes('select'))).toEqual([
      'people: select people',
      'letters: select letters by person_id',
    ]);
    await session.rollback();
    took();
    await using other = Session();
    const [letter] = await other.find(Letter).where('text', '=', 'from bob');
    expect((await letter!.person)?.name).toBe('bob');
    expect((await other.get(Letter, letter!.id)) === letter).toBe(true);
    expect(await other.find(Letter).where({ text: 'second' }).count()).toBe(2);
    await other.refresh(letter!);
    expect(took().filter((line) => line.includes('select'))).toEqual([
      'letters: select letters by text',
      'people: select people by id',
      'letters: select letters by text',
      'letters: select letters by id',
    ]);
  });

  it('updates and deletes on the engine of each object', async () => {
    const { Session, took, people, letters, rows } = await openTwo(both);
    await using session = Session();
    const [ada, bob] = [new Person({ name: 'ada' }), new Person({ name: 'bob' })];
    const letter = new Letter({ text: 'hello', person: ada });
    const gone = new Letter({ text: 'gone' });
    session.addAll([ada, bob, letter, gone]);
    await session.commit();
    ada.name = 'eve';
    letter.person = bob;
    session.delete(gone);
    took();
    await session.commit();
    expect(took()).toEqual([
      'people: begin',
      'people: update people name',
      'letters: begin',
      'letters: update letters person_id',
      'letters: delete letters',
      'people: commit',
      'letters: commit',
    ]);
    expect([await rows(people, 'people'), await rows(letters, 'letters')]).toEqual([
      [['eve'], ['bob']],
      [['hello', 2]],
    ]);
  });

  it('sets, releases and rolls back savepoints on every engine in use, also on one that is first used inside', async () => {
    const { Session, took, people, letters, rows } = await openTwo(both);
    took();
    await using session = Session();
    session.add(new Person({ name: 'ada' }));
    const savepoint = await session.beginNested();
    session.addAll([new Person({ name: 'bob' }), new Letter({ text: 'lost' })]);
    await session.flush();
    await savepoint.rollback();
    await session.beginNested(() => session.add(new Letter({ text: 'kept' })));
    await session.commit();
    expect(took()).toEqual([
      'people: begin',
      'people: insert people',
      'people: savepoint hermetic_1',
      'people: insert people',
      'letters: begin',
      'letters: savepoint hermetic_1',
      'letters: insert letters',
      'people: rollback to savepoint hermetic_1',
      'letters: rollback to savepoint hermetic_1',
      'people: savepoint hermetic_2',
      'letters: savepoint hermetic_2',
      'letters: insert letters',
      'people: release savepoint hermetic_2',
      'letters: release savepoint hermetic_2',
      'people: commit',
      'letters: commit',
    ]);
    expect([await rows(people, 'people'), await rows(letters, 'letters')]).toEqual([[['ada']], [['kept', null]]]);
  });

  it('rolls back everywhere when a flush fails on one engine', async () => {
    const { Session, took, people, letters, rows } = await openTwo(both);
    await using session = Session();
    session.add(new Letter({ text: 'first' }));
    await session.flush();
    session.addAll([new Person({ name: 'same' }), new Person({ name: 'same' })]);
    took();
    expect(await rejection(session.flush())).toBeInstanceOf(UniqueViolation);
    expect(took()).toEqual(['people: begin', 'people: insert people', 'letters: rollback', 'people: rollback']);
    expect(await rejection(session.execute('select 1'))).toBeInstanceOf(PendingRollbackError);
    expect([people.pool.status().checkedOut, letters.pool.status().checkedOut]).toEqual([0, 0]);
    await session.rollback();
    expect([await rows(people, 'people'), await rows(letters, 'letters')]).toEqual([[], []]);
  });

  it('says what has committed and what has not when a later COMMIT fails, and keeps memory true to both', async () => {
    const { Session, took, people, letters, rows } = await openTwo(both);
    const violation = await plantDeferred(database, letters);
    await using session = Session();
    const ada = new Person({ name: 'ada' });
    const letter = new Letter({ text: 'lost', person: ada });
    session.addAll([ada, letter]);
    await session.flush();
    await (await session.connection({ model: Letter })).execute(violation);
    took();
    const error = await rejection(session.commit());
    expect(error).toBeInstanceOf(PartialCommitError);
    expect(error).toMatchObject({
      code: 'SESSION_PARTIAL_COMMIT',
      committed: [people.address],
      rolledBack: [letters.address],
      cause: expect.any(DatabaseError) as DatabaseError,
    });
    expect(error.message).toContain(
      `COMMIT failed on ${letters.address} after it had succeeded elsewhere. Committed: ${people.address}. Rolled back: ${letters.address}.`,
    );
    expect(took().slice(0, 2)).toEqual(['people: commit', 'letters: commit']);
    expect([inspect(ada).state, inspect(letter).state, session.inTransaction()]).toEqual([
      'persistent',
      'transient',
      false,
    ]);
    expect([...(await ada.letters), session.new, session.dirty]).toEqual([[], []]);
    expect([await rows(people, 'people'), await rows(letters, 'letters')]).toEqual([[['ada']], []]);
    session.add(new Letter({ text: 'repeated', person: ada }));
    await session.commit();
    expect(await rows(letters, 'letters')).toEqual([['repeated', ada.id]]);
  });

  it('commits nothing when the first COMMIT fails', async () => {
    const { Session, people, letters, rows } = await openTwo(both);
    const violation = await plantDeferred(database, people);
    await using session = Session();
    await session.execute(violation);
    const letter = new Letter({ text: 'lost' });
    session.add(letter);
    const error = await rejection(session.commit());
    expect([error instanceof PartialCommitError, error instanceof DatabaseError]).toEqual([false, true]);
    expect([inspect(letter).state, await rows(letters, 'letters')]).toEqual(['transient', []]);
    expect([people.pool.status().checkedOut, letters.pool.status().checkedOut]).toEqual([0, 0]);
  });

  it('names the model that has no bind, and what a statement without a model can do', async () => {
    const { people } = await openTwo(both);
    const Session = sessionFactory(undefined, { models: MODELS, binds: [{ model: Person, engine: people }] });
    await using session = Session();
    expect(await session.find(Person).count()).toBe(0);
    expect((await rejection(session.get(Letter, 1))).message).toBe(
      'Could not locate a bind configured on Letter or this Session. Give the session an engine, or name one for Letter in binds. [SESSION_NO_BIND]',
    );
    session.add(new Letter({ text: 'x' }));
    expect(await rejection(session.flush())).toBeInstanceOf(UnboundError);
    await session.rollback();
    expect((await rejection(session.execute('select 1'))).message).toBe(
      'This session is not bound to a single Engine or Connection, and no context was provided to locate a binding. Give the session an engine, or use (await session.connection({ model })).execute(…). [SESSION_NO_BIND]',
    );
    const connection = await session.connection({ model: Person });
    expect((await connection.execute('select 1')).rows.length).toBe(1);
    expect(() => Session.engine).toThrow(UnboundError);
  });

  it('throws every connection away on invalidate', async () => {
    const { Session, people, letters } = await openTwo(both);
    await using session = Session();
    const connections = [await session.connection(), await session.connection({ model: Letter })];
    await session.invalidate();
    expect(connections.map(({ lease }) => lease.isReleased)).toEqual([true, true]);
    expect([people.pool.status().checkedOut, letters.pool.status().checkedOut]).toEqual([0, 0]);
  });

  it('keeps what it wrote in a caller’s transaction when it closes, and loses the rest', async () => {
    const { people, letters, rows } = await openTwo(both);
    const connection = await letters.connect();
    connection.begin();
    await connection.execute("insert into letters (text) values ('caller')");
    const session = sessionFactory(people, { models: MODELS, binds: [{ model: Letter, engine: connection }] })();
    const objects = [new Person({ name: 'lost' }), new Letter({ text: 'kept' })];
    session.addAll(objects);
    await session.flush();
    await session.close();
    await connection.commit();
    await connection.release();
    expect(objects.map((each) => inspect(each).state)).toEqual(['transient', 'detached']);
    expect([await rows(people, 'people'), await rows(letters, 'letters')]).toEqual([
      [],
      [
        ['caller', null],
        ['kept', null],
      ],
    ]);
  });

  it('works with a caller’s connection beside an engine', async () => {
    const { people, letters, rows } = await openTwo(both);
    const connection = await letters.connect();
    connection.begin();
    await connection.execute("insert into letters (text) values ('caller')");
    await sessionFactory(people, { models: MODELS, binds: [{ model: Letter, engine: connection }] }).begin(
      (session) => {
        session.addAll([new Person({ name: 'ada' }), new Letter({ text: 'session' })]);
      },
    );
    await connection.rollback();
    await connection.release();
    expect([await rows(people, 'people'), await rows(letters, 'letters')]).toEqual([[['ada']], []]);
  });
});

describe('the option binds', () => {
  it('refuses what is no class or no engine', async () => {
    const engine = await DATABASES[0]!.createEngine();
    for (const binds of [
      new Map([['Person', engine]]),
      new Map([[Person, 'sqlite:app.db']]),
      [{ model: Person }],
      [null],
      engine,
    ])
      expect(() => sessionFactory(engine, { binds: binds as never })).toThrow(SessionOptionError);
  });
});
