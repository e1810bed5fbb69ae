import type { MappingFault } from '../errors/mapping-errors.ts';
import { shapeFault } from '../errors/shape-faults.ts';
import type { ColumnType } from '../sql/column-type.ts';
import type { ColumnDefinition } from './column-builder.ts';

/** What is wrong with one column's declaration, without regard to any other. */
export function columnFaults(place: string, definition: ColumnDefinition): MappingFault[] {
  const { autoIncrement, nullable, serverDefault } = definition;
  const hasDefault = definition.default !== undefined;
  const faults = typeFaults(place, definition.type);
  if (autoIncrement && (hasDefault || serverDefault !== undefined)) faults.push(shapeFault.defaultOfSerial(place));
  if (autoIncrement && nullable) faults.push(shapeFault.nullableSerial(place));
  if (!autoIncrement && hasDefault && serverDefault !== undefined) faults.push(shapeFault.twoDefaults(place));
  if (!autoIncrement && nullable && definition.primaryKey) faults.push(shapeFault.nullableKey(place));
  if (definition.deferred !== undefined && definition.primaryKey)
    faults.push(shapeFault.deferredNeed(place, 'part of the primary key'));
  if (definition.deferred !== undefined && definition.version !== undefined)
    faults.push(shapeFault.deferredNeed(place, 'the version'));
  if (definition.version !== undefined) faults.push(...versionFaults(place, definition));
  if (definition.generated !== undefined && (hasDefault || autoIncrement || serverDefault !== undefined))
    faults.push(shapeFault.defaultOfGenerated(place));
  return faults;
}

function versionFaults(place: string, definition: ColumnDefinition): MappingFault[] {
  const { version, type, serverUpdate, primaryKey } = definition;
  const counts = type.name === 'integer' || type.name === 'bigint';
  const faults: MappingFault[] = [];
  if (primaryKey) faults.push(shapeFault.versionInKey(place));
  if (version === 'count' && !counts && serverUpdate !== true)
    faults.push(shapeFault.uncountableVersion(place, type.name));
  // PostgreSQL keeps microseconds: what comes back as a Date would never be met again.
  if (serverUpdate === true && type.name === 'timestamp') faults.push(shapeFault.serverTimeAsVersion(place));
  return faults;
}

function typeFaults(place: string, type: ColumnType): MappingFault[] {
  switch (type.name) {
    case 'enum':
      return enumFaults(place, type.values ?? []);
    case 'varchar':
      return isCount(type.length, 1) ? [] : [shapeFault.badLength(place)];
    case 'numeric':
      return hasGoodDigits(type) ? [] : [shapeFault.badDigits(place)];
    case 'array':
      return type.element === undefined ? [shapeFault.noElement(place)] : typeFaults(place, type.element);
    case 'custom':
      return type.element === undefined || type.codec === undefined
        ? [shapeFault.noCodec(place)]
        : typeFaults(place, type.element);
    default:
      return [];
  }
}

function enumFaults(place: string, values: readonly string[]): MappingFault[] {
  if (values.length === 0) return [shapeFault.emptyEnum(place)];
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  return repeated === undefined ? [] : [shapeFault.repeatedEnumValue(place, repeated)];
}

function hasGoodDigits({ precision, scale }: ColumnType): boolean {
  if (precision === undefined) return scale === undefined;
  return isCount(precision, 1) && (scale === undefined || (isCount(scale, 0) && scale <= precision));
}

function isCount(value: number | undefined, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
