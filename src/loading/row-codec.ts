import type { Codec, Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';

/** Between the rows of one mapper and one dialect's driver. */
export interface RowCodec {
  /** By column index. */
  readonly codecs: readonly Codec[];
  /** Decodes a full row in place. */
  decode(row: unknown[]): void;
  /** Copies a decoded row onto an object that has all its column properties. */
  assign(entity: object, row: readonly unknown[]): void;
}

const byDialect = new WeakMap<Dialect, WeakMap<Mapper, RowCodec>>();

/** The codec of a mapper's rows, made once. */
export function rowCodecOf(dialect: Dialect, mapper: Mapper): RowCodec {
  let byMapper = byDialect.get(dialect);
  if (byMapper === undefined) byDialect.set(dialect, (byMapper = new WeakMap()));
  let codec = byMapper.get(mapper);
  if (codec === undefined) byMapper.set(mapper, (codec = makeRowCodec(dialect, mapper)));
  return codec;
}

/** By column index. */
export function codecsOf(dialect: Dialect, mapper: Mapper): readonly Codec[] {
  return rowCodecOf(dialect, mapper).codecs;
}

function makeRowCodec(dialect: Dialect, mapper: Mapper): RowCodec {
  const codecs = mapper.columns.map((column) => dialect.codec(column.type));
  return { codecs, ...(generate(mapper.columns, codecs) ?? interpret(mapper.columns, codecs)) };
}

type RowFunctions = Pick<RowCodec, 'decode' | 'assign'>;

/** Straight-line code for the mapper; undefined where the runtime forbids making code. */
function generate(columns: readonly ColumnProperty[], codecs: readonly Codec[]): RowFunctions | undefined {
  const decode = columns.map(({ index }) => `if (r[${index}] !== null) r[${index}] = c[${index}].decode(r[${index}]);`);
  const assign = columns.map(({ property, index, isMutable }) => {
    const value = isMutable ? `p[${index}].copy(r[${index}])` : `r[${index}]`;
    return `e[${JSON.stringify(property)}] = ${value};`;
  });
  try {
    const make = new Function(
      'c',
      'p',
      `return { decode(r) { ${decode.join(' ')} }, assign(e, r) { ${assign.join(' ')} } };`,
    );
    return make(codecs, columns) as RowFunctions;
  } catch {
    return undefined;
  }
}

function interpret(columns: readonly ColumnProperty[], codecs: readonly Codec[]): RowFunctions {
  return {
    decode(row) {
      codecs.forEach((codec, index) => {
        if (row[index] !== null) row[index] = codec.decode(row[index]);
      });
    },
    assign(entity, row) {
      for (const column of columns)
        (entity as Record<string, unknown>)[column.property] = column.copy(row[column.index]);
    },
  };
}
