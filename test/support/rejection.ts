import { expect } from 'vitest';

/** The error with which a promise rejects; fails when it does not. */
export function rejection(promise: PromiseLike<unknown>): Promise<Error & { readonly code?: string }> {
  return Promise.resolve(promise).then(
    () => expect.fail('was not refused'),
    (error: Error) => error,
  );
}
