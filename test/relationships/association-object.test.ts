import { describe, expect, test } from 'vitest';

import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { DATABASES } from '../support/databases.ts';
import { openGraph } from './graph-models.ts';

class Course extends Model('courses', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get seats() {
    return many(() => Seat, 'courseId', { cascade: 'all, delete-orphan' });
  },
  get students() {
    return many(() => Student, { through: { model: () => Seat, to: 'studentId' } });
  },
}) {}

class Student extends Model('students', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get courses() {
    return many(() => Course, { through: { model: () => Seat, from: 'studentId' } });
  },
  get tutored() {
    return many(() => Course, { through: { model: () => Seat, from: 'tutorId' }, viewonly: true });
  },
}) {}

/** Says more of a pair than that it is one. */
class Seat extends Model('seats', {
  courseId: t.integer().primaryKey(),
  studentId: t.integer().primaryKey(),
  tutorId: t.integer().nullable(),
  grade: t.text().default('open'),
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

const names = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name).sort();

describe.for(DATABASES)('an association object on $name', (database) => {
  const open = () => openGraph(database, [Course, Student, Seat]);
  const SEATS = 'select grade, tutor_id from seats order by 1';

  test('is written by itself, with what it says of the pair', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const [ada, bob] = [new Student({ name: 'Ada' }), new Student({ name: 'Bob' })];
    const course = new Course({ name: 'logic', seats: [new Seat({ student: ada, tutor: bob, grade: 'A' })] });
    session.add(course);
    took();
    await session.commit();
    expect(took()).toEqual(['begin', 'insert courses', 'insert students', 'insert seats', 'commit']);
    expect(await rows(SEATS)).toEqual([['A', bob.id]]);
    await using reader = Session();
    const found = await reader.find(Student).orderBy('name').with('courses', 'tutored');
    expect(found.map((each) => [each.name, names(each.courses), names(each.tutored)])).toEqual([
      ['Ada', ['logic'], []],
      ['Bob', [], ['logic']],
    ]);
  });

  test('is made with its defaults where objects are linked across it, and goes with the link', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const ada = new Student({ name: 'Ada' });
    const course = new Course({ name: 'logic', students: [ada] });
    session.add(course);
    await session.flush();
    expect(names(ada.courses)).toEqual(['logic']);
    took();
    await session.commit();
    expect(await rows(SEATS)).toEqual([['open', null]]);
    await using other = Session();
    const again = await other.find(Course).with('students', 'seats').one();
    again.students.pop();
    took();
    await other.commit();
    expect(took().filter((line) => line.startsWith('delete'))).toEqual(['delete seats']);
    expect(await rows(SEATS)).toEqual([]);
  });

  test('lets collections that go across it be read again once it was written', async () => {
    const { Session } = await open();
    await using session = Session();
    const [ada, course] = [new Student({ name: 'Ada' }), new Course({ name: 'logic' })];
    session.addAll([ada, course]);
    await session.flush();
    await session.load([course], 'students');
    session.add(new Seat({ course, student: ada }));
    const [found] = await session.find(Course).with('students');
    expect(names(found?.students)).toEqual(['Ada']);
  });

  test('is looked after by its own collection when one end is deleted', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const course = new Course({ name: 'logic', seats: [new Seat({ student: new Student({ name: 'Ada' }) })] });
    session.add(course);
    await session.commit();
    session.delete(course);
    took();
    await session.commit();
    expect(took().filter((line) => line.startsWith('delete'))).toEqual(['delete seats', 'delete courses']);
    expect(await rows('select name from students')).toEqual([['Ada']]);
  });
});
