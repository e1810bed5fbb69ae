import { HermeticError } from './hermetic-error.ts';

/** OTEL_POOL_NAME_TAKEN: two pools of one name would be one pool to whoever reads the metrics. */
export class PoolNameError extends HermeticError {
  static taken(name: string): PoolNameError {
    return new PoolNameError({
      code: 'OTEL_POOL_NAME_TAKEN',
      message: `A pool with the name ${name} is measured already.`,
      cure: 'Give each pool a `name` of its own, or stop the measuring of the first with what `instrumentPool` returned.',
    });
  }
}
