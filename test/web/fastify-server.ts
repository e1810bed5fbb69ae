import type { AddressInfo } from 'node:net';

import { fastify } from 'fastify';
import type { FastifyInstance, RouteOptions } from 'fastify';

import { hermeticFastify } from '../../src/web/fastify.ts';
import type { ScopeOpener } from '../../src/web/request-scope.ts';
import type { ServedRoute, WebFramework } from './web-server.ts';

export const fastifyFramework: WebFramework = {
  name: 'fastify',
  async serve(db: ScopeOpener, routes: readonly ServedRoute[]) {
    const app = fastify();
    await app.register(hermeticFastify, { db });
    for (const route of routes) app.route(routeOptions(route));
    const port = await listen(app);
    return { port, cut: () => app.server.closeAllConnections(), close: () => app.close() };
  },
};

export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

function routeOptions({ method, path, handle, isHijacked, errorHandlerThrows }: ServedRoute): RouteOptions {
  return {
    method,
    url: path,
    handler: (request, reply) => {
      if (isHijacked === true) reply.hijack();
      return handle({ request: request.raw, response: reply.raw });
    },
    ...(errorHandlerThrows === true ? { errorHandler: failingErrorHandler } : {}),
  };
}

function failingErrorHandler(): never {
  throw new Error('the error handler failed');
}
