import { SessionEventError } from '../errors/hook-errors.ts';
import { mapperOf } from '../mapping/configure.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import { closest } from '../util/suggest.ts';
import { OBJECT_EVENTS, SESSION_EVENTS, SYNONYMS } from './session-events.ts';

/** A method's type, and so not strict about the event: the signatures of `on` are. */
export type Listener = { listen(event: object): unknown }['listen'];

interface Registration {
  readonly model: ModelClass | undefined;
  readonly listener: Listener;
}

const NAMES: readonly string[] = [...SESSION_EVENTS, ...OBJECT_EVENTS];

/** Who listens: of one session, a factory or a registry. Those that a session inherits from are called before its own. */
export class SessionListeners {
  readonly #own = new Map<string, Registration[]>();
  readonly #inherited: SessionListeners[] = [];
  #count = 0;

  /** Whether anybody listens to anything; what is false costs nothing more. */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#inherited.every((each) => each.isEmpty);
  }

  inherit(from: SessionListeners): void {
    this.#inherited.push(from);
  }

  has(name: string): boolean {
    return (this.#own.get(name)?.length ?? 0) > 0 || this.#inherited.some((each) => each.has(name));
  }

  /**
   * `(event, listener)` or `(model, event, listener)`.
   *
   * @returns what removes the listener again.
   * @throws {SessionEventError} SESSION_UNKNOWN_EVENT
   */
  on(...args: readonly [string, Listener] | readonly [ModelClass, string, Listener]): () => void {
    const [model, given, listener] = args.length === 2 ? [undefined, ...args] : args;
    const name = knownName(given, model);
    if (typeof listener !== 'function') throw SessionEventError.noListener(name);
    if (model !== undefined) mapperOf(model);
    const registration = { model, listener };
    this.#own.set(name, [...(this.#own.get(name) ?? []), registration]);
    this.#count++;
    return () => this.#remove(name, registration);
  }

  /** In the order in which they are to be called; later registrations do not change the list. */
  of(name: string, object?: object): Listener[] {
    const own = (this.#own.get(name) ?? []).filter(({ model }) => model === undefined || object instanceof model);
    return [...this.#inherited.flatMap((each) => each.of(name, object)), ...own.map(({ listener }) => listener)];
  }

  #remove(name: string, registration: Registration): void {
    const before = this.#own.get(name) ?? [];
    const after = before.filter((each) => each !== registration);
    this.#own.set(name, after);
    this.#count -= before.length - after.length;
  }
}

function knownName(given: string, model: ModelClass | undefined): string {
  const name = SYNONYMS.get(given) ?? given;
  const known: readonly string[] = model === undefined ? NAMES : OBJECT_EVENTS;
  if (known.includes(name)) return name;
  throw NAMES.includes(name)
    ? SessionEventError.notOfObjects(name, model?.name ?? '')
    : SessionEventError.unknown(given, closest(given, known), known);
}
