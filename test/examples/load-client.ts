import { Agent, request } from 'node:http';

/** The same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  /** When the client leaves: after so many turns of the event loop, or when the answer begins; undefined when it stays. */
  readonly leave: number | 'at answer' | undefined;
}

export interface LoadAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends requests over so many connections, each as soon as one is free.
 *
 * @param next - the next request and what to do with its answer; undefined when there is none.
 * @returns how many clients left before their answer was complete.
 */
export async function sendAll(
  address: string,
  connections: number,
  next: () => { readonly request: LoadRequest; readonly check: (answer: LoadAnswer) => void } | undefined,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let left = 0;
  const work = async (): Promise<void> => {
    for (let job = next(); job !== undefined; job = next()) {
      const answer = await send(address, agent, job.request);
      if (answer === undefined) left++;
      else job.check(answer);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  agent.destroy();
  return left;
}

/** Undefined when the client left. */
function send(
  address: string,
  agent: Agent,
  { method, path, body, leave }: LoadRequest,
): Promise<LoadAnswer | undefined> {
  return new Promise((resolve, reject) => {
    let hasLeft = false;
    const goAway = (): void => {
      hasLeft = true;
      outgoing.destroy();
    };
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(address + path, { agent, method, headers }, (response) => {
      if (leave === 'at answer') return goAway();
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', (error) => (hasLeft ? resolve(undefined) : reject(error)));
    });
    outgoing.on('error', (error) => (hasLeft ? resolve(undefined) : reject(error)));
    outgoing.on('close', () => hasLeft && resolve(undefined));
    outgoing.end(body);
    if (typeof leave === 'number') afterTurns(leave, goAway);
  });
}

function afterTurns(turns: number, run: () => void): void {
  if (turns === 0) run();
  else setImmediate(() => afterTurns(turns - 1, run));
}
