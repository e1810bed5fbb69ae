import type { DriverConnection } from '../driver/driver.ts';

/**
 * Connections that came back in the middle of a transaction which the program began and did not end, as when an error
 * ended its block: those are rolled back, whatever the pool does with what else is open.
 */
export const UNFINISHED = new WeakSet<DriverConnection>();
