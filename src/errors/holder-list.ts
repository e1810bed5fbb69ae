import { labelText, oneLine } from './label-text.ts';
import { describeErrand, seconds } from './pool-report.ts';
import type { PoolErrand, PoolHolder, PoolWaiters } from './pool-report.ts';

const MOST_GROUPS = 20;
const MOST_LINES = 10;
const MOST_STATEMENT = 120;

/** One line for each group of holders that are alike but for their times, in the order given; the first twenty. */
export function describeHolders(holders: readonly PoolHolder[]): string {
  if (holders.length === 0) return '';
  const groups = [...Map.groupBy(holders, likeness).values()];
  const lines = groups.slice(0, MOST_GROUPS).map((group) => `\n  - ${describeGroup(group)}`);
  const rest = groups.slice(MOST_GROUPS).flat().length;
  if (rest > 0) lines.push(`\n  and ${rest} more`);
  return lines.join('');
}

/** One line for what the pool itself does with connections; those being opened are among the counts. */
export function describeErrands(errands: readonly PoolErrand[]): string {
  const inHand = errands.filter(({ kind }) => kind !== 'connecting');
  return inHand.length === 0 ? '' : `\n  - the pool itself: ${inHand.map(describeErrand).join('; ')}`;
}

/**
 * `in line: 12 × GET /report at src/report.ts:7:30, nightly job`; nothing when nobody has a label or a line.
 *
 * @param waiting - how many stand in line, where `waiters` may not have them all.
 */
export function describeWaiters(waiters: readonly PoolWaiters[], waiting = 0): string {
  if (waiters.every(({ label, line }) => label === undefined && line === undefined)) return '';
  const named = waiters.slice(0, MOST_LINES);
  const words = named.map(({ label, count, line }) => `${times(count, label)}${at(line, ' at')}`);
  const rest = Math.max(waiting, countOf(waiters)) - countOf(named);
  return `\n  in line: ${words.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}

/** `GET /users: held for 31.0 s, idle in transaction for 30.9 s, last statement: …, taken at …`. */
export function describeHolder(holder: PoolHolder): string {
  return describeGroup([holder]);
}

/** Equal for holders that a reader would put together. */
function likeness({ label, line, lastStatement, ...holder }: PoolHolder): string {
  const work = [holder.isRunning, holder.inTransaction, holder.idleMs === undefined];
  return JSON.stringify([label, line, lastStatement, ...work]);
}

function describeGroup(group: readonly PoolHolder[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const { label, lastStatement, line } = first;
  const parts = [`${times(group.length, label)}: held for ${span(group, 'heldMs')}`, describeWork(first, group)];
  if (lastStatement !== undefined) parts.push(`last statement: ${shorten(lastStatement)}`);
  return `${parts.join(', ')}${at(line, ', taken at')}`;
}

function describeWork(first: PoolHolder, group: readonly PoolHolder[]): string {
  const where = first.inTransaction ? 'in transaction' : 'not in transaction';
  if (first.isRunning) return `a statement is running, ${where}`;
  if (first.idleMs === undefined) return `no statement yet, ${where}`;
  const idle = span(group, 'idleMs');
  return first.inTransaction ? `idle in transaction for ${idle}` : `idle for ${idle}, ${where}`;
}

/** `31.0 s`, or `2.0 s to 31.0 s` where they differ. */
function span(group: readonly PoolHolder[], name: 'heldMs' | 'idleMs'): string {
  const all = group.map((holder) => holder[name] ?? 0);
  const [least, most] = [seconds(Math.min(...all)), seconds(Math.max(...all))];
  return least === most ? least : `${least} to ${most}`;
}

function times(count: number, label: string | undefined): string {
  return count === 1 ? labelText(label) : `${count} × ${labelText(label)}`;
}

function at(line: string | undefined, words: string): string {
  return line === undefined ? '' : `${words} ${oneLine(line)}`;
}

function countOf(waiters: readonly PoolWaiters[]): number {
  return waiters.reduce((sum, { count }) => sum + count, 0);
}

function shorten(statement: string): string {
  return statement.length <= MOST_STATEMENT ? statement : `${statement.slice(0, MOST_STATEMENT)}…`;
}
