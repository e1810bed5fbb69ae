import { describe, expect, test } from 'vitest';

import { DATABASES, recordStatements } from '../support/databases.ts';

for (const database of DATABASES) {
  describe(database.name, () => {
    test('runs a text on a connection of its own', async () => {
      const engine = await database.createEngine();
      const recorded = recordStatements(engine);

      expect(await engine.execute('select 1 as one, null as none')).toEqual({
        rows: [[1, null]],
        columns: ['one', 'none'],
        affected: 0,
      });

      expect(recorded.take()).toEqual(['select 1 as one, null as none']);
      expect(engine.pool.status()).toMatchObject({ checkedIn: 1, checkedOut: 0 });
    });
  });
}
