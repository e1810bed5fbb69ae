import type { MappingFault } from '../errors/mapping-errors.ts';
import { shapeFault } from '../errors/shape-faults.ts';
import type { Column } from '../sql/table.ts';
import type { ColumnDefinition } from './column-builder.ts';
import { columnFaults } from './column-faults.ts';
import type { ModelDraft } from './mapper-draft.ts';
import type { ColumnProperty } from './mapper.ts';
import { snakeCase } from './naming.ts';
import type { ColumnEntry } from './shape-reader.ts';
import { submodelOf } from './submodel-options.ts';
import { valueSemantics, type ValueSemantics } from './value-equality.ts';

/** Fills the columns and the primary key of the draft's mapper in. */
export function compileColumns({ model, name, columns, mapper }: ModelDraft, faults: MappingFault[]): void {
  for (const { property, definition } of columns) faults.push(...columnFaults(`${name}.${property}`, definition));
  const inherited = mapper.inheritance?.parent?.columns ?? [];
  const own = columns.map((entry, at) => columnProperty(entry, inherited.length + at));
  mapper.columns = Object.freeze([...inherited, ...own]);
  mapper.primaryKey = Object.freeze(mapper.columns.filter((column) => column.isPrimaryKey));
  mapper.serverUpdated = Object.freeze(mapper.columns.filter((column) => column.isServerUpdated));
  const versions = own.filter((_, at) => columns[at]?.definition.version !== undefined);
  mapper.version = mapper.inheritance?.parent?.version ?? versions[0];
  if (versions.length > 1)
    faults.push(
      shapeFault.twoVersions(
        name,
        versions.map((column) => column.property),
      ),
    );
  mapper.deferred = Object.freeze(mapper.columns.filter((column) => column.isDeferred));
  for (const column of mapper.columns) {
    const other = mapper.byColumn.get(column.column.name);
    if (other === undefined) mapper.byColumn.set(column.column.name, column);
    else
      faults.push(
        shapeFault.duplicateColumn(`${name}.${other.property}`, `${name}.${column.property}`, column.column.name),
      );
  }
  // A subclass has those of its parent; where it has none, that has been reported.
  if (submodelOf(model) !== undefined) return;
  if (mapper.columns.length === 0) faults.push(shapeFault.noColumns(name));
  else if (mapper.primaryKey.length === 0) faults.push(shapeFault.noPrimaryKey(name));
}

function columnProperty({ property, definition, embedded }: ColumnEntry, index: number): ColumnProperty {
  const column = databaseColumn(property, definition);
  const semantics = valueSemantics(definition.type);
  return Object.freeze({
    kind: 'column',
    property,
    column,
    index,
    type: definition.type,
    isPrimaryKey: definition.primaryKey,
    makeDefault: defaultMaker(definition, semantics),
    isServerGenerated: column.autoIncrement || column.serverDefault !== undefined || isServerUpdated(definition),
    isServerUpdated: isServerUpdated(definition),
    isWritable: isWritable(definition),
    countsVersions: definition.version === 'count' && isWritable(definition) && definition.serverUpdate !== true,
    nextVersion: isWritable(definition) && definition.serverUpdate !== true ? versionMaker(definition) : undefined,
    embedded,
    isDeferred: definition.deferred !== undefined,
    deferredGroup: definition.deferred?.group,
    ...semantics,
  });
}

function databaseColumn(property: string, definition: ColumnDefinition): Column {
  const column: Column = {
    name: definition.name ?? snakeCase(property),
    type: definition.type,
    nullable: definition.nullable,
    autoIncrement: definition.autoIncrement,
  };
  return Object.freeze({
    ...column,
    ...(definition.serverDefault === undefined ? {} : { serverDefault: definition.serverDefault }),
    ...(definition.generated === undefined ? {} : { generated: definition.generated }),
    ...(definition.system === true ? { isSystem: true } : {}),
  });
}

function isWritable({ generated, system }: ColumnDefinition): boolean {
  return generated === undefined && system !== true;
}

function isServerUpdated(definition: ColumnDefinition): boolean {
  return definition.serverUpdate === true || !isWritable(definition);
}

function versionMaker({ version, type }: ColumnDefinition): ColumnProperty['nextVersion'] {
  if (version === undefined || version === 'manual') return undefined;
  if (version !== 'count') return version;
  if (type.name === 'bigint') return (previous) => (typeof previous === 'bigint' ? previous + 1n : 1n);
  return (previous) => (typeof previous === 'number' ? previous + 1 : 1);
}

function defaultMaker(definition: ColumnDefinition, semantics: ValueSemantics): (() => unknown) | undefined {
  if (definition.default === undefined) return undefined;
  const value = definition.default.of;
  return typeof value === 'function' ? () => value() : () => semantics.copy(value);
}
