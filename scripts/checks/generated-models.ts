/**
 * A program of `count` models with 20 properties each: 17 columns and relationships to both neighbours in one circle,
 * and for each model an object, a query with loaded paths, and a loop over its rows.
 */
export function modelsSource(count: number, hermetic: string): string {
  const models = Array.from({ length: count }, (_, index) => modelSource(index, count));
  return [preamble(hermetic), ...models].join('\n');
}

function preamble(hermetic: string): string {
  return `import { t } from '${hermetic}/mapping/t.js';
import { many, one } from '${hermetic}/mapping/relationship-builder.js';
import type { ModelClass } from '${hermetic}/mapping/mapper.js';
import { Model } from '${hermetic}/model/model.js';
import type { Query } from '${hermetic}/session/query.js';

declare function find<C extends ModelClass>(model: C): Query<C>;
`;
}

function modelSource(index: number, count: number): string {
  const [name, next, previous] = [index, (index + 1) % count, (index + count - 1) % count].map((of) => `Model${of}`);
  return `
export class ${name} extends Model('table_${index}', {
  id: t.serial().primaryKey(),
  title: t.text(),
  note: t.text().nullable(),
  code: t.varchar(20).unique(),
  status: t.enum('new', 'open', 'done').default('new'),
  amount: t.numeric({ precision: 12, scale: 2 }),
  ratio: t.double().nullable(),
  count: t.integer().default(0),
  big: t.bigint().nullable(),
  flag: t.boolean().default(false),
  payload: t.json<{ rows?: number; tags?: string[] }>().nullable(),
  labels: t.array(t.text()).default(() => []),
  createdAt: t.timestamp().default(() => new Date()),
  updatedAt: t.timestamp().serverDefault('now()'),
  day: t.date().nullable(),
  nextId: t.integer(),
  parentId: t.integer().nullable(),
  get next() { return one(() => ${next}, 'nextId'); },
  get parent() { return one(() => ${name}, 'parentId'); },
  get previous() { return many(() => ${previous}, 'nextId', { cascade: 'all, delete-orphan' }); },
}) {
  late() { return this.createdAt < new Date(); }
}

export async function use${name}(): Promise<string> {
  const made = new ${name}({ title: 'x', code: 'c', amount: '1', nextId: 1 });
  const rows = await find(${name}).where('title', '=', 'x').where({ status: ['new', 'open'] }).with('next.next', 'previous');
  for (const row of rows) {
    if (row.late() && row.previous.some((each) => each.late())) return row.next.next.title + (await row.parent)?.title;
  }
  return made.title;
}`;
}
