import { it } from 'vitest';

import { checkPoolModel } from '../support/pool-model.ts';

it('A pool never lends one connection twice, passes its limit, loses a place, or forgets a waiter', async () => {
  // `npm run check:pool-model` runs a hundred thousand.
  await checkPoolModel(5_010, 2_000);
}, 120_000);
