import type { PoolStatus } from '../errors/pool-report.ts';

/** `Pool size: 5  Connections in pool: 0 Current Overflow: 10 Current Checked out connections: 15`. */
export function statusText({ size, checkedIn, overflow, checkedOut }: PoolStatus): string {
  return `Pool size: ${size}  Connections in pool: ${checkedIn} Current Overflow: ${overflow} Current Checked out connections: ${checkedOut}`;
}
