import type { SqlReading } from './sql-reading.ts';

/** What a character of a statement belongs to. Whoever hides more has the larger number. */
export const CODE = 0;
export const COMMENT = 1;
export const VALUE = 2;

const WORD = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy;
const DOLLAR_WORD = /\$[\w$\u0080-\uffff]*/y;
const DOLLAR_TAG = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy;
/** `$1`, `?1`: more digits than a server takes are none. */
const PLACEHOLDER = /[$?]\d{1,5}/y;
const NUMBER = /0x[\da-f_]*|0[bo][\d_]*|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?/iy;
const SPACE = /[ \t\r\n\f\v]*/y;
const BANG = /\/\*!\d*/y;

/** After these only a name can come, in every dialect; after `from` outside of `trim(…)` and its like. */
const BEFORE_NAMES: ReadonlySet<string> = new Set(['into', 'update', 'join', 'table']);
/** Statements of which that is true: `prepare s from "select …"` takes a text. */
const FIRST_WORDS: ReadonlySet<string> = new Set(
  'select insert update delete with replace merge create alter drop'.split(' '),
);
const NAME = /^(?=.*\p{L})[\p{L}\p{N}_.$]{1,63}$/u;

/** A text in double quotes which may be a name after all. */
interface Doubtful {
  readonly start: number;
  readonly end: number;
  readonly mayBeName: boolean;
}

/**
 * Reads a statement from left to right, once, in one dialect, and marks what is a comment or a value in it.
 *
 * What never ends is taken for a value that reaches to the end.
 */
export class SqlScanner {
  readonly #text: string;
  readonly #reading: SqlReading;
  readonly #marks: Uint8Array;
  readonly #doubtful: Doubtful[] = [];
  #at = 0;
  #depth = 0;
  #firstWord: string | undefined = undefined;
  /** The last word, in lower case, or the last character of what came before. */
  #before = '';
  #hasQuotedNames = false;

  /** @param marks - one for each character of `text`; only ever raised. */
  constructor(text: string, reading: SqlReading, marks: Uint8Array) {
    this.#text = text;
    this.#reading = reading;
    this.#marks = marks;
  }

