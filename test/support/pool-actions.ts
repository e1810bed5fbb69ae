import * as fc from 'fast-check';

import type { CheckoutOptions, DisposeOptions, PoolOptions } from '../../src/pool/index.ts';

/** How a scripted connect goes; `refused` may pass, `fail` will not. */
export type ConnectScript = 'ok' | 'slow' | 'fail' | 'refused' | 'never';

/** How somebody asks, and how the next connection is opened. */
export interface CheckoutPlan {
  readonly timeout: number;
  readonly connect: ConnectScript;
  readonly prepare: ConnectScript;
  readonly priority: NonNullable<CheckoutOptions['priority']>;
  readonly label: string | undefined;
  /** Which task asks; 0: none that the pool knows. */
  readonly owner: number;
}

/** One step of a random schedule. `pick` chooses among what there is. */
export type PoolAction =
  | ({ readonly do: 'checkout' } & CheckoutPlan)
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
  | { readonly do: 'invalidate all' | 'break idle' }
  | { readonly do: 'fail ping' | 'slow ping' | 'fail close' | 'slow close' }
  | { readonly do: 'suspend' | 'resume' }
  | ({ readonly do: 'dispose' } & Pick<DisposeOptions, 'waiters' | 'timeout'>)
  | { readonly do: 'warm up'; readonly count: number }
  | { readonly do: 'resize'; readonly size: number; readonly maxOverflow: number }
  | { readonly do: 'advance' | 'block' | 'freeze'; readonly ms: number };

/** How many connections one label may have: the same for all, or by name. */
type LabelCaps = number | Readonly<Record<string, number>>;

/** The pool of a schedule. */
export type ScheduleShape = PoolOptions & {
  readonly size: number;
  readonly maxOverflow: number;
  readonly maxUses: number;
  readonly maxPerLabel: LabelCaps;
  readonly refuseSelfStarvation: boolean;
};

const pick = fc.nat({ max: 1_000 });

const checkout = fc.record({
  do: fc.constant('checkout' as const),
  timeout: fc.constantFrom(0, 20, 100, 100, 100, Infinity),
  connect: fc.constantFrom<ConnectScript>('ok', 'ok', 'ok', 'slow', 'slow', 'fail', 'refused', 'never'),
  prepare: fc.constantFrom<ConnectScript>('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'slow', 'fail', 'refused', 'never'),
  priority: fc.constantFrom('normal' as const, 'normal' as const, 'high' as const, 'low' as const),
  label: fc.constantFrom(undefined, undefined, 'a', 'a', 'b'),
  owner: fc.constantFrom(0, 1, 1, 2, 3),
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
  do: fc.constantFrom(
    'invalidate all' as const,
    'fail ping' as const,
    'slow ping' as const,
    'slow ping' as const,
    'break idle' as const,
    'fail close' as const,
    'slow close' as const,
  ),
});

const pause = fc.record({ do: fc.constantFrom('suspend' as const, 'resume' as const, 'resume' as const) });

const resize = fc.record({
  do: fc.constant('resize' as const),
  size: fc.integer({ min: 1, max: 3 }),
  maxOverflow: fc.integer({ min: 0, max: 2 }),
});

const dispose = fc.record({
  do: fc.constant('dispose' as const),
  waiters: fc.constantFrom(undefined, 'refuse' as const, 'serve' as const, 'serve' as const),
  timeout: fc.constantFrom(undefined, 0, 50, 1_500),
});

const warmUp = fc.record({ do: fc.constant('warm up' as const), count: fc.nat({ max: 4 }) });

const time = fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 10, 50, 400) });

const standstill = fc.record({
  do: fc.constantFrom('block' as const, 'freeze' as const),
  ms: fc.constantFrom(1, 10, 50, 400, 1_500),
});

export const poolAction: fc.Arbitrary<PoolAction> = fc.oneof(
  { weight: 80, arbitrary: checkout },
  { weight: 80, arbitrary: leaseEnd },
  { weight: 50, arbitrary: outside },
  { weight: 20, arbitrary: trouble },
  { weight: 10, arbitrary: pause },
  { weight: 5, arbitrary: resize },
  { weight: 4, arbitrary: warmUp },
  { weight: 2, arbitrary: dispose },
  { weight: 22, arbitrary: time },
  { weight: 16, arbitrary: standstill },
);

/** Nobody gives up, so that the line grows long. */
const patientCheckout = checkout.map((plan): PoolAction => ({
  ...plan,
  timeout: Infinity,
  connect: 'ok',
  prepare: 'ok',
}));

export const crowdAction: fc.Arbitrary<PoolAction> = fc.oneof(
  { weight: 3, arbitrary: patientCheckout },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
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
  circuitAfter: fc.constantFrom(1, 3),
  maxPerLabel: fc.constantFrom<LabelCaps>(Infinity, Infinity, 1, 2, { a: 1 }, { a: 2, b: 1 }),
  refuseSelfStarvation: fc.boolean(),
});
