import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A line of the program, captured cheaply and put into words only when somebody asks. */
export interface CallSite {
  /** `file:line:column` of the first frame outside the library, or undefined when there is none. */
  readonly line: string | undefined;
}

const FRAMES = 8;

/** `…/src/` or `…/dist/`, whichever of the two runs. */
const LIBRARY = fileURLToPath(new URL('../', import.meta.url));

const NOT_THE_PROGRAM = [LIBRARY, `${sep}node_modules${sep}kysely${sep}`, 'node:', '<anonymous>'];

class CapturedCallSite implements CallSite {
  stack: string | undefined = undefined;
  #line: string | undefined;

  get line(): string | undefined {
    const stack = this.stack;
    if (typeof stack === 'string') {
      this.#line = programLine(stack);
      this.stack = undefined;
    }
    return this.#line;
  }
}

/**
 * Remembers where the program is now.
 *
 * Until `line` is read the frames stay unformatted, which is cheap but keeps their functions and `this` alive:
 * whoever keeps a call site for long reads its `line` once.
 *
 * @param below - leaves out this function and everything that it called.
 */
export function captureCallSite(below: Function = captureCallSite): CallSite {
  const site = new CapturedCallSite();
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(site, below);
  Error.stackTraceLimit = limit;
  return site;
}

/** The first line of `stack` that belongs to the program, as `file:line:column`. */
export function programLine(stack: string): string | undefined {
  for (const frame of stack.split('\n')) {
    const place = placeOf(frame);
    if (place !== undefined && !NOT_THE_PROGRAM.some((part) => place.includes(part))) return shorten(place);
  }
  return undefined;
}

/** `    at name (file:1:2)` or `    at file:1:2` → `file:1:2`. */
function placeOf(frame: string): string | undefined {
  const match = /^\s*at (?:async )?(?:.*\()?(.+:\d+:\d+)\)?$/.exec(frame);
  const place = match?.[1];
  return place?.startsWith('file://') ? fileURLToPath(place) : place;
}

function shorten(place: string): string {
  const path = relative(process.cwd(), place);
  return path.startsWith('..') ? place : path;
}
