import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROW = /^\| \d+ \| .* \| `([^`]+)`: (.+) \|$/gm;

it('Every behaviour in BEHAVIOURS.md names a test that is there', () => {
  const rows = [...readFileSync(join(import.meta.dirname, 'BEHAVIOURS.md'), 'utf8').matchAll(ROW)];
  const missing = rows.filter(([, file = '', name = '']) => {
    const path = join(import.meta.dirname, file);
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${name.trim()}'`);
  });
  expect(missing.map(([row]) => row)).toEqual([]);
  expect(rows.length).toBeGreaterThan(90);
});
