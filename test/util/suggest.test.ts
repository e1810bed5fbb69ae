import { describe, expect, it } from 'vitest';

import { closest } from '../../src/util/suggest.ts';

describe('closest', () => {
  it('finds the name that was probably meant', () => {
    const names = ['size', 'maxOverflow', 'timeout'];
    expect(['maxoverflow', 'max_overflow', 'timout', 'sise', 'zzzzzz'].map((word) => closest(word, names))).toEqual([
      'maxOverflow',
      'maxOverflow',
      'timeout',
      'size',
      undefined,
    ]);
  });
});
