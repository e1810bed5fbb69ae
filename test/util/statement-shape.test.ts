import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { statementShape } from '../../src/util/statement-shape.ts';

/** What must never be seen, as a word and as a number. */
const SECRET = 'hunter2';
const PIN = '98765';

function shapes(statements: readonly string[]): string[] {
  return statements.map(statementShape);
}

describe('statementShape', () => {
  it('keeps words and parameters and hides literals', () => {
    expect(
      statementShape(`select "t1"."c2" from t1\n  where a = $1 and b = 'it''s' and c > 12.5 and d in (1, 2)`),
    ).toBe('select "t1"."c2" from t1 where a = $1 and b = ? and c > ? and d in (?, ?)');
  });

  it('hides dollar-quoted texts and comments', () => {
    expect(statementShape('select $$secret$$, $x$other$x$ -- 4111\n/* 1 */ from t')).toBe('select ?, ? from t');
  });

  it('hides numbers in every notation, whatever they stand next to', () => {
    const statements = [
      'select 0xDEADBEEF, 0b1011, 0o17',
      'select 1_234_567, .98765, -98765., 98765e10, 98765E-3',
      'select*from t where a>98765and b<98765',
      'select arr[1:98765], 98765::int from t',
      'select * from t limit 98765',
    ];
    expect(shapes(statements)).toEqual([
      'select ?, ?, ?',
      'select ?, ?, -?, ?, ?',
      'select*from t where a>?and b<?',
      'select arr[?:?], ?::int from t',
      'select * from t limit ?',
    ]);
  });

  it('hides texts with backslashes, however the server treats those', () => {
    const statements = [
      String.raw`select E'it\'s hunter2', 'x' from t`,
      String.raw`select 'it\'s hunter2', 'x' from t`,
      String.raw`select * from t where path = 'C:\' and name = 'hunter2'`,
      "select E'a'\n'it\\'s hunter2', 'x' from t",
    ];
    for (const shape of shapes(statements)) expect(shape).toMatch(/^select [^x]*$/);
    for (const shape of shapes(statements)) expect(shape).not.toContain(SECRET);
  });

  it('is not led astray by apostrophes in comments and names', () => {
    const statements = [
      `/* user's */ select 'hunter2' from t`,
      `select 1 -- don't\n, 'hunter2' from t`,
      `select 1 # don't\n, 'hunter2' from t`,
      `select "o'brien", 'hunter2' from t`,
      "select `o'brien`, 'hunter2' from t",
      `select [a'b], 'hunter2' from t`,
      `select /* a /* b */ 'hunter2' */ 1 from t`,
      `/*! select 'a*/', 'hunter2' */ 1 from t`,
      `-- it's\r 'a\nhunter2' from t`,
    ];
    for (const shape of shapes(statements)) expect(shape).not.toContain(SECRET);
    expect(shapes(statements.slice(0, 2))).toEqual(['select ? from t', 'select ? , ? from t']);
  });

  it('hides what never ends to its end', () => {
    const statements = [
      `select 'hunter2`,
      'select $$hunter2',
      'select $é$hunter2 $$',
      'select "hunter2',
      'select 1 /* hunter2',
    ];
    expect(shapes(statements)).toEqual(['select ?', 'select ?', 'select ?', 'select ?', 'select ?']);
  });

  it('shows a text in double quotes only where the statement has names in them', () => {
    const statements = [
      'select * from users where name = "hunter2"',
      'select "id", "2fa" from "users" where "users"."id" = $1',
      'insert into "users" ("name") values (?)',
      'update "users" set "name" = ? where "id" = ?',
      'select trim(both "hunter2" from "hunter2")',
      'prepare s from "hunter2"',
      'select "id" from "users" where name = "hunter2"',
      'select "it is hunter2" from "users"',
    ];
    expect(shapes(statements)).toEqual([
      'select * from users where name = ?',
      'select "id", "2fa" from "users" where "users"."id" = $1',
      'insert into "users" ("name") values (?)',
      'update "users" set "name" = ? where "id" = ?',
      'select trim(both ? from ?)',
      'prepare s from ?',
      'select "id" from "users" where name = ?',
      'select ? from "users"',
    ]);
  });

  it('keeps placeholders, and names that have digits', () => {
    const statement = 'select c1, t2.c3 from table2 as t2 where a = $1 and b = ?1 and c = :name4 and d = @p5 and e = ?';
    expect(statementShape(statement)).toBe(statement);
  });

  it('looks at the beginning of a long statement', () => {
    const values = `'${SECRET.repeat(3_000_000)}'`;
    expect(statementShape(`insert into t values (${values})`)).toBe('insert into t values (?…');
    expect(statementShape(`select ${'a, '.repeat(2_000)}b from t`)).toMatch(/^select a, a, .{3900,4000}…$/);
  });

  it('takes what is no text without complaint', () => {
    expect([undefined, null, 7, { text: 'select 1' }].map(statementShape)).toEqual(['?', '?', '?', '?']);
  });
});

