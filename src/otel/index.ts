export { PoolNameError } from '../errors/otel-errors.ts';
export { instrumentPool } from './instrument-pool.ts';
export type { InstrumentedPool, InstrumentOptions } from './instrument-pool.ts';
