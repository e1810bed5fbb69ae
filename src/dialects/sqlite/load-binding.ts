import type { OpenBinding, SqliteLibrary } from './binding.ts';

/** Loads a library at its first use. */
export async function loadBinding(library: SqliteLibrary): Promise<OpenBinding> {
  const { open } = library === 'node:sqlite' ? await import('./node-binding.ts') : await import('./better-binding.ts');
  return open();
}
