import type { Codec, Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { ABSENT } from '../state/instance-state.ts';
import type { ColumnSelection } from './column-selection.ts';
import { defaultSelection } from './column-selection.ts';

/** Between the rows of one selection and one dialect's driver. */
export interface RowCodec {
  /** By column index. */
  readonly codecs: readonly Codec[];
  readonly mapper: Mapper;
  /** A full row of decoded values, ABSENT where nothing was selected; the given row itself, decoded in place, when it is whole. */
  decode(row: unknown[]): unknown[];
  /** Copies the selected values of a full row onto an object; columns that are not deferred must be properties of it. */
  assign(entity: object, row: readonly unknown[]): void;
}

/** What rows are made of: the driver's values, or elements of JSON. */
export type RowForm = 'raw' | 'json';

type RowCodecs = WeakMap<Dialect, WeakMap<ColumnSelection, RowCodec[]>>;

const codecsByForm: Readonly<Record<RowForm, RowCodecs>> = { raw: new WeakMap(), json: new WeakMap() };

/** The codec of a mapper's rows, made once for each selection, which may be that of a class that the mapper's extends. */
export function rowCodecOf(
  dialect: Dialect,
  mapper: Mapper,
  selection = defaultSelection(mapper),
  form: RowForm = 'raw',
): RowCodec {
  const byDialect = codecsByForm[form];
  let bySelection = byDialect.get(dialect);
  if (bySelection === undefined) byDialect.set(dialect, (bySelection = new WeakMap()));
  let codecs = bySelection.get(selection);
  if (codecs === undefined) bySelection.set(selection, (codecs = []));
  let codec = codecs.find((each) => each.mapper === mapper);
  if (codec === undefined) codecs.push((codec = makeRowCodec({ dialect, form }, mapper, selection)));
  return codec;
}

/** By column index. */
export function codecsOf(dialect: Dialect, mapper: Mapper): readonly Codec[] {
  return rowCodecOf(dialect, mapper).codecs;
}

function makeRowCodec(
  { dialect, form }: { readonly dialect: Dialect; readonly form: RowForm },
  mapper: Mapper,
  selection: ColumnSelection,
): RowCodec {
  const codecs = mapper.columns.map(({ type }) => {
    const codec = dialect.codec(type);
    return form === 'raw' ? codec : { encode: codec.encode, decode: dialect.json.element(type).read };
  });
  const functions = generate(mapper, selection, codecs) ?? interpret(mapper, selection, codecs);
  return { mapper, codecs, ...functions };
}

type RowFunctions = Pick<RowCodec, 'decode' | 'assign'>;

/** Straight-line code for the selection; undefined where the runtime forbids making code. */
function generate(mapper: Mapper, selection: ColumnSelection, codecs: readonly Codec[]): RowFunctions | undefined {
  const decode = selection.isWhole ? decodeInPlace(mapper) : decodeApart(mapper, selection);
  const assign = columnsIn(mapper, selection).map(({ property, index, isMutable }) => {
    const value = isMutable ? `p[${index}].copy(r[${index}])` : `r[${index}]`;
    return `e[${JSON.stringify(property)}] = ${value};`;
  });
  const source = `return { decode(r) { ${decode} }, assign(e, r) { ${assign.join(' ')} } };`;
  try {
    return new Function('c', 'p', 'absent', source)(codecs, mapper.columns, ABSENT) as RowFunctions;
  } catch {
    return undefined;
  }
}

/** Those of the selected columns that are the mapper's own, or inherited. */
function columnsIn(mapper: Mapper, { columns }: ColumnSelection): readonly ColumnProperty[] {
  return columns.filter((column) => mapper.columns[column.index] === column);
}

function decodeInPlace({ columns }: Mapper): string {
  const steps = columns.map(({ index }) => `if (r[${index}] !== null) r[${index}] = c[${index}].decode(r[${index}]);`);
  return `${steps.join(' ')} return r;`;
}

function decodeApart({ columns }: Mapper, selection: ColumnSelection): string {
  const values = columns.map((column) => {
    const at = selection.columns.indexOf(column);
    return at < 0 ? 'absent' : `r[${at}] === null ? null : c[${column.index}].decode(r[${at}])`;
  });
  return `return [${values.join(', ')}];`;
}

function interpret(mapper: Mapper, selection: ColumnSelection, codecs: readonly Codec[]): RowFunctions {
  const columns = columnsIn(mapper, selection);
  const places = columns.map((column) => selection.columns.indexOf(column));
  return {
    decode(row) {
      const full: unknown[] = selection.isWhole ? row : mapper.columns.map(() => ABSENT);
      columns.forEach(({ index }, at) => {
        const value = row[places[at] ?? -1];
        full[index] = value === null ? null : codecs[index]?.decode(value);
      });
      return full;
    },
    assign(entity, row) {
      for (const column of columns)
        (entity as Record<string, unknown>)[column.property] = column.copy(row[column.index]);
    },
  };
}
