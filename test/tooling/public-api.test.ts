import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeApi } from '../../scripts/checks/public-api.ts';
import { plant } from './plant.ts';

function apiOf(files: Readonly<Record<string, string>>): string | undefined {
  const root = plant({ 'package.json': '{ "type": "module" }', ...files });
  return describeApi(new Map([['hermetic', join(root, 'index.d.ts')]])).get('hermetic');
}

test('the snapshot follows re-exports, sorts by name and leaves out comments and private members', () => {
  const api = apiOf({
    'index.d.ts': "export { Pool as QueuePool, size } from './pool.js';\nexport * from './lease.js';",
    'pool.d.ts': `
      /** Lends. */
      export declare class Pool {
        #private;
        private readonly secret;
        /** Asks. */
        checkout(label?: string): Promise<void>;
      }
      export declare const size: number, unused: string;
      export declare const hidden: 1;`,
    'lease.d.ts': 'export type Lease = { release(): void };',
  });
  expect(api).toBe(`export type Lease = {
    release(): void;
};

export { Pool as QueuePool };
export declare class Pool {
    checkout(label?: string): Promise<void>;
}

export declare const size: number, unused: string;
`);
});

test('the snapshot shows types that are seen but not exported, and stops at other packages', () => {
  const api = apiOf({
    'index.d.ts': `
      import type { Inner } from './inner.js';
      import type { Foreign } from 'foreign';
      export { Foreign as Guest } from 'foreign';
      export declare function make(): Inner<Foreign>;`,
    'inner.d.ts':
      'export interface Inner<T> { value: T; deep: Deep }\ninterface Deep { n: number }\nexport type Unseen = 1;',
    'node_modules/foreign/package.json': '{ "name": "foreign", "types": "index.d.ts" }',
    'node_modules/foreign/index.d.ts': 'export interface Foreign { far: Further }\nexport interface Further {}',
  });
  expect(api).toBe(`export { Guest }; // from foreign

export declare function make(): Inner<Foreign>;

// Seen through the above, not exported

interface Deep {
    n: number;
}

export interface Inner<T> {
    value: T;
    deep: Deep;
}
`);
});

test('the snapshot tells apart signatures that differ in one type', () => {
  const before = apiOf({ 'index.d.ts': 'export declare function get(id: number): string;' });
  const after = apiOf({ 'index.d.ts': 'export declare function get(id: number): string | null;' });
  expect(before).not.toBe(after);
});
