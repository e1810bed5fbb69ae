import { randomUUID } from 'node:crypto';

import { expect, test } from 'vitest';

import { postgres } from '../../src/dialects/postgres/dialect.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { requireState } from '../../src/state/entity.ts';
import { IdentityMap } from '../../src/state/identity-map.ts';
import type { StateOwner } from '../../src/state/instance-state.ts';
import type { FlushContext } from '../../src/unit-of-work/flush-context.ts';
import { insertRows } from '../../src/unit-of-work/insert-rows.ts';
import { Ticket, User } from '../support/models.ts';

class Device extends Model('devices', {
  id: t.uuid().primaryKey(),
  name: t.text(),
  seen: t.integer().serverDefault('0'),
}) {}

class Reading extends Model('readings', {
  at: t.timestamp().primaryKey(),
  seen: t.integer().serverDefault('0'),
}) {}

/** Inserts objects while the database answers with `answers`, statement by statement. Gives the numbers of rows sent. */
async function insert(entities: object[], answers: unknown[][][]): Promise<number[]> {
  const sent: number[] = [];
  const owner: StateOwner = {
    session: {},
    transaction: 1,
    reads: { siteOf: () => undefined, load: () => Promise.resolve(null), query: () => ({}) },
    cascadeAdd: () => {},
    release: () => {},
  };
  const identity = new IdentityMap();
  const context: FlushContext = {
    dialect: postgres,
    identity,
    owner,
    added: [],
    transaction: 1,
    boundTo: () => context,
    execute(_statement, parameters) {
      sent.push(String(parameters[0]).split(',').length);
      return Promise.resolve({ rows: answers.shift() ?? [], columns: [], affected: 0 });
    },
    associations: { noteWrite: () => {}, noteRead: () => {} },
    remember: () => {},
    admit: (state) => identity.set(state),
    forget: () => {},
  };
  const states = entities.map(requireState);
  for (const state of states) {
    state.owner = owner;
    state.moveTo('pending');
  }
  await insertRows(context, { action: 'insert', mapper: states[0]!.mapper, states });
  return sent;
}

test('generated keys go to the right objects in whatever order they come back', async () => {
  const users = ['a', 'b', 'c', 'd'].map((name) => new User({ name }));
  const sent = await insert(users, [[['12'], ['10'], ['13'], ['11']]]);
  expect([sent, users.map(({ id }) => id)]).toEqual([[4], [10, 11, 12, 13]]);
});

test('values that the database filled in go to the object whose key they come with', async () => {
  const tickets = ['a', 'b', 'c'].map((code) => new Ticket({ code }));
  const sent = await insert(tickets, [
    [
      ['c', 'third', '3'],
      ['a', 'first', '1'],
      ['b', 'second', '2'],
    ],
  ]);
  expect([sent, tickets.map((ticket) => ({ ...ticket }))]).toEqual([
    [3],
    [
      { code: 'a', state: 'first', priority: 1 },
      { code: 'b', state: 'second', priority: 2 },
      { code: 'c', state: 'third', priority: 3 },
    ],
  ]);
});

test('a UUID is known in whatever case it was given', async () => {
  const ids = [randomUUID(), randomUUID()];
  const devices = ids.map((id) => new Device({ id: id.toUpperCase(), name: id }));
  const sent = await insert(devices, [
    [
      [ids[1], '2'],
      [ids[0], '1'],
    ],
  ]);
  expect([sent, devices.map(({ seen }) => seen)]).toEqual([[2], [1, 2]]);
});

test('rows go one by one where the database may write the key in another form', async () => {
  const readings = [new Reading({ at: new Date(1) }), new Reading({ at: new Date(2) })];
  const sent = await insert(readings, [[['1']], [['2']]]);
  expect([sent, readings.map(({ seen }) => seen)]).toEqual([
    [1, 1],
    [1, 2],
  ]);
});
