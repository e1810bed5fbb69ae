import { describe, expect, test } from 'vitest';
import { checkLayers } from '../../scripts/checks/layers.ts';
import { plant } from './plant.ts';

const LAYERS = { errors: [], pool: ['errors'], dialects: ['errors'], web: ['errors', 'pool'], '.': ['*'] };
const MANIFEST = { dependencies: { kysely: '1' }, peerDependencies: { pg: '8', fastify: '5' } };

function faultsOf(files: Readonly<Record<string, string>>, layers: object = LAYERS, manifest: object = MANIFEST) {
  const sources = Object.fromEntries(Object.entries(files).map(([path, text]) => [`src/${path}`, text]));
  const root = plant({ ...sources, 'layers.json': JSON.stringify(layers), 'package.json': JSON.stringify(manifest) });
  return checkLayers(root).faults;
}

describe('check-layers', () => {
  test('is content with a tree that keeps to its layers', () => {
    const faults = faultsOf({
      'errors/a.ts': "import { b } from './b.ts';",
      'errors/b.ts': '',
      'pool/c.ts': "import type { A } from '../errors/a.ts';\nimport { Kysely } from 'kysely';\nimport 'node:fs';",
      'dialects/postgres/d.ts': "const driver = () => import('pg');",
      'index.ts': "export * from './pool/c.ts';",
    });
    expect(faults).toEqual([]);
  });

  test.each([
    ['an import', "import { c } from '../pool/c.ts';"],
    ['a type import', "import type { C } from '../pool/c.ts';"],
    ['a re-export', "export { c } from '../pool/c.ts';"],
    ['an export of everything', "export * from '../pool/c.ts';"],
    ['a dynamic import', "export const c = () => import('../pool/c.ts');"],
    ['an import type', "export type C = import('../pool/c.ts').C;"],
    ['typeof import', "export type C = typeof import('../pool/c.ts');"],
    ['a double-quoted import', 'import { c } from "../pool/c.ts";'],
  ])('refuses %s against the layers', (_kind, text) => {
    expect(faultsOf({ 'errors/a.ts': text, 'pool/c.ts': '' })).toEqual([
      'src/errors/a.ts:1: "errors" may not import "pool" (pool/c.ts)',
    ]);
  });

  test('sees no import in comments and strings', () => {
    const text = "// import { c } from '../pool/c.ts';\nconst s = \"import { c } from '../pool/c.ts'\";";
    expect(faultsOf({ 'errors/a.ts': text })).toEqual([]);
  });

  test('refuses a folder that layers.json does not list', () => {
    expect(faultsOf({ 'attic/a.ts': '' })).toEqual(['src/attic/a.ts: folder "attic" is not in layers.json']);
  });

  test('refuses a cycle inside a folder, type imports included', () => {
    const faults = faultsOf({
      'pool/a.ts': "import type { B } from './b.ts';",
      'pool/b.ts': "import { c } from './c.ts';",
      'pool/c.ts': "export type A = import('./a.ts').A;",
    });
    expect(faults).toEqual(['src: cycle pool/a.ts → pool/b.ts → pool/c.ts → pool/a.ts']);
  });

  test('names a cycle once although its files import each other twice', () => {
    const faults = faultsOf({
      'pool/a.ts': "import { b } from './b.ts';\nimport type { B } from './b.ts';",
      'pool/b.ts': "import { a } from './a.ts';",
    });
    expect(faults).toEqual(['src: cycle pool/a.ts → pool/b.ts → pool/a.ts']);
  });

  test('refuses a driver outside its home, and an unknown package anywhere', () => {
    const faults = faultsOf({
      'dialects/sqlite/a.ts': "import 'pg';",
      'pool/b.ts': "import type { FastifyInstance } from 'fastify';",
      'web/c.ts': "import 'fastify';\nimport 'lodash/get';\nimport '@scope/name/deep';",
    });
    expect(faults).toEqual([
      'src/dialects/sqlite/a.ts:1: only dialects/postgres may import "pg"',
      'src/pool/b.ts:1: only web may import "fastify"',
      'src/web/c.ts:2: imports the package "lodash", which is neither dependency nor peer',
      'src/web/c.ts:3: imports the package "@scope/name", which is neither dependency nor peer',
    ]);
  });

  test('refuses what it cannot follow', () => {
    const faults = faultsOf({
      'pool/a.ts':
        "import '../../test/a.ts';\nimport './b.js';\nconst name = 'pg';\nexport const load = () => import(name);",
    });
    expect(faults).toEqual([
      'src/pool/a.ts:1: imports ../test/a.ts, which is outside src',
      'src/pool/a.ts:2: imports pool/b.js without its .ts extension',
      'src/pool/a.ts:4: imports something computed; write the name as a string',
    ]);
  });

  test('refuses a layers.json that names no folder or runs in a circle, and a peer without a home', () => {
    const layers = { errors: ['utl'], pool: ['web'], web: ['pool'], '.': ['*'] };
    expect(faultsOf({}, layers, { peerDependencies: { mysql2: '3' } })).toEqual([
      'layers.json: "errors" may import "utl", which is not listed',
      'layers.json: cycle pool → web → pool',
      'package.json: peer "mysql2" has no home in scripts/checks/layers.ts',
    ]);
  });
});