  scan(): void {
    while (this.#at < this.#text.length) {
      this.#skip(SPACE);
      if (this.#at < this.#text.length && !this.#comment()) this.#token();
    }
    const isSure = this.#hasQuotedNames && FIRST_WORDS.has(this.#firstWord ?? '');
    for (const { start, end, mayBeName } of this.#doubtful) if (!isSure || !mayBeName) this.#mark(start, end, VALUE);
  }

  /** Reads what begins here. */
  #token(): void {
    const start = this.#at;
    const first = this.#text.charAt(start);
    if (first === "'") this.#textIn(this.#reading.backslashes === 'everywhere');
    else if (first === '"') this.#doubleQuoted();
    else if (first === '`' && this.#reading.hasBackticks) this.#name('`');
    else if (first === '[' && this.#reading.hasBrackets) this.#name(']');
    else if (first === '$' && this.#dollar()) this.#before = '$';
    else if (this.#skip(WORD)) this.#word(start);
    else if (this.#skip(PLACEHOLDER)) this.#before = '?';
    else if (this.#skip(NUMBER)) this.#value(start);
    else this.#sign(first);
  }

  #sign(sign: string): void {
    this.#at += 1;
    this.#before = sign;
    if (sign === '(') this.#depth += 1;
    else if (sign === ')') this.#depth -= 1;
  }

  #word(start: number): void {
    this.#before = this.#text.slice(start, this.#at).toLowerCase();
    this.#firstWord ??= this.#before;
    const isEscaped = this.#before === 'e' && this.#reading.backslashes === 'after E';
    if (isEscaped && this.#text.charAt(this.#at) === "'") this.#textIn(true);
  }

  #textIn(hasBackslashes: boolean): void {
    const start = this.#at;
    this.#skipQuoted("'", hasBackslashes);
    this.#value(start);
    if (!hasBackslashes || this.#reading.backslashes !== 'after E') return;
    // In PostgreSQL the next line goes on with the same text, and with its backslashes.
    const gap = this.#at;
    this.#skip(SPACE);
    const goesOn = this.#text.charAt(this.#at) === "'" && /[\r\n]/.test(this.#text.slice(gap, this.#at));
    if (goesOn) this.#textIn(true);
  }

  /** Of a dollar quote, or where that is a name or a placeholder, of that. False for a dollar sign. */
  #dollar(): boolean {
    const start = this.#at;
    if (!this.#reading.hasDollarTexts) return this.#skip(PLACEHOLDER) || this.#skip(DOLLAR_WORD);
    if (!this.#skip(DOLLAR_TAG)) return false;
    const tag = this.#text.slice(start, this.#at);
    const close = this.#text.indexOf(tag, this.#at);
    this.#at = close === -1 ? this.#text.length : close + tag.length;
    this.#value(start);
    return true;
  }

  #name(quote: string): void {
    const start = this.#at;
    if (this.#skipQuoted(quote, false)) this.#before = quote;
    else this.#value(start);
  }

  /**
   * In MySQL a text, elsewhere a name, and a short text looks like a name. So it is hidden, unless the statement has
   * one where MySQL would refuse a text: then it is no MySQL, or MySQL with the standard's quotes. After a comparison
   * it stays hidden even so, since SQLite takes what names no column for a text.
   */
  #doubleQuoted(): void {
    if (this.#reading.doubleQuoted === 'name') return this.#name('"');
    const [start, before] = [this.#at, this.#before];
    const isClosed = this.#skipQuoted('"', this.#reading.backslashes === 'everywhere');
    const end = this.#at;
    const isPart = before === '.' || this.#text.charAt(end) === '.';
    const isNamed = isPart || BEFORE_NAMES.has(before) || (before === 'from' && this.#depth === 0);
    const looksLikeName = isClosed && end - start <= 65 && NAME.test(this.#text.slice(start + 1, end - 1));
    this.#hasQuotedNames ||= isNamed;
    this.#doubtful.push({ start, end, mayBeName: looksLikeName && (isPart || !'=<>'.includes(before)) });
    this.#before = '"';
  }

  #comment(): boolean {
    const [start, text] = [this.#at, this.#text];
    const { hasOddComments, hasNestedComments } = this.#reading;
    const isDashed = text.startsWith('--', start) && !(hasOddComments && text.charCodeAt(start + 2) > 32);
    if (isDashed) this.#toLineEnd();
    else if (hasOddComments && text.charAt(start) === '#') this.#toLineEnd();
    else if (hasOddComments && this.#skip(BANG)) return true;
    else if (text.startsWith('/*', start))
      this.#at = hasNestedComments ? this.#endOfNested() : this.#after('*/', start + 2);
    else return false;
    this.#mark(start, this.#at, COMMENT);
    return true;
  }

  #toLineEnd(): void {
    const { lineEnds } = this.#reading;
    while (this.#at < this.#text.length && !lineEnds.includes(this.#text.charAt(this.#at))) this.#at += 1;
  }

  #endOfNested(): number {
    let depth = 0;
    for (let at = this.#at; at < this.#text.length; at++) {
      const pair = this.#text.slice(at, at + 2);
      if (pair === '/*' || pair === '*/') {
        depth += pair === '/*' ? 1 : -1;
        at += 1;
        if (depth === 0) return at + 1;
      }
    }
    return this.#text.length;
  }

  /** Goes beyond what begins here in quotes; a quote within is doubled. False when it does not end. */
  #skipQuoted(quote: string, hasBackslashes: boolean): boolean {
    const text = this.#text;
    for (this.#at += 1; this.#at < text.length; this.#at++) {
      const sign = text.charAt(this.#at);
      if (sign === quote && (quote === ']' || text.charAt(this.#at + 1) !== quote)) {
        this.#at += 1;
        return true;
      }
      if (sign === quote || (hasBackslashes && sign === '\\')) this.#at += 1;
    }
    this.#at = text.length;
    return false;
  }

  #after(mark: string, from: number): number {
    const at = this.#text.indexOf(mark, from);
    return at === -1 ? this.#text.length : at + mark.length;
  }

  /** Goes beyond what `pattern` finds here. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #value(start: number): void {
    this.#mark(start, this.#at, VALUE);
    this.#before = '?';
  }

  #mark(start: number, end: number, mark: number): void {
    for (let at = start; at < end; at++) if ((this.#marks[at] ?? 0) < mark) this.#marks[at] = mark;
  }
}
