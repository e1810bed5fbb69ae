/** PostgreSQL's texts of single values, both ways. Pure. */

/** In UTC, so that `timestamp` and `timestamptz` columns get the same moment. */
export function writeTimestamp(date: Date): string {
  const iso = date.toISOString();
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9999) return iso;
  const rest = iso.slice(iso.indexOf('-', 1));
  return year > 9999 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}

const TIMESTAMP =
  /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?$/;

/** Texts without a zone are UTC. `infinity` is a Date that is not valid. */
export function readTimestamp(text: string): Date {
  const match = TIMESTAMP.exec(text);
  if (match === null) return new Date(Number.NaN);
  const part = (index: number): number => Number(match[index] ?? 0);
  const year = match[12] === undefined ? part(1) : 1 - part(1);
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const date = new Date(0);
  date.setUTCFullYear(year, part(2) - 1, part(3));
  date.setUTCHours(part(4), part(5), part(6), milliseconds);
  const offset = (part(9) * 3_600 + part(10) * 60 + part(11)) * 1_000;
  return match[8] === '-' ? new Date(date.getTime() + offset) : new Date(date.getTime() - offset);
}

export function writeBytes(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** The bytes have a buffer of their own: Node's small Buffers share theirs. */
export function readBytes(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - 2) / 2);
  Buffer.from(bytes.buffer).write(text.slice(2), 'hex');
  return bytes;
}

export function readBoolean(text: string): boolean {
  return text === 't' || text === 'true';
}
