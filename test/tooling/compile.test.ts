import { expect, test } from 'vitest';
import { withJavaScriptExtensions } from '../../scripts/build/compile.ts';

const FILES = new Set(['./lease.d.ts', './column.d.ts', '../sql/index.d.ts']);
const rewrite = (text: string) => withJavaScriptExtensions('pool.d.ts', text, (target) => FILES.has(target));

test('declarations name JavaScript files, whatever kind of import it is', () => {
  expect(rewrite("import type { Lease } from './lease.ts';\nexport * from './lease.ts';")).toBe(
    "import type { Lease } from './lease.js';\nexport * from './lease.js';",
  );
  expect(rewrite('export type C = import("./column").Column;')).toBe('export type C = import("./column.js").Column;');
  expect(rewrite('export declare const sql: typeof import("../sql");')).toBe(
    'export declare const sql: typeof import("../sql/index.js");',
  );
});

test('declarations keep packages and strings that only look like imports', () => {
  const text = "import type { Kysely } from 'kysely';\nexport type Path = './other.ts';";
  expect(rewrite(text)).toBe(text);
});
