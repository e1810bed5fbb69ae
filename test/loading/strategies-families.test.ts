import { describe, expect, test } from 'vitest';

import type { LoadStrategy } from '../../src/index.ts';
import { many, Model, one, sessionFactory, Submodel, t } from '../../src/index.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';

class Team extends Model('teams', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get members() {
    return many(() => Employee, 'teamId');
  },
}) {}

class Employee extends Model(
  'employees',
  {
    id: t.serial().primaryKey(),
    type: t.text(),
    name: t.text(),
    teamId: t.integer().nullable(),
    get team() {
      return one(() => Team, 'teamId');
    },
  },
  { discriminator: 'type' },
) {}

/** In its parent's table. */
class Manager extends Submodel(Employee, 'manager', { budget: t.integer().nullable() }) {}

/** With a table of its own. */
class Engineer extends Submodel(
  Employee,
  'engineer',
  {
    language: t.text(),
    get tools() {
      return many(() => Tool, 'engineerId');
    },
  },
  { table: 'engineers' },
) {}

class Tool extends Model('tools', {
  id: t.serial().primaryKey(),
  name: t.text(),
  engineerId: t.integer(),
  get engineer() {
    return one(() => Engineer, 'engineerId');
  },
}) {}

const MODELS = { Team, Employee, Manager, Engineer, Tool };
const STRATEGIES: readonly LoadStrategy[] = ['selectin', 'joined', 'json'];

describe.for(DATABASES)('families of models on $name', (database) => {
  test.for(STRATEGIES)('come out as the classes that they are: %s', async (strategy) => {
    const engine = await database.createEngine();
    await engine.createAll(Object.values(MODELS));
    const Session = sessionFactory(engine, { models: MODELS });
    await Session.begin((session) => {
      const tools = [new Tool({ name: 'vi' })];
      const members = [new Manager({ name: 'm', budget: 3 }), new Engineer({ name: 'e', language: 'ts', tools })];
      session.add(new Team({ name: 'a', members }));
    });
    const statements = recordStatements(engine);
    const took = (): number => statements.take().filter((text) => text !== 'begin').length;
    const isOne = strategy !== 'selectin';
    await using session = Session();
    const teams = await session.find(Team).with('members').strategy(strategy);
    expect(teams[0]!.members.map((each) => [each.constructor, { ...each }])).toEqual([
      [Manager, { id: 1, type: 'manager', name: 'm', teamId: 1, budget: 3 }],
      [Engineer, { id: 2, type: 'engineer', name: 'e', teamId: 1, language: 'ts' }],
    ]);
    expect(took()).toBe(isOne ? 1 : 2);
    await using second = Session();
    const [tool] = await second.find(Tool).with('engineer.team').strategy(strategy);
    expect([tool!.engineer.language, tool!.engineer.team?.name, took()]).toEqual(['ts', 'a', isOne ? 1 : 3]);
    await using third = Session();
    const [engineer] = await third.find(Engineer).with('tools', 'team.members').strategy(strategy);
    expect([engineer!.tools.map(({ name }) => name), engineer!.team?.members.length]).toEqual([['vi'], 2]);
    expect(took()).toBe(isOne ? 1 : 4);
  });
});
