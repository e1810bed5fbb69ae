import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

import { captureCallSite, programLine } from '../../src/util/call-site.ts';

const library = join(import.meta.dirname, '../../src');

describe('captureCallSite', () => {
  it('names the line of the program, relative to where the process runs', () => {
    expect(captureCallSite().line).toMatch(/^test\/util\/call-site\.test\.ts:\d+:\d+$/);
  });

  it('leaves out the function that it is told to, and gives the same answer twice', () => {
    const asked = (): ReturnType<typeof captureCallSite> => captureCallSite(asked);
    const site = asked();
    const lines = [site.line, site.line];
    expect(lines[0]).toMatch(/^test\/util\/call-site\.test\.ts:\d+:\d+$/);
    expect(lines[1]).toBe(lines[0]);
  });

  it('leaves the stack limit as it was', () => {
    const before = Error.stackTraceLimit;
    captureCallSite();
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe('programLine', () => {
  it('skips the library itself, Kysely and Node', () => {
    const stack = [
      'Error',
      `    at QueuePool.checkout (${pathToFileURL(join(library, 'pool/queue-pool.ts')).href}:10:5)`,
      `    at async begin (${join(library, 'session/session.ts')}:20:5)`,
      '    at KyselyQuery.run (file:///elsewhere/node_modules/kysely/dist/esm/query.js:3:9)',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
      '    at Array.map (<anonymous>)',
      '    at async handler (file:///elsewhere/app.ts:12:3)',
    ].join('\n');
    expect(programLine(stack)).toBe('/elsewhere/app.ts:12:3');
  });

  it('reads frames without a function name', () => {
    expect(programLine('Error\n    at /elsewhere/app.ts:7:1')).toBe('/elsewhere/app.ts:7:1');
  });

  it('shortens paths below the working directory', () => {
    expect(programLine(`Error\n    at f (${join(process.cwd(), 'examples/a.ts')}:1:2)`)).toBe('examples/a.ts:1:2');
  });

  it('knows when no frame is the program’s', () => {
    expect(programLine('Error\n    at node:internal/timers:5:1')).toBe(undefined);
  });
});
