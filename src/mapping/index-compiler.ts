import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import { shapeFault } from '../errors/shape-faults.ts';
import type { Index } from '../sql/table.ts';
import type { ModelDraft } from './mapper-draft.ts';
import { modelOptionsOf, type IndexOption } from './model-options.ts';
import { nearestWord } from './nearest-word.ts';

/** PostgreSQL cuts longer names off, and then two of them may become one. */
const LONGEST_NAME = 63;

/** The indexes of the draft's table: those of single columns in declaration order, then those of several. */
export function compileIndexes(draft: ModelDraft, faults: MappingFault[]): readonly Index[] {
  const options = modelOptionsOf(draft.model);
  const indexes = [
    ...draft.columns.flatMap(({ property, definition }) => [
      ...(definition.unique ? [tableIndex(draft, [property], true)] : []),
      ...(definition.index ? [tableIndex(draft, [property], false)] : []),
    ]),
    ...optionIndexes(draft, 'uniques', options.uniques ?? [], faults),
    ...optionIndexes(draft, 'indexes', options.indexes ?? [], faults),
  ];
  const names = new Set<string>();
  for (const { name } of indexes) {
    if (names.has(name)) faults.push(shapeFault.duplicateIndex(draft.name, name));
    names.add(name);
  }
  return Object.freeze(indexes);
}

function optionIndexes(
  draft: ModelDraft,
  option: 'indexes' | 'uniques',
  entries: readonly IndexOption[],
  faults: MappingFault[],
): Index[] {
  return entries.flatMap((entry) => {
    const { columns, name } = 'columns' in entry ? entry : { columns: entry, name: undefined };
    if (columns.length === 0) faults.push(shapeFault.emptyIndex(draft.name, option));
    const unknown = columns.filter((property) => databaseName(draft, property) === undefined);
    const known = draft.columns.map((column) => column.property);
    for (const property of unknown) {
      const hint = suggestion(nearestWord(property, known), known);
      faults.push(shapeFault.unknownIndexColumn(draft.name, option, property, hint));
    }
    return columns.length === 0 || unknown.length > 0 ? [] : [tableIndex(draft, columns, option === 'uniques', name)];
  });
}

function tableIndex(draft: ModelDraft, properties: readonly string[], unique: boolean, name?: string): Index {
  const columns = Object.freeze(properties.map((property) => databaseName(draft, property) ?? property));
  return Object.freeze({ name: name ?? indexName(draft.model.table, columns, unique), columns, unique });
}

function databaseName({ mapper }: ModelDraft, property: string): string | undefined {
  return mapper.columns.find((column) => column.property === property)?.column.name;
}

function indexName(table: string, columns: readonly string[], unique: boolean): string {
  const name = `${table.replaceAll('.', '_')}_${columns.join('_')}_${unique ? 'key' : 'idx'}`;
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 9)}_${digest(name)}`;
}

/** FNV-1a in eight hexadecimal digits: tells names apart that begin alike. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let position = 0; position < text.length; position++) {
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
