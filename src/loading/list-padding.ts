/** Lists are padded to powers of two by repeating the last value, so that a few shapes serve lists of every length. */
export function padded<T>(values: readonly T[]): T[] {
  const size = listSize(values.length);
  return Array.from({ length: size }, (_, at) => values[Math.min(at, values.length - 1)] as T);
}

export function listSize(count: number): number {
  return count === 0 ? 0 : 2 ** Math.ceil(Math.log2(count));
}

/** The list on the right of `in`. */
export function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
