import type { DialectWithDriver } from '../dialects/dialect.ts';
import type { DriverConnection } from '../driver/driver.ts';
import { NullPool } from '../pool/null-pool.ts';
import type { Connector, Pool } from '../pool/pool.ts';
import { QueuePool } from '../pool/queue-pool.ts';
import { StaticPool } from '../pool/static-pool.ts';
import type { EngineSettings } from './engine-options.ts';
import { poolOptionsOf } from './pooling-options.ts';

/** The pool that the options ask for. A database that only one connection can see gets one connection. */
export function createPool(
  connector: Connector<DriverConnection>,
  { supportsManyConnections, address }: DialectWithDriver,
  { options, clock }: EngineSettings,
): Pool<DriverConnection> {
  const shared = { ...poolOptionsOf(options), clock, name: options.name ?? address };
  if (options.pool === 'null') return new NullPool(connector, shared);
  if (options.pool === 'static') return new StaticPool(connector, shared);
  return new QueuePool(connector, supportsManyConnections ? shared : { size: 1, maxOverflow: 0, ...shared });
}
