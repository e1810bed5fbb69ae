import { familyFault } from '../errors/family-faults.ts';
import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import type { Column, ForeignKey, Index, Table } from '../sql/table.ts';
import { ownMembers } from './mapped-class.ts';
import { ownColumns, ownsTable } from './hierarchy.ts';
import type { FamilyDraft, ModelDraft } from './mapper-draft.ts';
import type { ColumnProperty, Family, Mapper, ModelClass } from './mapper.ts';
import type { ModelIndex } from './model-index.ts';
import { modelOptionsOf } from './model-options.ts';
import { nearestWord } from './nearest-word.ts';
import { submodelOf } from './submodel-options.ts';

/** A table that several classes share, to which each adds its columns. */
interface SharedTable extends Table {
  readonly columns: Column[];
  readonly foreignKeys: ForeignKey[];
  readonly indexes: Index[];
}

const growing = new WeakMap<Family, FamilyDraft>();
const shared = new WeakMap<Table, SharedTable>();

/** Types whose values can tell classes apart. */
const TELLING = new Set(['text', 'varchar', 'enum', 'integer']);

/** Puts a draft that `Submodel` made behind its parent, with whose columns it begins. */
export function extendFamily({ model, name, mapper }: ModelDraft, index: ModelIndex, faults: MappingFault[]): void {
  const declaration = submodelOf(model);
  const parent = declaration && index.byModel(declaration.parent);
  if (declaration === undefined || parent === undefined) return;
  const family = parent.inheritance?.family;
  if (family === undefined) faults.push(familyFault.noDiscriminator(name, parent.name, parent.table.name));
  else mapper.inheritance = Object.freeze({ family, parent, identity: declaration.identity });
}

/** Makes a draft whose options name a discriminator the root of a family. */
export function foundFamily({ model, name, mapper }: ModelDraft, faults: MappingFault[]): void {
  const { discriminator, identity } = modelOptionsOf(model);
  if (discriminator === undefined || mapper.inheritance !== undefined) return;
  const column = mapper.columns.find(({ property }) => property === discriminator);
  if (column === undefined) {
    const known = mapper.columns.map(({ property }) => property);
    const hint = suggestion(nearestWord(discriminator, known), known);
    faults.push(familyFault.unknownDiscriminator(name, discriminator, hint));
    return;
  }
  if (!TELLING.has(column.type.name))
    faults.push(familyFault.badDiscriminator(`${name}.${discriminator}`, column.type.name));
  const family: FamilyDraft = { root: mapper, discriminator: column, members: [], byIdentity: new Map() };
  growing.set(family, family);
  mapper.inheritance = Object.freeze({ family, parent: undefined, identity });
}

/** What is wrong with classes as members of their families, those that are there already and those of `drafts`. */
export function checkFamilies(drafts: readonly ModelDraft[], faults: MappingFault[]): void {
  for (const draft of drafts) {
    const { inheritance } = draft.mapper;
    if (inheritance === undefined) continue;
    faults.push(...identityFaults(draft, others(draft, drafts)));
    if (inheritance.parent !== undefined) faults.push(...memberFaults(draft, inheritance.parent));
    if (inheritance.parent !== undefined) faults.push(...columnFaults(draft, others(draft, drafts)));
  }
}

/** Whether a class that `Submodel` made is stored in the table of its parent. */
export function isShared(model: ModelClass): boolean {
  const declaration = submodelOf(model);
  return declaration !== undefined && declaration.table === undefined;
}

/** What a class with a table of its own has there beside its columns: the key, which points at the parent's. */
export function keyParts({ mapper, model }: ModelDraft): Pick<Table, 'columns' | 'foreignKeys'> {
  const parent = mapper.inheritance?.parent;
  if (parent === undefined || isShared(model)) return { columns: [], foreignKeys: [] };
  const columns = mapper.primaryKey.map(({ column: { name, type } }) =>
    Object.freeze({ name, type, nullable: false, autoIncrement: false }),
  );
  const names = Object.freeze(columns.map(({ name }) => name));
  const actions = { onDelete: 'cascade', onUpdate: 'cascade' } as const;
  const key = Object.freeze({ columns: names, targetTable: parent.table.name, targetColumns: names, ...actions });
  return { columns, foreignKeys: [key] };
}

