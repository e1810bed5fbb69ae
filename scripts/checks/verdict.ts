/** What a check found: its faults, each one line that names file and cure; and one line about what was looked at. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly summary: string;
}

/** Prints a verdict and sets the exit code. */
export function report(verdict: Verdict): void {
  for (const fault of verdict.faults) console.error(fault);
  if (verdict.faults.length > 0) process.exitCode = 1;
  console.log(`${verdict.summary}: ${counted(verdict.faults.length)}`);
}

function counted(faults: number): string {
  if (faults === 0) return 'no fault';
  return faults === 1 ? '1 fault' : `${faults} faults`;
}
