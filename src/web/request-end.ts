import type { IncomingMessage, ServerResponse } from 'node:http';

/** How a request ended: answered in full, answered with an error, or cut off before its answer was complete. */
export type RequestEnd = 'finished' | 'failed' | 'aborted';

/** From here on, a status says that the work was refused or failed. */
const FIRST_FAILURE = 400;

/**
 * Calls `listener` once, when the request has really ended, however it ends.
 *
 * `finish` never comes for a request that is cut off, and `close` of the response not for one that waits in a pipeline
 * whose socket dies (Node 22); `close` of the request comes early for one whose body is read. Only both together tell.
 */
export function onRequestEnd(
  request: IncomingMessage,
  response: ServerResponse,
  listener: (end: RequestEnd) => void,
): void {
  let hasEnded = false;
  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    response.off('close', end);
    request.off('close', endIfCut);
    listener(endOf(request, response));
  };
  const endIfCut = (): void => {
    if (isCut(request)) end();
  };
  response.on('close', end);
  request.on('close', endIfCut);
  // The client may have left before anybody listened.
  if (response.closed || isGone(request)) end();
}

function endOf(request: IncomingMessage, response: ServerResponse): RequestEnd {
  // `writableFinished` would be wrong: HTTP/2 sets it after an abort, and injected requests never set it.
  if (!response.writableEnded || request.aborted) return 'aborted';
  return response.statusCode >= FIRST_FAILURE ? 'failed' : 'finished';
}

function isCut(request: IncomingMessage): boolean {
  return request.aborted || request.errored !== null || isGone(request);
}

/** Requests that a test injects may have no socket. */
function isGone({ socket }: { readonly socket?: { readonly destroyed: boolean } }): boolean {
  return socket?.destroyed === true;
}
