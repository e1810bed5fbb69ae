import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

/** The entry points that `root/package.json` exports: `hermetic`, `pool`, … → its declarations, relative to dist. */
export function readEntryPoints(root: string): Map<string, string> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const entries = Object.entries(manifest.exports).flatMap(([key, target]): [string, string][] => {
    if (typeof target === 'string') return [];
    return [[key === '.' ? 'hermetic' : key.slice('./'.length), target.types.replace(/^\.\/dist\//, '')]];
  });
  return new Map(entries);
}
