import { describe, expect, test } from 'vitest';
import { printsAsDocumented, samplesOf } from '../../scripts/checks/documented-code.ts';
import { fencesOf } from '../../scripts/checks/markdown.ts';
import { missingFiles, missingLinks } from '../../scripts/checks/named-files.ts';

const DOCUMENT = [
  '# Title',
  '',
  '```ts run',
  'console.log(1);',
  '```',
  '',
  '```text',
  '1',
  '```',
  '',
  '```ts',
  'a;',
  '```',
  '',
].join('\n');

describe('samples of a document', () => {
  test('keep the line numbers of the document and take the text block that follows as output', () => {
    expect(samplesOf('README.md', DOCUMENT)).toEqual([
      { place: 'README.md:4', file: 'line-4.ts', text: '\n\n\nconsole.log(1);\n', use: 'run', output: '1\n' },
      { place: 'README.md:12', file: 'line-12.ts', text: `${'\n'.repeat(11)}a;\n`, use: 'show', output: undefined },
    ]);
  });

  test('can be named, and checked without being run', () => {
    expect(samplesOf('a.md', '```ts check file=models.ts\nx;\n```\n```text\nnot its output\n```')).toEqual([
      { place: 'a.md:2', file: 'models.ts', text: '\nx;\n', use: 'check', output: undefined },
    ]);
  });

  test('run to the end of the document when nobody closes them', () => {
    expect(fencesOf('```ts\na;')).toEqual([{ language: 'ts', words: [], text: 'a;\n', line: 2 }]);
  });
});

describe('documented output', () => {
  test('is compared line by line, with … for what changes', () => {
    expect(printsAsDocumented('held 12 ms by a.ts:1 (x)\n', 'held … ms by a.ts:1 (x)')).toBe(true);
    expect(printsAsDocumented('held 12 ms by b.ts:1 (x)\n', 'held … ms by a.ts:1 (x)')).toBe(false);
    expect(printsAsDocumented('a\n', 'a\nb\n')).toBe(false);
    expect(printsAsDocumented('axb\n', 'a.b\n')).toBe(false);
  });
});

describe('files that a document names', () => {
  const exists = (name: string) => ['layers.json', 'src/pool/queue-pool.ts', 'queue-pool.ts'].includes(name);

  test('are missed when they do not exist', () => {
    const text =
      'See `layers.json` and src/pool/queue-pool.ts,\nthen `queue-pool.ts` and `src/pool/gone.ts`; Node.js and v24.1 are none.';
    expect(missingFiles(text, exists)).toEqual(['2: src/pool/gone.ts']);
  });

  test('links are followed when they are relative, and not inside code', () => {
    const text = '[a](layers.json#x) [b](gone.md) [c](https://example.org/gone.md) [d](#here)\n```ts\na[0](gone)\n```';
    expect(missingLinks(text, exists)).toEqual(['1: gone.md']);
  });
});
