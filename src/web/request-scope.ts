import type { IncomingMessage, ServerResponse } from 'node:http';

import { WebOptionError } from '../errors/web-errors.ts';
import type { OpenScope, ScopeOptions } from '../session/scoped-session.ts';
import { onRequestEnd } from './request-end.ts';

/** What opens scopes: a scoped session. */
export interface ScopeOpener {
  open(options?: ScopeOptions): OpenScope;
}

/** One request, as Node has it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Method and route pattern, never the path itself: it ends up in errors and metrics. */
  readonly label: string;
}

const scopes = new WeakMap<ScopeOpener, WeakMap<IncomingMessage, OpenScope>>();

/**
 * Opens a scope that ends with the request. Nothing is committed: what the handler did not commit is rolled back.
 *
 * The end closes over its scope and never looks it up: listeners run in whatever async context ends the request, which
 * may be another request's.
 */
export function openRequestScope(db: ScopeOpener, { request, response, label }: Exchange): OpenScope {
  const scope = db.open({ label });
  scopesOf(db).set(request, scope);
  onRequestEnd(request, response, (end) => void scope.end(end));
  return scope;
}

/**
 * The scope of a request, for code that lost its async context; undefined when the request has none.
 *
 * @param request - Node's request, or a framework's with Node's as `raw`.
 * @param db - the scoped session that the plugin was registered with.
 * @example scopeOf(request, db)?.signal // aborted when the client went away
 */
export function scopeOf(
  request: IncomingMessage | { readonly raw: IncomingMessage },
  db: ScopeOpener,
): OpenScope | undefined {
  return scopesOf(db).get('raw' in request ? request.raw : request);
}

/** @throws {WebOptionError} WEB_BAD_OPTION - `db` is no scoped session. */
export function requireOpener(plugin: string, db: unknown): ScopeOpener {
  if (!isOpener(db)) throw WebOptionError.noScopedSession(plugin);
  return db;
}

function isOpener(db: unknown): db is ScopeOpener {
  return typeof db === 'object' && db !== null && 'open' in db && typeof db.open === 'function';
}

function scopesOf(db: ScopeOpener): WeakMap<IncomingMessage, OpenScope> {
  let ofDb = scopes.get(db);
  if (ofDb === undefined) scopes.set(db, (ofDb = new WeakMap()));
  return ofDb;
}
