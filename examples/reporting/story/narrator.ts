import { isDeepStrictEqual } from 'node:util';

const WIDTH = 110;

/** Tells what was expected and what happened, and counts the differences. */
export class Narrator {
  #differences = 0;
  #facts = 0;

  get differences(): number {
    return this.#differences;
  }

  get summary(): string {
    const held = this.#facts - this.#differences;
    return `${held} of ${this.#facts} facts hold${this.#differences === 0 ? '.' : `; ${this.#differences} DIFFER.`}`;
  }

  situation(number: string, title: string): void {
    console.log(`\n${number}  ${title}\n${'-'.repeat(WIDTH)}`);
  }

  /** One fact: shown, and compared as a whole. */
  fact(what: string, expected: unknown, happened: unknown): void {
    this.#facts++;
    const isSame = isDeepStrictEqual(expected, happened);
    if (!isSame) this.#differences++;
    console.log(
      `  ${isSame ? 'ok     ' : 'DIFFERS'}  ${what}: ${show(happened)}${isSame ? '' : `, expected ${show(expected)}`}`,
    );
  }

  /** One fact about a text: that it matches. The text is shown by `quote`, if at all. */
  says(what: string, pattern: RegExp, text: string): void {
    this.#facts++;
    const isSame = pattern.test(text);
    if (!isSame) this.#differences++;
    console.log(`  ${isSame ? 'ok     ' : 'DIFFERS'}  ${what}${isSame ? '' : `, expected ${pattern}, was: ${text}`}`);
  }

  /** A situation that could not be told to its end. */
  broken(error: unknown): void {
    this.#facts++;
    this.#differences++;
    console.log(`  DIFFERS  the situation broke off: ${error instanceof Error ? error.message : String(error)}`);
  }

  quote(text: string): void {
    console.log(text.replaceAll(/^/gm, '           | '));
  }

  pool(counts: object): void {
    console.log(`  pool     ${show(counts)}`);
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, each]) => `${name} ${JSON.stringify(each)}`)
    .join(', ');
}
