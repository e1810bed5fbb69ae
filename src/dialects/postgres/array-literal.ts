/** PostgreSQL's text form of arrays, `{1,NULL,"a b",{2,3}}`. Pure. */

const NEEDS_QUOTES = /[\s"\\{},]|^$|^null$/i;

/** @param elementText - the text of one element that is neither null nor an array; as unambiguous as a lone parameter. */
export function writeArray(values: readonly unknown[], elementText: (value: unknown) => string): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ',';
    const value = values[i];
    if (value === null || value === undefined) text += 'NULL';
    else if (Array.isArray(value)) text += writeArray(value, elementText);
    else text += quoted(elementText(value));
  }
  return `${text}}`;
}

function quoted(text: string): string {
  if (!NEEDS_QUOTES.test(text)) return text;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** @param parse - the value of one element's text. */
export function readArray(text: string, parse: (text: string) => unknown): unknown[] {
  return new ArrayReader(text, parse).read();
}

class ArrayReader {
  readonly #text: string;
  readonly #parse: (text: string) => unknown;
  #at: number;

  constructor(text: string, parse: (text: string) => unknown) {
    this.#text = text;
    this.#parse = parse;
    // Bounds such as [2:4]= come before arrays that do not begin at 1.
    this.#at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  }

  read(): unknown[] {
    const values: unknown[] = [];
    this.#at++;
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at];
      if (character === '}') break;
      if (character === ',') this.#at++;
      else values.push(this.#element(character));
    }
    this.#at++;
    return values;
  }

  #element(character: string | undefined): unknown {
    if (character === '{') return this.read();
    if (character === '"') return this.#parse(this.#quotedText());
    const text = this.#bareText();
    return text === 'NULL' ? null : this.#parse(text);
  }

  #bareText(): string {
    const start = this.#at;
    while (this.#text[this.#at] !== ',' && this.#text[this.#at] !== '}') this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #quotedText(): string {
    const start = ++this.#at;
    let hasEscapes = false;
    while (this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === '\\') {
        hasEscapes = true;
        this.#at++;
      }
      this.#at++;
    }
    const inner = this.#text.slice(start, this.#at++);
    return hasEscapes ? inner.replace(/\\(.)/gs, '$1') : inner;
  }
}
