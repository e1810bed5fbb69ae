import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

/** Points at itself. */
export class Category extends Model('categories', {
  id: t.serial().primaryKey(),
  name: t.text(),
  parentId: t.integer().nullable(),
  get parent() {
    return one(() => Category, 'parentId');
  },
  get children() {
    return many(() => Category, 'parentId');
  },
}) {
  rename(name: string): this {
    this.name = name;
    return this;
  }

  /** Methods may use what the shape declares without ending in a circle. */
  async path() {
    const above = await this.parent;
    return above === null ? this.name : `${above.name}/${this.name}`;
  }
}

/** A key of two columns. */
export class Seat extends Model(
  'seats',
  {
    row: t.integer().primaryKey(),
    place: t.varchar(2).primaryKey(),
    categoryId: t.integer().references('categories.id').nullable(),
    price: t.numeric({ precision: 10, scale: 2 }),
    tags: t.array(t.text()).default(() => []),
    soldAt: t.timestamp().serverDefault('now()'),
    get category() {
      return one(() => Category);
    },
    get bookings() {
      return many(() => Booking, ['seatRow', 'seatPlace']);
    },
  },
  { indexes: [['row', 'price'], { columns: ['soldAt'], name: 'seats_sold' }], uniques: [['place', 'price']] },
) {}

export class Booking extends Model('bookings', {
  id: t.uuid().primaryKey(),
  seatRow: t.integer(),
  seatPlace: t.varchar(2),
  note: t.custom({ type: t.text(), encode: (url: URL) => url.href, decode: (text) => new URL(text) }).nullable(),
  /** A foreign key in a getter: the only place where a function can name the class. */
  get categoryId() {
    return t
      .integer()
      .references(() => Category)
      .nullable();
  },
  get seat() {
    return one(() => Seat, ['seatRow', 'seatPlace']);
  },
  get category() {
    return one(() => Category).nullable();
  },
}) {}
