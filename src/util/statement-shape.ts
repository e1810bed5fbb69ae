import { BACKSLASH_READINGS, READINGS } from './sql-reading.ts';
import { CODE, SqlScanner, VALUE } from './sql-scanner.ts';

/** How much of a statement is looked at: reports show a few lines of it. */
const MOST_READ = 4_000;

/**
 * A statement's text with `?` for every value, on one line: what reports may show. Of a long one the beginning. Never
 * throws, and takes time in proportion to the length.
 *
 * Nobody says which server it is for, and where a text ends depends on that. So it is read in every dialect, and what
 * one of them takes for a value, or for a comment, is not shown.
 */
export function statementShape(sql: unknown): string {
  if (typeof sql !== 'string') return '?';
  const text = sql.slice(0, MOST_READ);
  const marks = new Uint8Array(text.length);
  const readings = text.includes('\\') ? [...READINGS, ...BACKSLASH_READINGS] : READINGS;
  for (const reading of readings) new SqlScanner(text, reading, marks).scan();
  const shape = shown(text, marks).replace(/\s+/g, ' ').trim();
  return sql.length > MOST_READ ? `${shape}…` : shape;
}

/** The code of a statement, with `?` for each run of hidden characters that has a value in it. */
function shown(text: string, marks: Uint8Array): string {
  let shape = '';
  for (let start = 0, end = 0; start < text.length; start = end) {
    const isCode = marks[start] === CODE;
    let hasValue = false;
    for (; end < text.length && (marks[end] === CODE) === isCode; end++) hasValue ||= marks[end] === VALUE;
    if (isCode) shape += text.slice(start, end);
    else shape += hasValue ? '?' : ' ';
  }
  return shape;
}
