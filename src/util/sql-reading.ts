/** How one kind of server tells values, names and comments apart. */
export interface SqlReading {
  /** Whether a backslash hides the quote that follows it: in every text, or in those that begin with `E'`. */
  readonly backslashes: 'everywhere' | 'after E' | 'never';
  /** What stands between double quotes. */
  readonly doubleQuoted: 'name' | 'text';
  /** Whether names stand between backticks. */
  readonly hasBackticks: boolean;
  /** Whether names stand in brackets. */
  readonly hasBrackets: boolean;
  /** `$$text$$`, `$tag$text$tag$`. */
  readonly hasDollarTexts: boolean;
  readonly hasNestedComments: boolean;
  /** The characters of which each ends a comment that begins with two dashes. */
  readonly lineEnds: string;
  /** `# comment`, `-- comment` only with a space, and comments that begin with an exclamation mark and are run. */
  readonly hasOddComments: boolean;
}

const POSTGRES: SqlReading = {
  backslashes: 'after E',
  doubleQuoted: 'name',
  hasBackticks: false,
  hasBrackets: false,
  hasDollarTexts: true,
  hasNestedComments: true,
  lineEnds: '\r\n',
  hasOddComments: false,
};

const SQLITE: SqlReading = {
  backslashes: 'never',
  doubleQuoted: 'name',
  hasBackticks: true,
  hasBrackets: true,
  hasDollarTexts: false,
  hasNestedComments: false,
  lineEnds: '\n',
  hasOddComments: false,
};

const MYSQL: SqlReading = {
  backslashes: 'everywhere',
  doubleQuoted: 'text',
  hasBackticks: true,
  hasBrackets: false,
  hasDollarTexts: false,
  hasNestedComments: false,
  lineEnds: '\n',
  hasOddComments: true,
};

/** The ways to read a statement whose server nobody knows: PostgreSQL's, SQLite's, MySQL's. */
export const READINGS: readonly SqlReading[] = [POSTGRES, SQLITE, MYSQL];

/** The same servers, where they are told to treat backslashes the other way. */
export const BACKSLASH_READINGS: readonly SqlReading[] = [
  { ...POSTGRES, backslashes: 'everywhere' },
  { ...MYSQL, backslashes: 'never' },
];
