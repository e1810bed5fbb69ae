import type { ContextRunner } from '../util/async-context.ts';
import type { Clock } from '../util/clock.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';
import type { PoolDates } from './pool-dates.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { PoolTally } from './pool-tally.ts';
import type { Connector } from './pool.ts';

/** What a stock runs on. */
export interface StockTerms<C> {
  readonly connector: Connector<C>;
  readonly settings: PoolSettings;
  readonly clock: Clock;
  readonly dates: PoolDates;
  /** Where connections are opened: outside any request. */
  readonly context: ContextRunner;
  readonly announcements: PoolAnnouncements;
  readonly tally: PoolTally;
}
