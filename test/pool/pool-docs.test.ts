import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { PoolSettings } from '../../src/pool/pool-settings.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

/** Of the table of options in docs/pool.md: name → default, as it is written there. */
function documented(): Map<string, string> {
  const text = readFileSync(new URL('../../docs/pool.md', import.meta.url), 'utf8');
  const rows = text.matchAll(/^\| `(\w+)`\s*\|[^|]*\|\s*`?([^|`]*?)`?\s*\|[^|]+\|$/gm);
  return new Map([...rows].map(([, name = '', initial = '']) => [name, initial.replaceAll(' ', '')]));
}

describe('docs/pool.md', () => {
  it('has every option of a pool, and no other, with its default', () => {
    const { options } = PoolSettings.forQueue({}, new ScriptedConnector());
    const expected = Object.entries(options).map(([name, value]): [string, string] => [
      name,
      typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? String(value) : '',
    ]);
    expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(expected));
  });
});
