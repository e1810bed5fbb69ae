import { Connection } from '../engine/connection.ts';
import { Engine } from '../engine/engine.ts';
import { SessionOptionError } from '../errors/session-errors.ts';
import { UnboundError } from '../errors/transaction-errors.ts';
import type { Mapper } from '../mapping/mapper.ts';

/** Where a session finds its database: an engine, or a connection that the caller keeps. */
export type Bind = Engine | Connection;

/** A class whose objects, and those of its subclasses, live on a bind of their own. */
export interface ModelBind {
  readonly model: abstract new (...args: never[]) => object;
  readonly engine: Bind;
}

/** Binds for some models, in either form. */
export type ModelBinds = ReadonlyMap<ModelBind['model'], Bind> | readonly ModelBind[];

/** Which engine or connection each model lives on. */
export class Binds {
  readonly #default: Bind | undefined;
  readonly #byClass: ReadonlyMap<unknown, Bind>;
  /** Found once for each mapper. */
  readonly #byMapper = new Map<Mapper, Bind>();

  constructor(bind: Bind | undefined, models: ModelBinds = []) {
    this.#default = bind;
    this.#byClass = isList(models) ? new Map(models.map(({ model, engine }) => [model, engine])) : models;
  }

  /** True when there is one bind and so no choice. */
  get isSingle(): boolean {
    return this.#byClass.size === 0 && this.#default !== undefined;
  }

  /** For statements that name no model. @throws {UnboundError} SESSION_NO_BIND */
  get default(): Bind {
    if (this.#default === undefined) throw UnboundError.statement();
    return this.#default;
  }

  /** The default, or any other where there is none. @throws {UnboundError} SESSION_NO_BIND */
  get any(): Bind {
    const [bind] = this.all;
    return bind ?? this.default;
  }

  /** Every engine and connection, the default first. */
  get all(): Set<Bind> {
    return new Set([...(this.#default === undefined ? [] : [this.#default]), ...this.#byClass.values()]);
  }

  /** The bind of a model: its own, that of the nearest class it extends, or the default. @throws {UnboundError} SESSION_NO_BIND */
  of(mapper: Mapper): Bind {
    let bind = this.#byMapper.get(mapper);
    if (bind === undefined) this.#byMapper.set(mapper, (bind = this.#find(mapper)));
    return bind;
  }

  #find(mapper: Mapper): Bind {
    for (let each: unknown = mapper.model; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
      const bind = this.#byClass.get(each);
      if (bind !== undefined) return bind;
    }
    if (this.#default === undefined) throw UnboundError.model(mapper.name);
    return this.#default;
  }
}

export function isBind(value: unknown): value is Bind {
  return value instanceof Engine || value instanceof Connection;
}

/** Whether a value is a map, or a list, of classes and their engines. */
export function checkModelBinds(value: unknown): boolean {
  if (value instanceof Map) return [...value].every(([model, bind]) => typeof model === 'function' && isBind(bind));
  return Array.isArray(value) && value.every(isModelBind);
}

function isModelBind(value: unknown): boolean {
  const { model, engine }: { model?: unknown; engine?: unknown } =
    typeof value === 'object' && value !== null ? value : {};
  return typeof model === 'function' && isBind(engine);
}

function isList(models: ModelBinds): models is readonly ModelBind[] {
  return Array.isArray(models);
}

/** @throws {SessionOptionError} SESSION_BAD_OPTION - two-phase commit with a database that has none. */
export function refuseTwoPhaseOnSome(binds: Binds): void {
  for (const { dialect, address } of binds.all) {
    if (!dialect.supportsTwoPhase) throw SessionOptionError.twoPhase(dialect.name, address);
  }
}
