import { MappingError, type MappingFault } from '../errors/mapping-errors.ts';
import type { Table } from '../sql/table.ts';
import { compileAssociations } from './association-compiler.ts';
import { rememberAssociations } from './association-index.ts';
import { compileColumns } from './column-compiler.ts';
import { foreignKeys, linkNamedColumns, linkReferences, type ForeignKeyContext } from './foreign-key-compiler.ts';
import { ForeignKeyLinks } from './foreign-key-links.ts';
import {
  checkFamilies,
  extendFamily,
  foundFamily,
  isShared,
  joinFamily,
  keyParts,
  memberTable,
} from './family-compiler.ts';
import { ownColumns } from './hierarchy.ts';
import { compileIndexes } from './index-compiler.ts';
import { pairInverses } from './inverse-pairing.ts';
import { rootOf } from './mapped-class.ts';
import type { ModelDraft } from './mapper-draft.ts';
import type { Mapper, ModelClass } from './mapper.ts';
import { discover } from './model-discovery.ts';
import type { ModelIndex } from './model-index.ts';
import { modelOptionsOf } from './model-options.ts';
import { checkVias } from './via-compiler.ts';
import { shapeNames } from './shape-names.ts';
import { submodelOf } from './submodel-options.ts';
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
    get: (model: ModelClass) => configured.get(model),
    ofRoot: (root: ModelClass) => modelOfRoot.get(root),
  };
  const drafts = discover(models, known, faults);
  const finished = compile([...drafts.values()], modelIndex(drafts), faults);
  const [first, ...others] = faults;
  if (first !== undefined) throw MappingError.of([first, ...others]);
  for (const { draft, own } of finished) {
    const { model, mapper } = draft;
    joinFamily(draft, own);
    configured.set(model, mapper);
    modelOfRoot.set(rootOf(model), model);
    if (!isShared(model)) lastOfTable.set(model.table, new WeakRef<Mapper>(mapper));
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

/** A draft whose mapper is done, and what it brings to its table. */
interface FinishedDraft {
  readonly draft: ModelDraft;
  readonly own: Table;
}

/** @returns the drafts, and those of the tables that have no class. */
function compile(drafts: readonly ModelDraft[], index: ModelIndex, faults: MappingFault[]): FinishedDraft[] {
  const context: ForeignKeyContext = { index, links: new ForeignKeyLinks(), faults };
  for (const draft of drafts) {
    extendFamily(draft, index, faults);
    compileColumns(draft, faults);
    foundFamily(draft, faults);
  }
  for (const draft of drafts) linkReferences(draft, context);
  for (const draft of drafts) linkNamedColumns(draft, context);
  const { associations, tables } = compileAssociations(drafts, context);
  const relationships = drafts.flatMap((draft) => compileRelationships(draft, associations, context));
  pairInverses(relationships, faults);
  checkFamilies(drafts, faults);
  const finished = [...drafts, ...tables].map((draft) => ({ draft, own: finish(draft, context) }));
  for (const { draft } of relationships) Object.freeze(draft);
  return finished;
}

function finish(draft: ModelDraft, { links, faults }: ForeignKeyContext): Table {
  const { mapper, model } = draft;
  const key = keyParts(draft);
  const own: Table = {
    name: model.table,
    columns: Object.freeze([...key.columns, ...ownColumns(mapper).map((column) => column.column)]),
    primaryKey: Object.freeze(mapper.primaryKey.map((column) => column.column.name)),
    foreignKeys: Object.freeze([...key.foreignKeys, ...foreignKeys(mapper, links)]),
    indexes: compileIndexes(draft, faults),
  };
  mapper.table = memberTable(draft, own);
  mapper.links = Object.freeze([...(mapper.inheritance?.parent?.links ?? []), ...links.of(mapper)]);
  mapper.confirmDeletedRows = modelOptionsOf(model).confirmDeletedRows ?? true;
  for (const attribute of [...mapper.columns, ...mapper.relationships])
    mapper.attributes.set(attribute.property, attribute);
  checkVias(mapper, model.shape, faults);
  mapper.hybrids = new Map([
    ...(mapper.inheritance?.parent?.hybrids ?? []),
    ...shapeNames(submodelOf(model)?.shape ?? model.shape).hybrids,
  ]);
  Object.freeze(mapper.relationships);
  Object.freeze(mapper);
  return own;
}

function modelIndex(drafts: ReadonlyMap<ModelClass, ModelDraft>): ModelIndex {
  const homes = [...drafts.values()].filter(({ model }) => !isShared(model));
  const tables = new Map<string, Mapper>(homes.map(({ mapper }) => [mapper.table.name, mapper]));
  return {
    byModel: (model) => configured.get(model) ?? drafts.get(model)?.mapper,
    byTable: (table) => tables.get(table) ?? lastOfTable.get(table)?.deref(),
    isPresent: (mapper) => tables.get(mapper.table.name) === mapper,
    tables: () => [...tables.keys(), ...lastOfTable.keys()],
  };
}