type Pieces = readonly ((word: string) => string)[];

const standard: Pieces = [
  (word) => `'${word}'`,
  (word) => `'it''s ${word}'`,
  (word) => `N'${word}'`,
  (word) => `-- it's ${word}\n`,
  (word) => `/* it's ${word} */`,
  () => "''",
  () => PIN,
  () => `-${PIN}.${PIN}`,
  () => `.${PIN}e-${PIN}`,
  () => `t1.c2=${PIN}and`,
  () => `(1,${PIN})`,
  () => 'select c1, ',
  () => ' from "t2" where "c3" = ',
  () => "/* it's */",
  () => ') and (',
  () => '?, $1, :name, @name',
];

/** Pieces of statements, as each server would read them. */
const DIALECTS: Readonly<Record<string, Pieces>> = {
  postgres: [
    ...standard,
    (word) => `'C:\\' || '${word}\\'`,
    (word) => ` E'it\\'s ${word}\\\\'`,
    (word) => ` e'${word}'\n 'it\\'s ${word}'`,
    (word) => `$$it's ${word}$$`,
    (word) => ` $é1$ $$ ${word} ' $é1$`,
    (word) => `/* a /* b */ ${word} ' */`,
    (word) => `-- it's\r '${word}\n${word}'`,
    (word) => `array['${word}', "o'brien"]`,
    () => ` 0x${PIN} # 0o1${PIN} `,
    () => `arr[${PIN}:${PIN}]`,
    () => '"a""b" ',
    () => '"\\" ',
    () => " #>> '{}' ",
    () => 'a`b ',
    () => '5--3\n',
  ],
  sqlite: [
    ...standard,
    (word) => `'C:\\' || '${word}\\'`,
    (word) => `[o'brien], '${word}'`,
    (word) => `\`o'brien\`, '${word}'`,
    (word) => `"o'brien", '${word}'`,
    (word) => `/* a /* b */ '${word}' `,
    (word) => `x'${word}'`,
    () => '"\\" ',
    () => '"a""b" ',
    () => '[a"b] ',
    () => '`a``b[` ',
    () => '$a$ ',
  ],
  mysql: [
    ...standard.filter((piece) => !piece('').includes('"')),
    (word) => `'it\\'s ${word}\\\\'`,
    (word) => `"it\\"s '${word}"`,
    (word) => `"${word}"`,
    (word) => `_utf8"${word}"`,
    (word) => `# it's ${word}\n`,
    (word) => `\`o'brien"\`, '${word}'`,
    (word) => `/*! '${word}*/', "${word}" */`,
    (word) => `5--'it\\'s ${word}'`,
    (word) => ` where a = "${word}" `,
    (word) => ` trim("${word}" from "${word}") `,
    (word) => `/* a /* b */ '${word}' `,
    () => ' $$ ',
    () => ' [1] ',
    () => `0x${PIN}, b'${PIN}' `,
    () => '`a``b` ',
  ],
};

describe('A value', () => {
  for (const [dialect, pieces] of Object.entries(DIALECTS)) {
    it(`is never seen in a statement for ${dialect}`, () => {
      const piece = fc.constantFrom(...pieces).map((write) => write(SECRET));
      const statement = fc.tuple(
        fc.constantFrom('select ', 'update t set a = ', ''),
        fc.array(piece, { maxLength: 12 }),
      );
      fc.assert(
        fc.property(statement, ([start, parts]) => {
          const shape = statementShape(start + parts.join(' '));
          expect(shape).not.toMatch(new RegExp(`${SECRET}|${PIN}`));
        }),
        { numRuns: 3_000 },
      );
    });
  }

  it('is never seen where a statement was cut, and nothing makes the reader fail', () => {
    const all = Object.values(DIALECTS).flat();
    const statement = fc.array(
      fc.constantFrom(...all).map((write) => write('x')),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(statement, fc.nat(60), fc.string(), (parts, length, noise) => {
        const text = parts.join(' ').slice(0, length) + noise;
        expect(typeof statementShape(text)).toBe('string');
        expect(statementShape(`'${text.replaceAll(/['\\]/g, '')}${SECRET}`)).toBe('?');
      }),
    );
  });

  it('leaves words, placeholders and names with digits as they are', () => {
    const word = fc.constantFrom(
      'select',
      'c1',
      't2.c3',
      'table2',
      '$1',
      '?',
      '?2',
      ':name',
      '@name',
      '=',
      ',',
      '(',
      ')',
      '::int',
      '*',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const statement = words.join(' ');
        expect(statementShape(`${statement} 'x' ${statement}`)).toBe(`${statement} ? ${statement}`.trim());
      }),
    );
  });
});
