import type { PreparedStatement, PreparedStatements } from './prepared-statements.ts';
import { parserOf } from './types.ts';
import type { Wire, WireField } from './wire.ts';

export interface QueryText {
  readonly sql: string;
  /** Undefined: parsed and planned by the server each time. */
  readonly prepared: PreparedStatement | undefined;
}

type Parse = ((text: string) => unknown) | undefined;

/**
 * One statement on its way, in the form that `pg.Client` takes.
 *
 * Rows are the driver's own arrays of texts, not copied; only `typed` results are parsed, in place.
 */
export class PostgresQuery {
  readonly rows: unknown[][] = [];
  fields: readonly WireField[] = [];
  affected = 0;
  failure: unknown = undefined;
  readonly #lead: QueryText | undefined;
  readonly #text: QueryText;
  readonly #values: readonly (string | Buffer | null)[];
  readonly #isTyped: boolean;
  readonly #statements: PreparedStatements;
  readonly #onBroken: (error: unknown) => void;
  #parsers: readonly Parse[] = [];
  /** The lead's end is still to come. */
  #isLeading: boolean;

  constructor(
    text: QueryText,
    values: readonly (string | Buffer | null)[],
    rest: {
      readonly lead: QueryText | undefined;
      readonly isTyped: boolean;
      readonly statements: PreparedStatements;
      /** The failure is not the server's word: no more will come. */
      readonly onBroken: (error: unknown) => void;
    },
  ) {
    this.#text = text;
    this.#values = values;
    this.#lead = rest.lead === undefined || !this.#isSimple() ? rest.lead : { ...rest.lead, prepared: undefined };
    this.#isLeading = rest.lead !== undefined;
    this.#isTyped = rest.isTyped;
    this.#statements = rest.statements;
    this.#onBroken = rest.onBroken;
  }

  // What pg.Client calls.

  submit(wire: Wire): null {
    wire.stream.cork?.();
    try {
      this.#statements.closeEvicted(wire);
      if (this.#isSimple())
        wire.query(this.#lead === undefined ? this.#text.sql : `${this.#lead.sql}; ${this.#text.sql}`);
      else this.#submitExtended(wire);
    } finally {
      wire.stream.uncork?.();
    }
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: readonly WireField[] }): void {
    this.rows.length = 0;
    this.#describe(fields);
  }

  handleDataRow({ fields }: { readonly fields: unknown[] }): void {
    if (this.#isTyped) this.#parse(fields);
    this.rows.push(fields);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#isLeading) {
      this.#isLeading = false;
      confirm(this.#lead?.prepared, []);
      return;
    }
    this.affected = affectedBy(text);
    confirm(this.#text.prepared, this.fields);
  }

  handleEmptyQuery(): void {
    this.affected = 0;
  }

  handleError(error: unknown): void {
    this.failure = error ?? true;
    doubt(this.#lead?.prepared);
    doubt(this.#text.prepared);
    const isServersWord = error instanceof Error && 'severity' in error && error.severity === 'ERROR';
    if (!isServersWord) this.#onBroken(error);
  }

  /** The connection listens for that itself, since pg does not pass it on after an error. */
  handleReadyForQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('COPY FROM STDIN is not supported');
  }

  handleCopyData(): void {}

  /** Texts without parameters may hold several statements, which only the simple protocol takes. */
  #isSimple(): boolean {
    return this.#text.prepared === undefined && this.#values.length === 0;
  }

  #submitExtended(wire: Wire): void {
    if (this.#lead !== undefined) submitOne(wire, this.#lead, [], false);
    const { prepared } = this.#text;
    const isDescribed = prepared?.state === 'sure';
    if (isDescribed) this.#describe(prepared.fields);
    submitOne(wire, this.#text, this.#values, !isDescribed);
    wire.sync();
  }

  #describe(fields: readonly WireField[]): void {
    this.fields = fields;
    if (this.#isTyped) this.#parsers = fields.map(({ dataTypeID }) => parserOf(dataTypeID));
  }

  #parse(row: unknown[]): void {
    const parsers = this.#parsers;
    for (let i = 0; i < row.length; i++) {
      const text = row[i];
      if (typeof text === 'string') row[i] = parsers[i]?.(text) ?? text;
    }
  }
}

function submitOne(
  wire: Wire,
  { sql, prepared }: QueryText,
  values: readonly (string | Buffer | null)[],
  describe: boolean,
): void {
  const name = prepared?.name ?? '';
  if (prepared?.state === 'unsure') wire.close({ type: 'S', name });
  if (prepared?.state !== 'sure') wire.parse({ name, text: sql, types: [] });
  wire.bind({ portal: '', statement: name, values });
  if (describe) wire.describe({ type: 'P', name: '' });
  wire.execute({ portal: '', rows: 0 });
}

function confirm(prepared: PreparedStatement | undefined, fields: readonly WireField[]): void {
  if (prepared === undefined) return;
  prepared.state = 'sure';
  prepared.fields = fields;
}

function doubt(prepared: PreparedStatement | undefined): void {
  if (prepared !== undefined && prepared.state !== 'sure') prepared.state = 'unsure';
}

const WRITTEN_ROWS = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/;

function affectedBy(commandTag: string): number {
  return Number(WRITTEN_ROWS.exec(commandTag)?.[1] ?? 0);
}
