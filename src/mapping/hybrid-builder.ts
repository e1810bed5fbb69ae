/** What a hybrid attribute says: its value for an object in memory, and the SQL of it for a row. */
export interface HybridDefinition {
  compute(object: object): unknown;
  /** Takes the columns, by property, as expressions; gives an expression. */
  build(columns: object): unknown;
}

let readDefinition: (builder: Hybrid) => HybridDefinition;

/** An attribute that no column stores; made by `hybrid`. */
export class Hybrid {
  readonly #definition: HybridDefinition;

  static {
    readDefinition = (builder) => builder.#definition;
  }

  constructor(definition: HybridDefinition) {
    this.#definition = Object.freeze(definition);
  }
}

/** What `builder` declares; undefined when it is no hybrid attribute. */
export function hybridDefinitionOf(builder: unknown): HybridDefinition | undefined {
  return builder instanceof Hybrid ? readDefinition(builder) : undefined;
}
