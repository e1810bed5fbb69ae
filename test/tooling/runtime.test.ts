import { expect, test } from 'vitest';

test('runs under a Node that the package supports', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  expect(major > 22 || (major === 22 && minor >= 13)).toBe(true);
});

test('can ask for a garbage collection', () => {
  expect(typeof globalThis.gc).toBe('function');
});
