import { errorText } from '../errors/error-text.ts';
import { labelText, oneLine } from '../errors/label-text.ts';
import { describeErrand, seconds } from '../errors/pool-report.ts';
import type { PoolErrand, PoolErrandKind, PoolHolder, PoolStatus, PoolVerdict } from '../errors/pool-report.ts';
import { enough, idleFor, takeCensus } from './holder-census.ts';
import type { HolderCensus, Patience } from './holder-census.ts';

/** All that the judgement rests on. */
export interface TimeoutEvidence {
  readonly status: PoolStatus;
  readonly holders: readonly PoolHolder[];
  /** Those of them whose task waits here for another connection. */
  readonly holdersWaiting: ReadonlySet<PoolHolder>;
  /** What the pool itself does with connections. */
  readonly errands: readonly PoolErrand[];
  readonly waitedMs: number;
  /** How much later than due the timer fired, milliseconds. */
  readonly lateMs: number;
  /** For how long of the wait the event loop stood still, as far as that was noticed, milliseconds. */
  readonly blockedMs: number;
  /** Of the caller's label, when that is what held it back. */
  readonly cap: LabelCap | undefined;
  /** The pool was told to lend nothing for now. */
  readonly isSuspended: boolean;
  /** Connects that failed one after the other, up to now. */
  readonly connectFailures: ConnectFailures | undefined;
  /** The same of the last time that ended well. */
  readonly pastFailures: ConnectFailures | undefined;
}

/** The most connections that work of one label may have. */
export interface LabelCap {
  readonly label: string;
  readonly most: number;
}

export interface ConnectFailures {
  readonly count: number;
  /** Since the last one, milliseconds. */
  readonly lastMs: number;
  readonly error: unknown;
}

/** The evidence, with those holders in their places whose return the caller waits for. */
interface Case extends TimeoutEvidence {
  readonly census: HolderCensus;
  /** ` of GET /report`, when only those of one label count. */
  readonly whose: string;
}

/** So much of a wait is worth a word, though not the verdict. */
const MENTIONED_SHARE = 0.25;
const MENTIONED_MS = 1_000;
/** A loop that stands still for less is none that anybody would call blocked. */
const LEAST_BLOCKED_MS = 20;
const MOST_GROUPS = 3;

/** Which of the five causes a timeout looks like: the one that explains most, and with it what else is so. Pure. */
export function judgeTimeout(evidence: TimeoutEvidence): PoolVerdict {
  if (evidence.isSuspended)
    return { cause: 'overload', evidence: 'the pool is suspended, and lends nothing until resume()' };
  return holdsAllItMay(evidence) ? judgeLabel(evidence) : judgePool(evidence);
}

/** Whether the caller waits for its own label's connections alone. */
export function holdsAllItMay({ cap, holders }: Pick<TimeoutEvidence, 'cap' | 'holders'>): boolean {
  return cap !== undefined && heldBy(cap, holders).length >= cap.most;
}

function heldBy({ label }: LabelCap, holders: readonly PoolHolder[]): PoolHolder[] {
  return holders.filter((holder) => holder.label === label);
}

function patienceIn({ waitedMs, lateMs, blockedMs }: TimeoutEvidence): Patience {
  return { waitedMs, blockedMs: Math.max(lateMs, blockedMs) };
}

function judgeLabel(evidence: TimeoutEvidence): PoolVerdict {
  const { cap, holders, holdersWaiting } = evidence;
  if (cap === undefined) return judgePool(evidence);
  const census = takeCensus(heldBy(cap, holders), holdersWaiting, patienceIn(evidence));
  const label = labelText(cap.label);
  const judged = { ...evidence, census, whose: ` of ${label}` };
  const findings = [blockedLoop(judged), selfStarvation(judged), leak(judged)];
  const verdict = together(findings, mentionBlocks(judged));
  const held = count(census.all.length, 'connection');
  if (verdict === undefined) {
    const words = [
      `${label} had ${held}, all that maxPerLabel allows it: ${activity(census)}`,
      ...mentionBlocks(judged),
    ];
    return { cause: 'overload', evidence: words.join('; also: ') };
  }
  return { ...verdict, evidence: `${verdict.evidence}; maxPerLabel allows ${label} no more than ${cap.most}` };
}

