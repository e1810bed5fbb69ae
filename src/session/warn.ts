import type { HermeticError } from '../errors/hermetic-error.ts';

/** Says what is no reason to fail, in the words of the error that it might be. */
export function warn({ message, code }: HermeticError): void {
  process.emitWarning(message, { type: 'HermeticWarning', code });
}
