import { connect } from 'node:net';
import type { NetConnectOpts } from 'node:net';

import type { Client } from 'pg';

import { systemClock } from '../../util/clock.ts';
import type { Clock } from '../../util/clock.ts';
import { cancelKeyOf } from './wire.ts';

/** CancelRequest's number in the protocol, where others have their version. */
const CANCEL_REQUEST = 80_877_102;

/** First wait for the effect of a request, milliseconds; each further one is twice as long. */
const FIRST_WAIT_MS = 50;

/** Asks until the client is quiet: a request that overtakes its statement cancels nothing. */
export async function cancelUntil(quiet: Promise<void>, client: Client, clock: Clock = systemClock): Promise<void> {
  const isQuiet = quiet.then(() => true);
  for (let wait = FIRST_WAIT_MS; ; wait *= 2) {
    await sendCancelRequest(client);
    if (await Promise.race([isQuiet, elapsed(wait, clock)])) return;
  }
}

/** False, after so long. */
function elapsed(ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => clock.setBackgroundTimer(ms, () => resolve(false)));
}

/**
 * Asks the server, on a socket of its own, to cancel what `client` runs. Resolves when the server has heard it.
 *
 * The secret key keeps this from hitting anybody else, as a process number alone would not.
 */
function sendCancelRequest(client: Client): Promise<void> {
  const { processID, secretKey } = cancelKeyOf(client);
  const message = Buffer.alloc(16);
  [message.length, CANCEL_REQUEST, processID ?? 0, secretKey ?? 0].forEach((number, index) =>
    message.writeInt32BE(number, index * 4),
  );
  return new Promise((resolve, reject) => {
    const socket = connect(addressOf(client), () => socket.write(message));
    // The server answers nothing: it hangs up when the signal is on its way.
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume();
  });
}

function addressOf({ host, port }: Client): NetConnectOpts {
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}
