/** What the listeners of transaction events get to know. */
export interface TransactionFacts {
  /** `subtransaction`: the scope of one flush; it sends nothing of its own. */
  readonly origin: 'autobegin' | 'begin' | 'beginNested' | 'subtransaction';
  /** True for a savepoint. */
  readonly nested: boolean;
  /** The one around it. */
  readonly parent: TransactionFacts | undefined;
}
