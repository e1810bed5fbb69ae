import { AliasTable } from '../util/alias-table.ts';
import type { PoolOptions } from './pool-options.ts';

/** What other pools call our options: those of SQLAlchemy, node-postgres, postgres.js, mysql2, tarn, HikariCP and others. */
export const FOREIGN_NAMES: Readonly<Record<keyof PoolOptions, readonly string[]>> = {
  size: words(`
    max maxSize maxPoolSize maximumPoolSize maxTotal maxActive maxIdle limit
    connectionLimit maxConnections maximumConnections connections
  `),
  maxOverflow: ['overflow'],
  timeout: words(`
    acquireTimeout acquire checkoutTimeout waitTimeout maxWait maxWaitTime maxWaitMillis
    connectionTimeout queueTimeout waitQueueTimeout acquireConnectionTimeout
  `),
  maxWaiting: ['queueLimit', 'queueMax', 'queueSize', 'waitQueueSize', 'maxWaitingClients', 'maxQueue', 'maxQueueSize'],
  refuseHopeless: [],
  recycle: ['maxLifetime', 'lifetime', 'maxAge', 'maxConnectionAge', 'maxConnectionLifetime', 'maxConnLifetime', 'ttl'],
  maxUses: ['maxRequests', 'maxUsesPerConnection'],
  minIdle: ['min', 'minSize', 'minPoolSize', 'minimumIdle', 'minConnections', 'minimumConnections'],
  idleTimeout: words(`
    idle maxIdleTime maxConnIdleTime softIdleTimeout minEvictableIdleTime idleTimeoutMillis
    reapInterval evict evictionRunInterval
  `),
  keepAlive: ['keepAliveTime', 'keepAliveInterval', 'keepAliveInitialDelay', 'enableKeepAlive', 'pingInterval'],
  prePing: ['testOnBorrow', 'testOnCheckout', 'validate', 'validateConnection', 'validationQuery', 'ping', 'pingCheck'],
  pingAfter: ['validationInterval', 'aliveBypassWindow'],
  pingTimeout: ['validationTimeout'],
  thawAfter: [],
  useLifo: ['lifo', 'fifo', 'useFifo'],
  resetOnReturn: ['reset', 'rollbackOnReturn'],
  resetTimeout: [],
  name: ['poolName', 'loggingName', 'poolAlias'],
  clock: [],
  random: [],
  captureCallSites: [],
  connectTimeout: ['createTimeout'],
  maxConnecting: [],
  retryDelay: ['createRetryInterval', 'retryInterval', 'backoff'],
  maxRetryDelay: ['maxRetryInterval'],
  circuitAfter: [],
  closeTimeout: ['destroyTimeout', 'shutdownTimeout'],
  maxPerLabel: [],
  warnHeldAfter: ['leakDetectionThreshold'],
  warnIdleInTransactionAfter: [],
  refuseSelfStarvation: [],
  leakWatch: ['removeAbandoned'],
  collectBeforeTimeout: [],
};

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

const names = new AliasTable(FOREIGN_NAMES);

/** The option that another pool calls `word`. */
export function ourNameOf(word: string): keyof PoolOptions | undefined {
  return names.find(word);
}

/** True of a name that comes, as it is written, from where durations are seconds. */
export function isInSeconds(word: string): boolean {
  return /_|se(?:c|cs|conds)$/i.test(word) && !/_?(?:ms|millis|milliseconds)$/i.test(word);
}
