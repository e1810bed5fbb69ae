import { onTestFinished } from 'vitest';

export interface Warned {
  readonly code: string | undefined;
  readonly message: string;
}

/** Gathers the process's warnings until the test has finished; addresses of objects are left out of their texts. */
export function recordWarnings(): { take(): Promise<Warned[]> } {
  const warnings: Warned[] = [];
  const listen = (warning: Error & { code?: string }): void => {
    if (warning.code?.startsWith('HERMETIC') === true || warning.code?.startsWith('SESSION') === true)
      warnings.push({ code: warning.code, message: warning.message.replace(/ at 0x\w+/g, '') });
  };
  process.on('warning', listen);
  onTestFinished(() => void process.off('warning', listen));
  return {
    async take() {
      // Warnings are told in the next turn of the event loop.
      await new Promise(setImmediate);
      return warnings.splice(0);
    },
  };
}