function judgePool(evidence: TimeoutEvidence): PoolVerdict {
  const { cap, holders, holdersWaiting, errands } = evidence;
  const judged: Case = { ...evidence, census: takeCensus(holders, holdersWaiting, patienceIn(evidence)), whose: '' };
  const isDown = databaseDown(judged);
  const findings = [isDown, blockedLoop(judged), selfStarvation(judged), leak(judged)];
  const mentioned = isDown === undefined ? [...errands.map(describeErrand), ...pastOutage(judged)] : [];
  const verdict = together(findings, [...mentionBlocks(judged), ...mentioned]) ?? overload(judged);
  if (cap === undefined) return verdict;
  const has = count(heldBy(cap, holders).length, 'connection');
  const behind = `others of ${labelText(cap.label)}, which has ${has} of the ${cap.most} that maxPerLabel allows it, stand in line before this one`;
  return { ...verdict, evidence: `${verdict.evidence}; ${behind}` };
}

/** The first finding that there is, with the others after it. */
function together(
  findings: readonly (PoolVerdict | undefined)[],
  mentions: readonly string[],
): PoolVerdict | undefined {
  const [main, ...others] = findings.filter((finding) => finding !== undefined);
  if (main === undefined) return undefined;
  const also = [...others.map(({ cause, evidence }) => `${cause}, as ${evidence}`), ...mentions];
  return also.length === 0 ? main : { ...main, evidence: `${main.evidence}; also: ${also.join('; ')}` };
}

function databaseDown(judged: Case): PoolVerdict | undefined {
  const evidence = failing(judged) ?? unanswered(judged) ?? recovering(judged);
  return evidence === undefined ? undefined : { cause: 'database down', evidence };
}

function failing({ connectFailures, waitedMs }: Case): string | undefined {
  if (connectFailures === undefined || connectFailures.lastMs > waitedMs) return undefined;
  return describeFailures(connectFailures);
}

/** `the last 3 attempts to connect failed, most recently 0.2 s ago: connect ECONNREFUSED 127.0.0.1:5432`. */
export function describeFailures({ count: times, lastMs, error }: ConnectFailures): string {
  const attempts = times === 1 ? 'the last attempt to connect' : `the last ${times} attempts to connect`;
  return `${attempts} failed, most recently ${seconds(lastMs)} ago: ${errorText(error)}`;
}

/** Something that only the database can answer has been without an answer for much of the wait. */
function unanswered({ errands, waitedMs, census }: Case): string | undefined {
  const hanging = (kind: PoolErrandKind): PoolErrand | undefined =>
    // Where nobody has a connection there is nothing else to wait for, however young the attempts are.
    errands.find((each) => each.kind === kind && (each.oldestMs >= enough(waitedMs) || census.all.length === 0));
  const tested = hanging('tested');
  if (tested !== undefined) return `${describeErrand(tested)}, without an answer`;
  const connecting = hanging('connecting');
  if (connecting !== undefined)
    return `${count(connecting.count, 'attempt')} to connect still without an answer, the oldest after ${seconds(connecting.oldestMs)}`;
  const reset = hanging('reset');
  const isLate = reset !== undefined && reset.oldestMs >= enough(waitedMs) && census.running.length === 0;
  return isLate ? `${describeErrand(reset)}, without an answer` : undefined;
}

/** At least as many connects are under way as there are holders: after an outage, or where no holder is at work. */
function recovering({ errands, pastFailures, waitedMs, census }: Case): string | undefined {
  const connecting = errands.find(({ kind }) => kind === 'connecting');
  if (connecting === undefined || census.idle.length + census.waiting.length > 0) return undefined;
  const [outage] = pastOutage({ pastFailures, waitedMs });
  // The first may be back and at work already while most of the pool is not.
  if (outage !== undefined && connecting.count >= census.all.length)
    return `${outage}; now ${describeErrand(connecting)}`;
  if (census.running.length > 0) return undefined;
  const isAtWork = census.recent.some(({ idleMs }) => idleMs !== undefined);
  if (isAtWork || connecting.count < census.all.length) return undefined;
  return `${describeErrand(connecting)}, and none of ${count(census.all.length, 'holder')} has run a statement`;
}

/** An outage that ended during the wait. */
export function pastOutage({ pastFailures, waitedMs }: Pick<Case, 'pastFailures' | 'waitedMs'>): string[] {
  if (pastFailures === undefined || pastFailures.lastMs > waitedMs) return [];
  const { count: times, lastMs, error } = pastFailures;
  return [
    `${count(times, 'attempt')} to connect failed until ${seconds(lastMs)} ago, the last one saying: ${errorText(error)}`,
  ];
}

