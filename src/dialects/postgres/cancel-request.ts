import { connect } from 'node:net';
import type { NetConnectOpts } from 'node:net';

import type { Client } from 'pg';

import { cancelKeyOf } from './wire.ts';

/** CancelRequest's number in the protocol, where others have their version. */
const CANCEL_REQUEST = 80_877_102;

/**
 * Asks the server, on a socket of its own, to cancel what `client` runs. Resolves when the server has heard it.
 *
 * The secret key keeps this from hitting anybody else, as a process number alone would not.
 */
export function sendCancelRequest(client: Client): Promise<void> {
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
