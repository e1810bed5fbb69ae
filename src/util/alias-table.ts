/** Other people's names for things that have a name of our own. */
export class AliasTable<Name extends string> {
  readonly #names = new Map<string, Name>();

  /** @param aliases - by our name, which is found as well however it is written. */
  constructor(aliases: Readonly<Record<Name, readonly string[]>>) {
    for (const name in aliases) {
      for (const alias of aliases[name]) this.#names.set(plain(alias), name);
      this.#names.set(plain(name), name);
    }
  }

  /** Our name for `word`: case, separators, a unit at the end and `pool` at the beginning do not matter. */
  find(word: string): Name | undefined {
    const whole = plain(word);
    return this.#names.get(whole) ?? this.#names.get(whole.replace(/^pool/, ''));
  }
}

function plain(word: string): string {
  const letters = word.toLowerCase().replaceAll(/[^a-z\d]/g, '');
  return letters.replace(/(?:millis|milliseconds|ms|seconds|secs)$/, '');
}
