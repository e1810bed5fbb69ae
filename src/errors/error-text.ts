/** What an error says, on one line. Node's own connect errors are an empty `AggregateError` around one for each address. */
export function errorText(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message.replace(/\s+/g, ' ');
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(errorText).join(', ');
  return String(error);
}
