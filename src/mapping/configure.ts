import { MappingError, type MappingFault } from '../errors/mapping-errors.ts';
import type { Table } from '../sql/table.ts';
import { compileAssociations } from './association-compiler.ts';
import { rememberAssociations } from './association-index.ts';
import { compileColumns } from './column-compiler.ts';
import { foreignKeys, linkNamedColumns, linkReferences, type ForeignKeyContext } from './foreign-key-compiler.ts';
import { ForeignKeyLinks } from './foreign-key-links.ts';
import { compileIndexes } from './index-compiler.ts';
import { pairInverses } from './inverse-pairing.ts';
import { rootOf } from './mapped-class.ts';
import type { ModelDraft } from './mapper-draft.ts';
import type { Mapper, ModelClass } from './mapper.ts';
import { discover } from './model-discovery.ts';
import type { ModelIndex } from './model-index.ts';
import { modelOptionsOf } from './model-options.ts';
import { compileRelationships } from './relationship-compiler.ts';

const configured = new WeakMap<object, Mapper>();
const modelOfRoot = new WeakMap<ModelClass, ModelClass>();
const lastOfTable = new Map<string, WeakRef<Mapper>>();

/**
 * Works out what the models mean, together with every model that they lead to.
 *
 * A model is configured once; later calls give the same mapper. Foreign keys given as text, such as `'users.id'`, are
 * looked up among these models, then among those configured before.
 *
 * @returns one frozen mapper for each given model, in the same order.
 * @throws MappingError with every fault that was found; then nothing is configured.
 */
export function configure(models: readonly ModelClass[]): Mapper[] {
  const faults: MappingFault[] = [];
  const known = {
    has: (model: ModelClass) => configured.has(model),
    ofRoot: (root: ModelClass) => modelOfRoot.get(root),
  };
  const drafts = discover(models, known, faults);
  const tables = compile([...drafts.values()], modelIndex(drafts), faults);
  const [first, ...others] = faults;
  if (first !== undefined) throw MappingError.of([first, ...others]);
  for (const { model, mapper } of [...drafts.values(), ...tables]) {
    configured.set(model, mapper);
    modelOfRoot.set(rootOf(model), model);
    lastOfTable.set(model.table, new WeakRef<Mapper>(mapper));
    rememberAssociations(mapper);
  }
  return models.map(mapperOf);
}

/**
 * The mapper of one model, configured now if it was not before.
 *
 * @throws MappingError when the model, or one that it leads to, has faults, or when it is not a mapped class.
 */
export function mapperOf(model: ModelClass): Mapper {
  const mapper = configured.get(model);
  if (mapper !== undefined) return mapper;
  if (typeof model !== 'function') throw MappingError.unmappedClass(model);
  configure([model]);
  return mapperOf(model);
}

/** @returns drafts of the tables that have no class. */
function compile(drafts: readonly ModelDraft[], index: ModelIndex, faults: MappingFault[]): ModelDraft[] {
  const context: ForeignKeyContext = { index, links: new ForeignKeyLinks(), faults };
  for (const draft of drafts) compileColumns(draft, faults);
  for (const draft of drafts) linkReferences(draft, context);
  for (const draft of drafts) linkNamedColumns(draft, context);
  const { associations, tables } = compileAssociations(drafts, context);
  const relationships = drafts.flatMap((draft) => compileRelationships(draft, associations, context));
  pairInverses(relationships, faults);
  for (const draft of [...drafts, ...tables]) finish(draft, context);
  for (const { draft } of relationships) Object.freeze(draft);
  return tables;
}

function finish(draft: ModelDraft, { links, faults }: ForeignKeyContext): void {
  const { mapper, model } = draft;
  const table: Table = {
    name: model.table,
    columns: Object.freeze(mapper.columns.map((column) => column.column)),
    primaryKey: Object.freeze(mapper.primaryKey.map((column) => column.column.name)),
    foreignKeys: foreignKeys(mapper, links),
    indexes: compileIndexes(draft, faults),
  };
  mapper.table = Object.freeze(table);
  mapper.links = Object.freeze(links.of(mapper));
  mapper.confirmDeletedRows = modelOptionsOf(model).confirmDeletedRows ?? true;
  for (const attribute of [...mapper.columns, ...mapper.relationships])
    mapper.attributes.set(attribute.property, attribute);
  Object.freeze(mapper.relationships);
  Object.freeze(mapper);
}

function modelIndex(drafts: ReadonlyMap<ModelClass, ModelDraft>): ModelIndex {
  const tables = new Map<string, Mapper>([...drafts.values()].map(({ mapper }) => [mapper.table.name, mapper]));
  return {
    byModel: (model) => configured.get(model) ?? drafts.get(model)?.mapper,
    byTable: (table) => tables.get(table) ?? lastOfTable.get(table)?.deref(),
    tables: () => [...tables.keys(), ...lastOfTable.keys()],
  };
}
