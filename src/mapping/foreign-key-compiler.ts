import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import type { ColumnType } from '../sql/column-type.ts';
import type { ForeignKey } from '../sql/table.ts';
import type { ReferentialActions } from './column-builder.ts';
import type { ForeignKeyLinks } from './foreign-key-links.ts';
import type { ModelDraft } from './mapper-draft.ts';
import type { ColumnProperty, ForeignKeyLink, Mapper } from './mapper.ts';
import type { ModelIndex } from './model-index.ts';
import { nearestWord } from './nearest-word.ts';
import type { ColumnEntry, RelationshipEntry } from './shape-reader.ts';

/** Where foreign keys are looked up, gathered and complained about. */
export interface ForeignKeyContext {
  readonly index: ModelIndex;
  readonly links: ForeignKeyLinks;
  readonly faults: MappingFault[];
}

/** Gathers the foreign keys that columns declare with `.references`. */
export function linkReferences(draft: ModelDraft, context: ForeignKeyContext): void {
  for (const entry of draft.columns) {
    const references = entry.definition.references;
    if (references === undefined) continue;
    const place = `${draft.name}.${entry.property}`;
    const target =
      typeof references.target === 'string'
        ? namedColumn(place, references.target, context)
        : targetKey(draft, entry, place, context);
    if (target === undefined) continue;
    const childColumns = columnsOf(draft.mapper, [entry.property]);
    const pairs = { parent: target.parent, childColumns, parentColumns: [target.column] };
    context.faults.push(...typeFaults(draft.name, pairs.parent, childColumns, pairs.parentColumns));
    context.links.add(draft.mapper, pairs, actionsOf(references));
  }
}

interface TargetColumn {
  readonly parent: Mapper;
  readonly column: ColumnProperty;
}

function namedColumn(place: string, reference: string, { index, faults }: ForeignKeyContext): TargetColumn | undefined {
  const dot = reference.lastIndexOf('.');
  const [table, name] = [reference.slice(0, dot), reference.slice(dot + 1)];
  if (dot < 1 || name === '') {
    faults.push(relationshipFault.badReference(place, reference));
    return undefined;
  }
  const parent = index.byTable(table);
  if (parent === undefined) {
    const near = nearestWord(table, index.tables());
    faults.push(relationshipFault.unknownTable(place, table, near === undefined ? '' : suggestion(near, [])));
    return undefined;
  }
  const column = parent.byColumn.get(name);
  if (column !== undefined) return { parent, column };
  const names = [...parent.byColumn.keys()];
  faults.push(relationshipFault.unknownColumn(place, table, name, suggestion(nearestWord(name, names), names)));
  return undefined;
}

function targetKey(
  draft: ModelDraft,
  entry: ColumnEntry,
  place: string,
  { index, faults }: ForeignKeyContext,
): TargetColumn | undefined {
  const model = draft.targets.get(entry.property);
  const parent = model && index.byModel(model);
  const [column, ...more] = parent?.primaryKey ?? [];
  if (parent === undefined || column === undefined) return undefined;
  if (more.length === 0) return { parent, column };
  faults.push(relationshipFault.lengthDiffers(place, 1, parent.name, parent.primaryKey.length));
  return undefined;
}

/** Makes the columns that `one(…, columns)` names the foreign key to the target's primary key, unless they are one already. */
export function linkNamedColumns(draft: ModelDraft, context: ForeignKeyContext): void {
  for (const entry of draft.relationships) {
    const { side, columns, foreignKey } = entry.definition;
    const model = draft.targets.get(entry.property);
    const parent = model && context.index.byModel(model);
    if (side === 'many' || foreignKey !== undefined || columns.length === 0 || parent === undefined) continue;
    if (hasUnknownColumns(entry, draft.mapper, `${draft.name}.${entry.property}`, context.faults)) continue;
    linkColumns(draft, entry, parent, context);
  }
}

function linkColumns(
  draft: ModelDraft,
  entry: RelationshipEntry,
  parent: Mapper,
  { links, faults }: ForeignKeyContext,
): void {
  const { columns } = entry.definition;
  const place = `${draft.name}.${entry.property}`;
  const childColumns = columnsOf(draft.mapper, columns);
  const found = links.find(draft.mapper, parent, columns);
  const other = links.of(draft.mapper).find((link) => link.parent !== parent && sameColumns(link, columns));
  if (found !== undefined) links.add(draft.mapper, found, actionsOf(entry.definition));
  else if (other !== undefined)
    faults.push(relationshipFault.otherTarget(place, columns.join(', '), other.parent.name, parent.name));
  else if (parent.primaryKey.length === 0) return;
  else if (columns.length !== parent.primaryKey.length) {
    faults.push(relationshipFault.lengthDiffers(place, columns.length, parent.name, parent.primaryKey.length));
  } else {
    faults.push(...typeFaults(draft.name, parent, childColumns, parent.primaryKey));
    links.add(draft.mapper, { parent, childColumns, parentColumns: parent.primaryKey }, actionsOf(entry.definition));
  }
}

/** Reports the columns that the relationship names and `child`, the holder of the foreign key, does not have. */
export function hasUnknownColumns(
  entry: RelationshipEntry,
  child: Mapper,
  place: string,
  faults: MappingFault[],
): boolean {
  const properties = child.columns.map((column) => column.property);
  const unknown = entry.definition.columns.filter((name) => !properties.includes(name));
  for (const name of unknown) {
    const hint = suggestion(nearestWord(name, properties), properties);
    faults.push(relationshipFault.unknownProperty(place, child.name, name, hint));
  }
  return unknown.length > 0;
}

/** The foreign keys of one table, as its database knows them. */
export function foreignKeys(child: Mapper, links: ForeignKeyLinks): readonly ForeignKey[] {
  return Object.freeze(
    links.of(child).map((link) =>
      Object.freeze({
        columns: Object.freeze(link.childColumns.map((column) => column.column.name)),
        targetTable: link.parent.model.table,
        targetColumns: Object.freeze(link.parentColumns.map((column) => column.column.name)),
        ...links.actions(link),
      }),
    ),
  );
}

/** The columns of these properties. */
export function columnsOf(mapper: Mapper, properties: readonly string[]): ColumnProperty[] {
  return properties.flatMap((property) => mapper.columns.filter((column) => column.property === property));
}

function sameColumns(link: ForeignKeyLink, properties: readonly string[]): boolean {
  return (
    link.childColumns.length === properties.length &&
    link.childColumns.every((column) => properties.includes(column.property))
  );
}

function actionsOf({ onDelete, onUpdate }: ReferentialActions): ReferentialActions {
  return { ...(onDelete === undefined ? {} : { onDelete }), ...(onUpdate === undefined ? {} : { onUpdate }) };
}

function typeFaults(
  child: string,
  parent: Mapper,
  childColumns: readonly ColumnProperty[],
  parentColumns: readonly ColumnProperty[],
): MappingFault[] {
  return childColumns.flatMap((column, index) => {
    const target = parentColumns[index];
    if (target === undefined || storedType(column.type) === storedType(target.type)) return [];
    const [type, targetType] = [column.type.name, target.type.name];
    return [
      relationshipFault.typeDiffers(
        `${child}.${column.property}`,
        type,
        `${parent.name}.${target.property}`,
        targetType,
      ),
    ];
  });
}

/** What the database compares: a custom type's storage, and any text as text. */
function storedType(type: ColumnType): string {
  if (type.name === 'custom' && type.element !== undefined) return storedType(type.element);
  return type.name === 'varchar' ? 'text' : type.name;
}
