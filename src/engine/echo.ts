import type { EngineEvents, StatementEvent } from './engine-events.ts';

/** Shows every statement as the engine's `echo` option asks for. */
export function echo(events: EngineEvents, how: boolean | ((event: StatementEvent) => void) | undefined): void {
  if (how === undefined || how === false) return;
  events.on('statement', how === true ? (event) => console.log(lineOf(event)) : how);
}

function lineOf({ sql, parameterCount, rows, affected, durationMs, label, failed }: StatementEvent): string {
  const outcome = failed ? 'failed' : `${rows} rows, ${affected} affected`;
  const who = label === undefined ? '' : `[${label}] `;
  return `${who}${sql} -- ${parameterCount} parameters, ${outcome}, ${durationMs.toFixed(1)} ms`;
}
