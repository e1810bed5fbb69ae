import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The files that git knows or would add, relative to the project. */
export function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  return listed.split('\0').filter((path) => path !== '' && existsSync(path));
}
