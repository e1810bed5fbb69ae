import { describe, expect, it } from 'vitest';

import { statementShape } from '../../src/util/statement-shape.ts';

describe('statementShape', () => {
  it('keeps words and parameters and hides literals', () => {
    expect(
      statementShape(`select "t1"."c2" from t1\n  where a = $1 and b = 'it''s' and c > 12.5 and d in (1, 2)`),
    ).toBe('select "t1"."c2" from t1 where a = $1 and b = ? and c > ? and d in (?, ?)');
  });

  it('hides dollar-quoted texts and comments', () => {
    expect(statementShape('select $$secret$$, $x$other$x$ -- 4111\n/* 1 */ from t')).toBe('select ?, ? from t');
  });
});
