/** What other libraries call an engine's options that are not its pool's. */
export const FOREIGN_ENGINE_NAMES = {
  url: ['connectionString', 'databaseUrl', 'uri', 'dsn', 'host', 'database', 'filename', 'storage'],
  driver: ['client', 'dialect', 'adapter', 'driverName'],
  pool: ['poolClass', 'poolType'],
  isolationLevel: ['isolation', 'transactionIsolation', 'defaultIsolationLevel'],
  echo: ['echoPool', 'logging', 'logger', 'log', 'debug', 'verbose', 'showSql', 'logQueryParameters'],
  busyTimeout: ['lockTimeout'],
  prepare: ['prepareThreshold', 'usePreparedStatements', 'statementCacheSize'],
  driverOptions: ['connectArgs', 'connectOptions', 'dialectOptions', 'connectionOptions', 'ssl'],
  isDisconnect: [],
  name: ['poolName', 'loggingName', 'applicationName'],
  clock: [],
} as const;
