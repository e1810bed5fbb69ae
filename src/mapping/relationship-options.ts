import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import { relationshipOptionFault } from '../errors/relationship-option-faults.ts';
import { parseCascade } from './cascade.ts';
import type { CascadeRule, ColumnProperty, LazyStrategy, Mapper, MemberOrdering } from './mapper.ts';
import { nearestWord } from './nearest-word.ts';
import type { RelationshipDefinition } from './relationship-builder.ts';

/** What the options of a declaration say, whatever kind of relationship it is. */
export interface ParsedOptions {
  readonly cascade: ReadonlySet<CascadeRule>;
  readonly singleParent: boolean;
  readonly viewonly: boolean;
  readonly lazy: LazyStrategy;
  readonly orderBy: readonly MemberOrdering[];
  readonly keyedBy: ColumnProperty | undefined;
  readonly numberedBy: ColumnProperty | undefined;
  readonly postUpdate: boolean;
  readonly passiveDeletes: boolean | 'all';
  readonly passiveUpdates: boolean;
}

/** Where a declaration stands, for faults. */
export interface Declared {
  readonly definition: RelationshipDefinition;
  readonly place: string;
  readonly target: Mapper;
}

const STRATEGIES: readonly LazyStrategy[] = ['select', 'selectin', 'joined', 'json', 'raise', 'writeonly'];
const SHARED = [
  'cascade',
  'backPopulates',
  'postUpdate',
  'passiveUpdates',
  'passiveDeletes',
  'viewonly',
  'singleParent',
  'lazy',
];
const OPTIONS = {
  one: [...SHARED, 'onDelete', 'onUpdate', 'foreignKey'],
  many: [...SHARED, 'through', 'orderBy', 'keyedBy', 'numberedBy'],
};
/** What a definition has beside options. */
const DECLARATION = new Set(['side', 'target', 'columns', 'nullable']);

/** Reads the options, complaining about what they cannot be. */
export function parseOptions(declared: Declared, faults: MappingFault[]): ParsedOptions {
  const { definition, place } = declared;
  refuseUnknown(declared, faults);
  const viewonly = definition.viewonly ?? false;
  const cascade = parseCascade(definition.cascade ?? (viewonly ? 'none' : undefined), place, faults);
  if (viewonly) refuseWrites(cascade, place, faults);
  return {
    cascade,
    viewonly,
    singleParent: definition.singleParent ?? false,
    lazy: strategyOf(declared, faults),
    orderBy: Object.freeze(
      [definition.numberedBy ?? definition.orderBy ?? []].flat().flatMap((word) => ordering(declared, word, faults)),
    ),
    keyedBy: keyColumn(declared, faults),
    numberedBy: numberColumn(declared, faults),
    postUpdate: definition.postUpdate ?? false,
    passiveDeletes: passivityOf(definition, cascade),
    passiveUpdates: definition.passiveUpdates ?? true,
  };
}

/** Members that are never loaded are left to the database, as far as deleting would have to load them. */
function passivityOf(
  { passiveDeletes = false, lazy, through }: RelationshipDefinition,
  cascade: ReadonlySet<CascadeRule>,
): boolean | 'all' {
  const mustLoad = lazy === 'writeonly' && (through === undefined || cascade.has('delete'));
  return mustLoad ? passiveDeletes || true : passiveDeletes;
}

function refuseUnknown({ definition, place }: Declared, faults: MappingFault[]): void {
  const known = OPTIONS[definition.side];
  for (const [name, value] of Object.entries(definition)) {
    if (value === undefined || DECLARATION.has(name) || known.includes(name)) continue;
    faults.push(relationshipOptionFault.unknown(place, name, suggestion(nearestWord(name, known), known)));
  }
}

/** Nothing is written along a relationship that is only read: rules that write have no meaning there. */
function refuseWrites(cascade: ReadonlySet<CascadeRule>, place: string, faults: MappingFault[]): void {
  const writing = [...cascade].filter((rule) => rule !== 'refresh-expire' && rule !== 'expunge');
  if (writing.length > 0) faults.push(relationshipFault.cascadesFromView(place, writing));
}

function strategyOf({ definition, place }: Declared, faults: MappingFault[]): LazyStrategy {
  const { lazy = 'select', side } = definition;
  if (!STRATEGIES.includes(lazy)) {
    const hint = suggestion(nearestWord(lazy, STRATEGIES), STRATEGIES);
    faults.push(relationshipOptionFault.unknownStrategy(place, lazy, hint));
  } else if (lazy === 'writeonly' && side === 'one') faults.push(relationshipOptionFault.writeonlyOne(place));
  return lazy;
}

function ordering(declared: Declared, word: string, faults: MappingFault[]): MemberOrdering[] {
  const direction = word.startsWith('-') ? 'desc' : 'asc';
  const column = memberColumn(declared, direction === 'desc' ? word.slice(1) : word, faults);
  return column === undefined ? [] : [Object.freeze({ column, direction })];
}

/** Maps compare keys as they are: two equal Dates are two keys. */
function keyColumn(declared: Declared, faults: MappingFault[]): ColumnProperty | undefined {
  const { definition, place, target } = declared;
  if (definition.keyedBy === undefined) return undefined;
  const column = memberColumn(declared, definition.keyedBy, faults);
  if (column?.isMutable === true)
    faults.push(relationshipOptionFault.noKey(place, `${target.name}.${column.property}`));
  return column;
}

/** The members' own column must be able to hold a place, and there must be one order only. */
function numberColumn({ definition, place, target }: Declared, faults: MappingFault[]): ColumnProperty | undefined {
  const { numberedBy, orderBy, through } = definition;
  if (numberedBy === undefined) return undefined;
  if (orderBy !== undefined || through !== undefined)
    faults.push(relationshipOptionFault.numberedOtherwise(place, orderBy === undefined ? 'through' : 'orderBy'));
  // An unknown column has been reported as the order that it is too.
  const column = target.columns.find((each) => each.property === numberedBy);
  if (column !== undefined && (column.type.name !== 'integer' || column.isPrimaryKey))
    faults.push(relationshipOptionFault.noNumber(place, `${target.name}.${numberedBy}`));
  return column;
}

function memberColumn(
  { place, target }: Declared,
  property: string,
  faults: MappingFault[],
): ColumnProperty | undefined {
  const column = target.columns.find((each) => each.property === property);
  if (column !== undefined) return column;
  const names = target.columns.map((each) => each.property);
  const hint = suggestion(nearestWord(property, names), names);
  faults.push(relationshipOptionFault.unknownColumn(place, { property, target: target.name, hint }));
  return undefined;
}
