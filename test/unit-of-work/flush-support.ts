import type { RecordedStatements } from '../support/databases.ts';

/** The recorded statements that write rows; forgets all. */
export function writes(recorded: RecordedStatements): string[] {
  return recorded.take().filter((sql) => /^(?:insert|update|delete)/.test(sql));
}
