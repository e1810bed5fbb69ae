import * as fc from 'fast-check';

import type { CheckoutOptions, PoolOptions } from '../../src/pool/index.ts';

/** How a scripted connect goes; `refused` may pass, `fail` will not. */
export type ConnectScript = 'ok' | 'slow' | 'fail' | 'refused' | 'never';

/** One step of a random schedule. `pick` chooses among what there is. */
export type PoolAction =
  | {
      readonly do: 'checkout';
      readonly timeout: number;
      readonly connect: ConnectScript;
      readonly priority: NonNullable<CheckoutOptions['priority']>;
    }
  | {
      readonly do:
        | 'release'
        | 'dirty release'
        | 'busy release'
        | 'slow release'
        | 'lose'
        | 'abort'
        | 'invalidate'
        | 'invalidate older'
        | 'detach'
        | 'arrive'
        | 'refuse';
      readonly pick: number;
    }
  | { readonly do: 'invalidate all' | 'fail ping' | 'break idle' | 'slow close' }
  | { readonly do: 'suspend' | 'resume' | 'dispose' }
  | { readonly do: 'resize'; readonly size: number; readonly maxOverflow: number }
  | { readonly do: 'advance' | 'block' | 'freeze'; readonly ms: number };

/** The pool of a schedule. */
export type ScheduleShape = PoolOptions & { readonly size: number; readonly maxOverflow: number };

const pick = fc.nat({ max: 1_000 });

const checkout = fc.record({
  do: fc.constant('checkout' as const),
  timeout: fc.constantFrom(0, 20, 100, 100, 100),
  connect: fc.constantFrom<ConnectScript>('ok', 'ok', 'ok', 'slow', 'slow', 'fail', 'refused', 'never'),
  priority: fc.constantFrom('normal' as const, 'normal' as const, 'high' as const, 'low' as const),
});

const leaseEnd = fc.record({
  do: fc.constantFrom(
    'release' as const,
    'release' as const,
    'dirty release' as const,
    'busy release' as const,
    'slow release' as const,
    'lose' as const,
    'invalidate' as const,
    'invalidate older' as const,
    'detach' as const,
  ),
  pick,
});

const outside = fc.record({
  do: fc.constantFrom('abort' as const, 'arrive' as const, 'arrive' as const, 'refuse' as const),
  pick,
});

const trouble = fc.record({
  do: fc.constantFrom('invalidate all' as const, 'fail ping' as const, 'break idle' as const, 'slow close' as const),
});

const pause = fc.record({ do: fc.constantFrom('suspend' as const, 'resume' as const, 'resume' as const) });

const resize = fc.record({
  do: fc.constant('resize' as const),
  size: fc.integer({ min: 1, max: 3 }),
  maxOverflow: fc.integer({ min: 0, max: 2 }),
});

const time = fc.record({
  do: fc.constantFrom('advance' as const, 'advance' as const, 'advance' as const, 'block' as const, 'freeze' as const),
  ms: fc.constantFrom(1, 10, 50, 400),
});

export const poolAction: fc.Arbitrary<PoolAction> = fc.oneof(
  { weight: 80, arbitrary: checkout },
  { weight: 80, arbitrary: leaseEnd },
  { weight: 50, arbitrary: outside },
  { weight: 14, arbitrary: trouble },
  { weight: 10, arbitrary: pause },
  { weight: 5, arbitrary: resize },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dispose' as const) }) },
  { weight: 35, arbitrary: time },
);

export const scheduleShape: fc.Arbitrary<ScheduleShape> = fc.record({
  size: fc.integer({ min: 1, max: 3 }),
  maxOverflow: fc.integer({ min: 0, max: 2 }),
  prePing: fc.boolean(),
  useLifo: fc.boolean(),
  recycle: fc.constantFrom(-1, -1, 300),
  minIdle: fc.constantFrom(0, 0, 1),
  idleTimeout: fc.constantFrom(Infinity, Infinity, 120),
  keepAlive: fc.constantFrom(Infinity, Infinity, 70),
  maxUses: fc.constantFrom(Infinity, Infinity, 2),
  maxWaiting: fc.constantFrom(Infinity, Infinity, 3),
  thawAfter: fc.constantFrom(100, Infinity),
});
