import { associationFault } from '../errors/association-faults.ts';
import { compileColumns } from './column-compiler.ts';
import { columnsOf, type ForeignKeyContext } from './foreign-key-compiler.ts';
import { columnList } from './link-choice.ts';
import { emptyMapper, type ModelDraft } from './mapper-draft.ts';
import type { Association, ForeignKeyLink, Mapper } from './mapper.ts';
import type { ModelIndex } from './model-index.ts';
import { rememberModelOptions } from './model-options.ts';
import { singular } from './naming.ts';
import type { Through } from './relationship-builder.ts';
import type { ColumnEntry, RelationshipEntry } from './shape-reader.ts';

/** Declaration of a many-to-many → the table between its two sides. */
export type Associations = ReadonlyMap<RelationshipEntry, Association>;

/** A declaration with `through`, its classes found. */
interface Declaration {
  readonly entry: RelationshipEntry;
  readonly place: string;
  readonly mapper: Mapper;
  readonly target: Mapper;
  /** The mapped class that it goes through, where it names one. */
  readonly model: Mapper | undefined;
  readonly table: string | undefined;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What is gathered while associations are compiled. */
interface Gathering {
  readonly context: ForeignKeyContext;
  /** Tables without a class, by name. */
  readonly tables: Map<string, ModelDraft>;
}

/**
 * Finds, or makes, the table between the two sides of each many-to-many. Declarations that name its columns come first, so
 * that the other side need not repeat them.
 *
 * @returns the associations, and drafts of tables that have no class.
 */
export function compileAssociations(
  drafts: readonly ModelDraft[],
  context: ForeignKeyContext,
): { associations: Associations; tables: ModelDraft[] } {
  const gathering: Gathering = { context, tables: new Map() };
  const declarations = drafts.flatMap((draft) => declarationsOf(draft, context));
  const named = declarations.filter(({ from, to }) => from.length + to.length > 0);
  const unnamed = declarations.filter((declaration) => !named.includes(declaration));
  const associations = new Map<RelationshipEntry, Association>();
  for (const declaration of [...named, ...unnamed]) {
    const association = associate(declaration, gathering);
    if (association !== undefined) associations.set(declaration.entry, association);
  }
  return { associations, tables: [...gathering.tables.values()] };
}

function declarationsOf(draft: ModelDraft, { index, faults }: ForeignKeyContext): Declaration[] {
  return draft.relationships.flatMap((entry) => {
    const { through, columns } = entry.definition;
    const targetModel = draft.targets.get(entry.property);
    const target = targetModel && index.byModel(targetModel);
    if (through === undefined || target === undefined) return [];
    const place = `${draft.name}.${entry.property}`;
    if (columns.length > 0) faults.push(associationFault.columnsAndThrough(place));
    const throughModel = draft.throughs.get(entry.property);
    const { table, from, to } = partsOf(through);
    // A class that could not be found has been reported already.
    if (table === undefined && throughModel === undefined) return [];
    const sides = [draft.mapper, target];
    const model = throughModel === undefined ? classOf(table, sides, index) : index.byModel(throughModel);
    return [{ entry, place, mapper: draft.mapper, target, model, table, from, to }];
  });
}

function partsOf(through: Through): { table: string | undefined; from: string[]; to: string[] } {
  if (typeof through === 'string') return { table: through, from: [], to: [] };
  if (typeof through === 'function') return { table: undefined, from: [], to: [] };
  const [from, to] = [[through.from ?? []].flat(), [through.to ?? []].flat()];
  return { table: 'table' in through ? through.table : undefined, from, to };
}

/**
 * The class that a table's name belongs to, if it has one. One that was configured before counts only where it points at
 * both sides: another may have a table of the same name, in another database.
 */
function classOf(table: string | undefined, sides: readonly Mapper[], index: ModelIndex): Mapper | undefined {
  const mapper = table === undefined ? undefined : index.byTable(table);
  if (mapper === undefined || mapper.isAssociation) return undefined;
  const pointsAt = (side: Mapper): boolean => mapper.links.some(({ parent }) => parent === side);
  return index.isPresent(mapper) || sides.every(pointsAt) ? mapper : undefined;
}

function associate(declaration: Declaration, gathering: Gathering): Association | undefined {
  const { model, table = '' } = declaration;
  if (model !== undefined) {
    const association = choose(declaration, model, gathering.context);
    if (association !== undefined) checkFillable(declaration, association, gathering.context);
    return association;
  }
  const known = gathering.tables.get(table)?.mapper ?? sameAssociation(declaration, gathering.context);
  if (known !== undefined) return choose(declaration, known, gathering.context);
  return make(declaration, gathering);
}

/** A table without a class that an earlier `configure` made for the same two classes. */
function sameAssociation(
  { mapper, target, table = '' }: Declaration,
  { index }: ForeignKeyContext,
): Mapper | undefined {
  const known = index.byTable(table);
  const parents = known?.isAssociation === true ? known.links.map(({ parent }) => parent) : [];
  return parents.includes(mapper) && parents.includes(target) ? known : undefined;
}

/** The two foreign keys of a table that is there already. */
function choose(declaration: Declaration, through: Mapper, context: ForeignKeyContext): Association | undefined {
  const { mapper, target, from, to, place } = declaration;
  const own = context.links.of(through);
  const links = own.length > 0 ? own : through.links;
  const targets = candidates(links, target, to);
  const sources = candidates(links, mapper, from).filter((link) => !isOnly(targets, link));
  const others = targets.filter((link) => !isOnly(sources, link));
  const [[source, ...moreSources], [goal, ...moreTargets]] = [sources, others];
  if (source === undefined || goal === undefined) {
    const [parent, names] = source === undefined ? [mapper, from] : [target, to];
    context.faults.push(associationFault.noForeignKey(place, { through: through.name, parent: parent.name, names }));
    return undefined;
  }
  if (moreSources.length + moreTargets.length === 0) return Object.freeze({ mapper: through, source, target: goal });
  const choice = [...new Set([...sources, ...others])].map(columnList);
  context.faults.push(
    associationFault.ambiguous(place, { through: through.name, choice, isClass: !through.isAssociation }),
  );
  return undefined;
}

function isOnly(links: readonly ForeignKeyLink[], link: ForeignKeyLink): boolean {
  return links.length === 1 && links[0] === link;
}

/** The foreign keys to `parent`, over exactly `names` where there are any: properties, or columns of the database. */
function candidates(links: readonly ForeignKeyLink[], parent: Mapper, names: readonly string[]): ForeignKeyLink[] {
  return links.filter((link) => {
    if (link.parent !== parent || names.length === 0) return link.parent === parent;
    const { childColumns } = link;
    return (
      childColumns.length === names.length &&
      childColumns.every(({ property, column }) => names.includes(property) || names.includes(column.name))
    );
  });
}

/** Rows that come of linking two objects have nothing but the keys: other columns must fill themselves in. */
function checkFillable(
  { entry, place }: Declaration,
  { mapper, source, target }: Association,
  { faults }: ForeignKeyContext,
): void {
  if (entry.definition.viewonly === true) return;
  const keys = new Set([...source.childColumns, ...target.childColumns]);
  const open = mapper.columns.filter(
    (column) =>
      !keys.has(column) &&
      column.isWritable &&
      !column.column.nullable &&
      !column.isServerGenerated &&
      column.makeDefault === undefined,
  );
  for (const { property } of open) faults.push(associationFault.unfilled(place, `${mapper.name}.${property}`));
}

/** Makes a table of two foreign keys, which are its primary key. */
function make(declaration: Declaration, { context, tables }: Gathering): Association | undefined {
  const { mapper, target, place, table = '', from, to } = declaration;
  const [own, other] = [namesFor(mapper, from), namesFor(target, to)];
  if (mapper === target && (from.length === 0 || to.length === 0 || own.some((name) => other.includes(name)))) {
    context.faults.push(associationFault.selfReferential(place, table));
    return undefined;
  }
  for (const [parent, names] of [
    [mapper, own],
    [target, other],
  ] as const) {
    if (names.length === parent.primaryKey.length) continue;
    context.faults.push(
      associationFault.lengthDiffers(place, {
        given: names.length,
        parent: parent.name,
        needed: parent.primaryKey.length,
      }),
    );
    return undefined;
  }
  const doubled = own.find((name) => other.includes(name));
  if (doubled !== undefined) {
    context.faults.push(associationFault.doubledColumn(place, table, doubled));
    return undefined;
  }
  const draft = associationDraft(table, [...keyColumns(mapper, own), ...keyColumns(target, other)], other);
  compileColumns(draft, context.faults);
  tables.set(table, draft);
  const link = (parent: Mapper, names: readonly string[]): ForeignKeyLink =>
    context.links.add(
      draft.mapper,
      { parent, childColumns: columnsOf(draft.mapper, names), parentColumns: parent.primaryKey },
      { onDelete: 'cascade', onUpdate: 'cascade' },
    );
  return Object.freeze({ mapper: draft.mapper, source: link(mapper, own), target: link(target, other) });
}

/** `post_id`, for each column of the key that is pointed at, unless the declaration names them. */
function namesFor({ table, primaryKey }: Mapper, names: readonly string[]): readonly string[] {
  return names.length > 0 ? names : primaryKey.map(({ column }) => `${singular(table.name)}_${column.name}`);
}

function keyColumns({ primaryKey }: Mapper, names: readonly string[]): ColumnEntry[] {
  return primaryKey.map(({ type }, at) => {
    const name = names[at] ?? '';
    const definition = {
      type,
      name,
      nullable: false,
      autoIncrement: false,
      primaryKey: true,
      unique: false,
      index: false,
    };
    return { kind: 'column', property: name, definition };
  });
}

/** The primary key serves the side that comes first; an index serves the other. */
function associationDraft(table: string, columns: readonly ColumnEntry[], indexed: readonly string[]): ModelDraft {
  const model = Object.assign(
    class {
      readonly table = table;
    },
    { table, shape: {} },
  );
  rememberModelOptions(model, { indexes: [indexed] });
  const nothing = { relationships: [], targets: new Map(), throughs: new Map() };
  return { model, name: table, columns, ...nothing, mapper: emptyMapper(model, table, true) };
}
