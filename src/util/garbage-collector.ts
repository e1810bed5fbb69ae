import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let found: { readonly collect: (() => void) | undefined } | undefined;

/** What collects all garbage now, or undefined where the platform has no such thing. Looked for once. */
export function garbageCollector(): (() => void) | undefined {
  found ??= { collect: globalThis.gc === undefined ? exposed() : () => globalThis.gc?.() };
  return found.collect;
}

/** V8 gives its collector to contexts that are made while the flag is up. */
function exposed(): (() => void) | undefined {
  try {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    return typeof collect === 'function' ? () => void collect() : undefined;
  } catch {
    return undefined;
  }
}
