import type { ConnectScript } from './pool-actions.ts';
import { gate, refusal } from './scripted-connector.ts';
import type { Reply } from './scripted-connector.ts';

/** What a connector says to a checkout that cannot have a connection. */
export const CONNECTOR_ERRORS: readonly string[] = ['no such user', 'refused', refusal().message, 'dead'];

type Gate = ReturnType<typeof gate>;

/** A connector's replies, with a hand on those that are slow and have not ended. */
export class SlowReplies {
  readonly #gates: Gate[] = [];

  reply(script: ConnectScript): Reply {
    if (script === 'fail') return new Error('no such user');
    if (script === 'refused') return refusal();
    if (script !== 'slow') return script;
    const slow = gate();
    this.#gates.push(slow);
    return slow.opened;
  }

  /** Lets one of them go well. */
  arrive(pick: number): void {
    this.#take(pick)?.open();
  }

  /** Lets one of them fail. */
  refuse(pick: number): void {
    this.#take(pick)?.fail(new Error('refused'));
  }

  arriveAll(): void {
    for (const slow of this.#gates) slow.open();
  }

  #take(pick: number): Gate | undefined {
    return this.#gates.splice(pick % Math.max(this.#gates.length, 1), 1)[0];
  }
}