function blockedLoop({ lateMs, blockedMs, waitedMs }: Case): PoolVerdict | undefined {
  const least = Math.max(LEAST_BLOCKED_MS, waitedMs / 2);
  if (Math.max(lateMs, blockedMs) < least) return undefined;
  return { cause: 'blocked event loop', evidence: standstill(lateMs >= least ? lateMs : 0, blockedMs) };
}

/** A standstill that does not explain the wait, yet is long by itself. */
function mentionBlocks({ lateMs, blockedMs, waitedMs }: Case): string[] {
  const ms = Math.max(lateMs, blockedMs);
  const isVerdict = ms >= Math.max(LEAST_BLOCKED_MS, waitedMs / 2);
  const isWorthAWord = ms >= MENTIONED_MS || (ms >= LEAST_BLOCKED_MS && ms >= waitedMs * MENTIONED_SHARE);
  return isVerdict || !isWorthAWord ? [] : [standstill(lateMs > blockedMs ? lateMs : 0, blockedMs)];
}

function standstill(lateMs: number, blockedMs: number): string {
  return lateMs > 0
    ? `the timer of this checkout fired ${seconds(lateMs)} late, so for that long nothing could be released either`
    : `the event loop stood still for ${seconds(blockedMs)} of this wait, so for that long nothing could be released`;
}

/** Nobody goes on by himself: every holder's task waits. */
function selfStarvation({ census: { all, waiting }, whose }: Case): PoolVerdict | undefined {
  if (waiting.length === 0 || waiting.length < all.length) return undefined;
  const evidence = `${waiting.length} of ${all.length} connections${whose} are held by tasks that are themselves waiting here for another one`;
  return { cause: 'self-starvation', evidence };
}

/** Of those holders that do not wait themselves, half or more lie idle. */
function leak({ census: { all, idle, waiting }, whose }: Case): PoolVerdict | undefined {
  if (idle.length === 0 || idle.length * 2 < all.length - waiting.length) return undefined;
  const least = Math.min(...idle.map(idleFor));
  const has = idle.length === 1 ? 'has' : 'have';
  const others = waiting.length === 0 ? '' : `; ${waitingWords(waiting.length)}`;
  const evidence = `${idle.length} of ${all.length} connections${whose} ${has} been ${idleness(idle)} for ${seconds(least)} or more${takenBy(idle)}${others}`;
  return { cause: 'leak', evidence };
}

function overload(judged: Case): PoolVerdict {
  const { status, census, errands } = judged;
  const doing = [...errands.map(describeErrand), ...pastOutage(judged)];
  const lent = `of ${count(status.checkedOut, 'connection')} checked out, ${activity(census)}`;
  const facts = [census.all.length === 0 && errands.length > 0 ? 'nobody holds a connection' : lent, ...doing];
  const evidence = `${facts.join('; ')}, for ${count(status.waiting, 'caller')} in line`;
  return { cause: 'overload', evidence: [evidence, ...mentionBlocks(judged)].join('; also: ') };
}

/** `3 at work now and 1 a moment ago, 2 idle for long`. */
function activity({ running, recent, idle, waiting }: HolderCensus): string {
  const parts = [`${running.length} at work now and ${recent.length} a moment ago`];
  if (idle.length > 0) parts.push(`${idle.length} idle for long`);
  if (waiting.length > 0) parts.push(waitingWords(waiting.length));
  return parts.join(', ');
}

function waitingWords(waiting: number): string {
  return waiting === 1
    ? '1 held by a task that itself waits here for another one'
    : `${waiting} held by tasks that themselves wait here for another one`;
}

function idleness(idle: readonly PoolHolder[]): string {
  const open = idle.filter((holder) => holder.inTransaction).length;
  if (open === idle.length) return 'idle in transaction';
  return open === 0 ? 'idle' : `idle (${open} in transaction)`;
}

/** `; 15 were taken by GET /leak at examples/leak.ts:12:3`, largest group first. */
function takenBy(idle: readonly PoolHolder[]): string {
  const groups = new Map<string, number>();
  for (const { label, line } of idle) {
    const by = label === undefined ? '' : ` by ${labelText(label)}`;
    const origin = `${by}${line === undefined ? '' : ` at ${oneLine(line)}`}`;
    if (origin !== '') groups.set(origin, (groups.get(origin) ?? 0) + 1);
  }
  const largest = [...groups].sort((a, b) => b[1] - a[1]).slice(0, MOST_GROUPS);
  return largest.map(([origin, taken]) => `; ${taken} ${taken === 1 ? 'was' : 'were'} taken${origin}`).join('');
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
