/** What operating systems say of a server that is not there now and may be there soon. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether a connect that failed so may succeed soon: Hermetic's errors say so, others by their code. */
export function isPassingFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('retryable' in error) return error.retryable === true;
  return 'code' in error && PASSING_CODES.has(error.code);
}
