import { describe, expect, test } from 'vitest';
import { forcedTypes, functionLengths, sourceFaults, testFaults } from '../../scripts/checks/house-rules.ts';
import { machineTraces, registryAddresses, unlockedPackages } from '../../scripts/checks/machine-traces.ts';
import { parse } from '../../scripts/checks/source-files.ts';

// Put together, so that this file is clean itself.
const SILENCER = ['@ts', 'ignore'].join('-');
const MARK = ['TO', 'DO'].join('');
const HOME = ['', 'home', 'ada'].join('/');

describe('house rules', () => {
  test('refuse hollow names, casts to any, silencers, marks and long files', () => {
    const text = `class PoolManager {}\nconst a = b as any;\n// ${SILENCER}\n// ${MARK} later\n${'\n'.repeat(397)}`;
    expect([...sourceFaults(parse('src/pool/poolThing.ts', text))]).toEqual([
      'src/pool/poolThing.ts: file names are kebab-case',
      'src/pool/poolThing.ts: 401 lines, at most 400; split it by noun',
      `src/pool/poolThing.ts:3: ${SILENCER}; finish it instead`,
      `src/pool/poolThing.ts:4: ${MARK}; finish it instead`,
      'src/pool/poolThing.ts:1: the name PoolManager says nothing; name what it is',
      'src/pool/poolThing.ts:2: "as any"; narrow from unknown',
    ]);
  });

  test('refuse tests that are switched off', () => {
    const text = "test.only('a', f);\ndescribe.skip('b', f);\nit.todo('c');\ntest.skipIf(x)('d', f);\nrow.skip(1);";
    expect([...testFaults(parse('test/a.test.ts', text))]).toEqual([
      'test/a.test.ts:1: .only in a committed test',
      'test/a.test.ts:2: .skip in a committed test',
      'test/a.test.ts:3: .todo in a committed test',
    ]);
  });

  test('count forced types and lines of functions', () => {
    const file = parse(
      'a.ts',
      'const a = [1] as const;\nlet b: any = c as string;\nfunction f() {\n  return () => 1;\n}\ndeclare function g(): void;',
    );
    expect(forcedTypes([file])).toEqual({ any: 1, casts: 1 });
    expect(functionLengths([file])).toEqual([1, 3]);
  });
});

describe('traces of a machine', () => {
  test('are the checkout, the folder around it and home folders', () => {
    const text = `a /srv/build/main/src/x.ts\nb /srv/build/other\nc ${HOME}/x\nd /usr/bin/env and /srv/builder`;
    expect(machineTraces('a.md', text, '/srv/build/main')).toEqual([
      'a.md:1: names /srv/build/main/, a place on one machine',
      'a.md:2: names /srv/build/, a place on one machine',
      `a.md:3: names ${HOME}, a place on one machine`,
    ]);
  });

  test('are addresses of a registry in the lock file', () => {
    expect(registryAddresses('{ "resolved": "https://registry.example/a.tgz" }')).toEqual([
      'package-lock.json: 1 "resolved" addresses; npm install --package-lock-only takes them out',
    ]);
    expect(registryAddresses('{ "version": "1.0.0" }')).toEqual([]);
  });

  test('are platform packages that were not there when the lock file was written', () => {
    const lock = {
      packages: {
        'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-linux': '1', 'a-mac': '1' } },
        'node_modules/a-linux': { version: '1.0.0' },
      },
    };
    expect(unlockedPackages(JSON.stringify(lock))).toEqual([
      'package-lock.json: a-mac is optional for some platform, and not locked',
    ]);
  });
});