/** The table of a member, to which those that join it later add their columns. */
export function memberTable({ mapper, model }: ModelDraft, own: Table): Table {
  const { inheritance } = mapper;
  if (inheritance === undefined) return Object.freeze(own);
  if (inheritance.parent !== undefined && isShared(model)) return inheritance.parent.table;
  const table = { ...own, columns: [...own.columns], foreignKeys: [...own.foreignKeys], indexes: [...own.indexes] };
  shared.set(table, table);
  return table;
}

/** Makes a configured class known to its family, and adds what is its own to the table. */
export function joinFamily({ mapper }: ModelDraft, own: Table): void {
  const { inheritance, table } = mapper;
  const family = inheritance && growing.get(inheritance.family);
  if (inheritance === undefined || family === undefined) return;
  family.members.push(mapper);
  if (inheritance.identity !== undefined) family.byIdentity.set(inheritance.identity, mapper);
  if (ownsTable(mapper)) return;
  const grown = shared.get(table);
  grown?.columns.push(...own.columns);
  grown?.foreignKeys.push(...own.foreignKeys);
  grown?.indexes.push(...own.indexes);
}

/** The other classes of a draft's family that come before it. */
function others({ mapper }: ModelDraft, drafts: readonly ModelDraft[]): Mapper[] {
  const family = mapper.inheritance?.family;
  const before = drafts.slice(
    0,
    drafts.findIndex((each) => each.mapper === mapper),
  );
  const together = before.map((each) => each.mapper).filter((each) => each.inheritance?.family === family);
  return [...(family?.members ?? []), ...together];
}

function identityFaults({ name, mapper }: ModelDraft, before: readonly Mapper[]): MappingFault[] {
  const { identity, family } = mapper.inheritance ?? {};
  if (identity === undefined || family === undefined) return [];
  const { property, type } = family.discriminator;
  const same = before.find((other) => other.inheritance?.identity === identity);
  if (same !== undefined) return [familyFault.duplicateIdentity(same.name, name, String(identity))];
  const isWrong =
    type.name === 'enum' ? type.values?.includes(String(identity)) === false : !isOfType(identity, type.name);
  return isWrong ? [familyFault.badIdentity(name, `${family.root.name}.${property}`, type.values)] : [];
}

function isOfType(identity: unknown, type: string): boolean {
  return type === 'integer' ? Number.isInteger(identity) : typeof identity === 'string' && identity !== '';
}

function memberFaults({ name, model, mapper, columns, relationships }: ModelDraft, parent: Mapper): MappingFault[] {
  const faults: MappingFault[] = [];
  const inherited = new Set([...parent.columns, ...parent.relationships].map(({ property }) => property));
  for (const { property } of [...columns, ...relationships])
    if (inherited.has(property)) faults.push(familyFault.declaredTwice(`${name}.${property}`, parent.name));
  for (const property of ownMembers(model))
    if (inherited.has(property)) faults.push(familyFault.hidesInherited(`${name}.${property}`, parent.name));
  for (const { property, definition } of columns) {
    const place = `${name}.${property}`;
    if (definition.primaryKey) faults.push(familyFault.keyOfSubclass(place, parent.name));
    if (definition.version !== undefined)
      faults.push(familyFault.versionOfSubclass(place, mapper.inheritance?.family.root.name ?? ''));
    const isFillable =
      definition.nullable || definition.serverDefault !== undefined || definition.generated !== undefined;
    if (!isFillable && isShared(model)) faults.push(familyFault.requiredInShared(place, parent.table.name));
  }
  return faults;
}

function columnFaults({ name, mapper }: ModelDraft, before: readonly Mapper[]): MappingFault[] {
  const { parent } = mapper.inheritance ?? {};
  return ownColumns(mapper).flatMap((column) => {
    const other = before.find((each) => each !== parent && ownsColumn(each, column));
    const place = `${name}.${column.property}`;
    return other === undefined ? [] : [familyFault.siblingColumn(place, other.name, column.column.name)];
  });
}

function ownsColumn(mapper: Mapper, { column }: ColumnProperty): boolean {
  return ownColumns(mapper).some((each) => each.column.name === column.name);
}
