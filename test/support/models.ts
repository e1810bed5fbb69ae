import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

export class User extends Model('users', {
  id: t.serial().primaryKey(),
  name: t.text(),
  email: t.text().nullable().unique(),
  get jobs() {
    return many(() => Job, 'ownerId', { cascade: 'all, delete-orphan' });
  },
  get addresses() {
    return many(() => Address, 'userId');
  },
}) {}

/** Cannot live without its owner. */
export class Job extends Model('jobs', {
  id: t.serial().primaryKey(),
  title: t.text(),
  status: t.enum('queued', 'running', 'done').default('queued'),
  payload: t.json<{ rows?: number; tags?: string[] }>().nullable(),
  dueAt: t.timestamp().nullable(),
  ownerId: t.integer(),
  get owner() {
    return one(() => User, 'ownerId');
  },
}) {}

/** Can live without its user. */
export class Address extends Model('addresses', {
  id: t.serial().primaryKey(),
  street: t.text(),
  userId: t.integer().nullable(),
  get user() {
    return one(() => User, 'userId');
  },
}) {}

/** Two columns make the key. */
export class Order extends Model('orders', {
  region: t.text().primaryKey(),
  number: t.integer().primaryKey(),
  note: t.text().nullable(),
  get items() {
    return many(() => Item, ['region', 'orderNumber'], { cascade: 'all, delete-orphan' });
  },
}) {}

export class Item extends Model('items', {
  id: t.serial().primaryKey(),
  region: t.text(),
  orderNumber: t.integer(),
  product: t.text(),
  get order() {
    return one(() => Order, ['region', 'orderNumber']);
  },
}) {}

/** Points at its own table. */
export class Node extends Model('nodes', {
  id: t.serial().primaryKey(),
  name: t.text(),
  parentId: t.integer().nullable(),
  get parent() {
    return one(() => Node, 'parentId');
  },
  get children() {
    return many(() => Node, 'parentId', { cascade: 'all' });
  },
}) {}

/** Two tables that point at each other. */
export class Team extends Model('teams', {
  id: t.serial().primaryKey(),
  name: t.text(),
  captainId: t.integer().nullable(),
  get captain() {
    return one(() => Player, 'captainId');
  },
}) {}

export class Player extends Model('players', {
  id: t.serial().primaryKey(),
  name: t.text(),
  teamId: t.integer().nullable(),
  get team() {
    return one(() => Team, 'teamId');
  },
}) {}

/** A key that the program gives, and values that the database fills in. */
export class Ticket extends Model('tickets', {
  code: t.text().primaryKey(),
  state: t.text().serverDefault("'open'"),
  priority: t.integer().serverDefault('3'),
}) {}

export class Everything extends Model('everything', {
  id: t.bigserial().primaryKey(),
  integer: t.integer(),
  bigint: t.bigint(),
  text: t.text(),
  varchar: t.varchar(40),
  boolean: t.boolean(),
  real: t.real(),
  double: t.double(),
  numeric: t.numeric({ precision: 12, scale: 2 }),
  timestamp: t.timestamp(),
  date: t.date(),
  uuid: t.uuid(),
  json: t.json<{ list: number[]; nested: { deep: string } }>(),
  bytes: t.bytes(),
  colour: t.enum('red', 'green'),
}) {}

export const MODELS = { User, Job, Address, Order, Item, Node, Team, Player, Ticket, Everything };
