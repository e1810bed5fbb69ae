import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ScopeOpener } from '../../src/web/request-scope.ts';

/** One route, said in a way that every framework can serve. */
export interface ServedRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Gives what to answer: a `Readable` to stream, or anything else as JSON. */
  readonly handle: (raw: { request: IncomingMessage; response: ServerResponse }) => unknown;
  /** The route's error handler throws itself. */
  readonly errorHandlerThrows?: true;
  /** The handler writes to the raw response; the framework keeps out of it. */
  readonly isHijacked?: true;
}

export interface TestServer {
  readonly port: number;
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<void>;
}

/** A framework with its Hermetic plugin. */
export interface WebFramework {
  readonly name: string;
  serve(db: ScopeOpener, routes: readonly ServedRoute[]): Promise<TestServer>;
}
