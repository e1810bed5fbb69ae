import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import type { DatabaseOf, KeyOf, Row } from '../../src/model/model-types.ts';
import type { Generated, Kysely, Selectable } from 'kysely';
import { same } from './expect.ts';
import { Booking, Category, Seat } from './graph-models.ts';
import type { ReportingJob, User } from './readme-models.ts';

declare const seat: Seat;
declare const booking: Booking;
declare const database: Kysely<DatabaseOf<{ User: typeof User; ReportingJob: typeof ReportingJob }>>;

export function typesEveryKindOfColumn(): void {
  same<typeof seat.price, string>();
  same<typeof seat.tags, string[]>();
  same<typeof booking.note, URL | null>();
  same<typeof booking.categoryId, number | null>();
  const kinds = {
    big: t.bigserial(),
    bytes: t.bytes(),
    day: t.date(),
    real: t.real(),
    flag: t.boolean(),
    wide: t.double(),
    key: t.uuid(),
  };
  type Kinds = Selectable<Row<typeof kinds>>;
  same<
    { [K in keyof Kinds]: Kinds[K] },
    { big: bigint; bytes: Uint8Array; day: string; real: number; flag: boolean; wide: number; key: string }
  >();
  // @ts-expect-error The default is of another type.
  t.integer().default('1');
  // @ts-expect-error Not one of the values.
  t.enum('a', 'b').default('c');
  // @ts-expect-error No such action.
  t.integer().references('users.id', { onDelete: 'destroy' });
}

export async function letsObjectsStandForTheirKeys(): Promise<void> {
  new Booking({ id: 'b', seat });
  new Booking({ id: 'b', seatRow: 1, seatPlace: 'A', category: null });
  new Seat({ row: 1, place: 'A', price: '9.50' });
  new Category({ name: 'x', parent: null });
  const above = await booking.category;
  same<typeof above, Category | null>();
  // @ts-expect-error The key column is missing.
  new Seat({ row: 1, price: '9.50' });
}

export function knowsThePrimaryKey(): void {
  same<KeyOf<typeof User>, number>();
  same<KeyOf<typeof Booking>, string>();
  const key: KeyOf<typeof Seat> = { row: 1, place: 'A' };
  same<typeof key.place, string>();
  // @ts-expect-error Half a key.
  const half: KeyOf<typeof Seat> = { row: 1 };
  void half;
}

export async function typesRowsForKysely(): Promise<void> {
  const rows = await database.selectFrom('reporting_jobs').select(['id', 'status', 'createdAt']).execute();
  same<typeof rows, { id: number; status: 'queued' | 'running' | 'done' | 'failed'; createdAt: Date }[]>();
  same<Row<typeof User.shape>['id'], Generated<number>>();
  await database.insertInto('users').values({ name: 'Ada' }).execute();
  // @ts-expect-error A relationship is not a column.
  database.selectFrom('reporting_jobs').select('owner');
  // @ts-expect-error No such table.
  database.selectFrom('jobs');
}

export function refusesWrongDeclarations(): void {
  // @ts-expect-error Not a mapped class.
  one(() => Date, 'ownerId');
  // @ts-expect-error Not a mapped class.
  many(() => ({}), 'ownerId');
  // @ts-expect-error The index names no column.
  Model('tags', { id: t.serial().primaryKey() }, { indexes: [['name']] });
}
