import { describe, expect, test } from 'vitest';
import { checkErrors } from '../../scripts/checks/errors.ts';
import { plant } from './plant.ts';

const SECTION = (code: string) => `## ${code}\n\n**Cause.** It was so.\n\n**Cure.** Do this.\n\n`;

const SOUND = {
  'src/errors/codes.ts': "export const ERROR_CODES = [\n  'POOL_CLOSED',\n  'POOL_TIMEOUT',\n] as const;",
  'src/errors/pool-errors.ts': "export const codes = ['POOL_CLOSED', 'POOL_TIMEOUT'];",
  'test/pool/pool.test.ts': "expect(code).toBe('POOL_CLOSED');\nexpect(message).toMatch('late [POOL_TIMEOUT]');",
  'docs/errors.md': `# Errors\n\n${SECTION('POOL_CLOSED')}${SECTION('POOL_TIMEOUT')}`,
};

const faultsWith = (files: Readonly<Record<string, string>>) => checkErrors(plant({ ...SOUND, ...files })).faults;

describe('check-errors', () => {
  test('is content when codes, sources, tests and guide agree', () => {
    expect(faultsWith({})).toEqual([]);
  });

  test('refuses built-in errors, thrown or rejected with', () => {
    const text = [
      "if (a) throw new Error('x');",
      "throw TypeError('x');",
      "Promise.reject(new RangeError('x'));",
      "reject(new Error('x'));",
      'const stack = new Error().stack;',
      'throw PoolTimeoutError.after(1);',
    ].join('\n');
    expect(faultsWith({ 'src/pool/a.ts': text })).toEqual([
      'src/pool/a.ts:1: throws a bare Error; make it a HermeticError with a code and a cure',
      'src/pool/a.ts:2: throws a bare TypeError; make it a HermeticError with a code and a cure',
      'src/pool/a.ts:3: throws a bare RangeError; make it a HermeticError with a code and a cure',
      'src/pool/a.ts:4: throws a bare Error; make it a HermeticError with a code and a cure',
    ]);
  });

  test('lets codecs throw a TypeError, and nothing else', () => {
    const text = "throw new TypeError('expected a string');\nthrow new Error('x');";
    expect(faultsWith({ 'src/dialects/expected.ts': text })).toEqual([
      'src/dialects/expected.ts:2: throws a bare Error; make it a HermeticError with a code and a cure',
    ]);
  });

  test('refuses a code without heading and a heading without code, cause or cure', () => {
    expect(faultsWith({ 'docs/errors.md': `${SECTION('POOL_CLOSED')}## POOL_LATE\n` })).toEqual([
      'docs/errors.md: no heading "## POOL_TIMEOUT"',
      'docs/errors.md: "## POOL_LATE" is no code of src/errors/codes.ts',
      'docs/errors.md: "## POOL_LATE" has no **Cause.**',
      'docs/errors.md: "## POOL_LATE" has no **Cure.**',
    ]);
  });

  test('refuses a code that nothing raises', () => {
    expect(faultsWith({ 'src/errors/pool-errors.ts': "export const codes = ['POOL_CLOSED'];" })).toEqual([
      'src/errors/codes.ts: nothing in src raises POOL_TIMEOUT',
    ]);
  });

  test('refuses a code that no test mentions, its own tests aside', () => {
    const faults = faultsWith({
      'test/pool/pool.test.ts': "'POOL_CLOSED'",
      'test/tooling/a.test.ts': "'POOL_TIMEOUT'",
    });
    expect(faults).toEqual(['test: no test mentions POOL_TIMEOUT']);
  });

  test('refuses codes out of order or listed twice', () => {
    expect(
      faultsWith({ 'src/errors/codes.ts': "export const C = ['POOL_TIMEOUT', 'POOL_CLOSED', 'POOL_CLOSED'];" }),
    ).toEqual([
      'src/errors/codes.ts: POOL_CLOSED belongs before POOL_TIMEOUT',
      'src/errors/codes.ts: POOL_CLOSED is listed twice',
    ]);
  });
});
