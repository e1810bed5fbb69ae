/**
 * SQL in the place of a value: a flush writes it into its statement and puts the value that came of it on the object.
 * Frozen; one expression may stand on many objects.
 */
export class SqlExpression {
  readonly #build: (expressionBuilder: unknown) => unknown;

  /** @param build - takes Kysely's expression builder, in which columns go by their property names; gives an expression. */
  constructor(build: (expressionBuilder: unknown) => unknown) {
    this.#build = build;
    Object.freeze(this);
  }

  build(expressionBuilder: unknown): unknown {
    return this.#build(expressionBuilder);
  }
}
