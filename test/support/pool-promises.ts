import { fail } from 'node:assert';
import { inspect } from 'node:util';

import { CircleWatch } from './circle-watch.ts';
import type { KnownPool, Rest } from './known-pool.ts';
import { checkoutFaults, connectionFaults } from './pool-accounts.ts';
import { areCapsKept, countEligible } from './pool-caps.ts';
import { PoolOrder } from './pool-order.ts';

/** What a pool promises, checked whenever it rests. */
export class PoolPromises {
  readonly #known: KnownPool;
  readonly #order: PoolOrder;
  readonly #circles: CircleWatch;

  constructor(known: KnownPool) {
    this.#known = known;
    this.#order = new PoolOrder(known);
    this.#circles = new CircleWatch(known);
  }

  /** @throws an assertion that names each promise which is broken. */
  check(): void {
    const known = this.#known;
    const rest = known.rest();
    const broken = [
      ...known.broken,
      ...namesOf(this.#ownershipFaults(rest)),
      ...namesOf(this.#lineFaults(rest)),
      ...namesOf(checkoutFaults(known, rest)),
      ...namesOf(connectionFaults(known, rest)),
    ];
    if (broken.length > 0) fail(`${broken.join('; ')}\n${inspect(rest, { depth: 3 })}`);
    known.allowed = Math.max(known.limit, Math.min(known.allowed, rest.places));
  }

  #ownershipFaults(rest: Rest): Record<string, boolean> {
    const { pool } = this.#known.bench;
    const { connector, disposal, allowed, limit, detached, shape } = this.#known;
    const { status, holding, open, places } = rest;
    const owned = new Set([...holding.map(({ lease }) => lease.connection), ...detached]);
    // A disposal that ran out of time takes connections from their holders.
    const isIntact = disposal === undefined;
    return {
      'more connections than the limit': Math.max(open, places) > allowed,
      'a connection with two owners': owned.size !== holding.length + detached.size,
      'a lease is lost': isIntact && pool.holders().length !== holding.length,
      'a lent connection is closed': isIntact && holding.some(({ lease }) => lease.connection.isClosed),
      'idle ones are kept beyond the limit': open - connector.closing.size > limit && status.checkedIn > 0,
      'a count is negative': Object.values(status).some((count) => count < 0),
      'a label has more than it may': !areCapsKept(shape.maxPerLabel, rest),
    };
  }

  #lineFaults(rest: Rest): Record<string, boolean> {
    const { disposal, asked } = this.#known;
    const { status, pending } = rest;
    const isServing = disposal === undefined || (disposal.serves && disposal.report === undefined);
    return {
      'those who wait are not in line': status.waiting !== pending.length,
      'served out of order': !this.#order.isKept(),
      'whoever waits longest is passed over': this.#order.isOldestPassedOver(rest),
      'somebody is forgotten': this.#isAnyoneForgotten(rest),
      'a connect goes on that nobody wants': this.#isUnwantedOpened(rest),
      'somebody waits for a pool that is disposed of': !isServing && pending.length > 0,
      'a pool that is disposed of serves newcomers': asked.some(
        ({ isLate, outcome }) => isLate && outcome !== 'refused',
      ),
      'a circle stays': this.#circles.letsStand(),
    };
  }

  /** A connection is being opened that nobody waits for, and that would not be kept. */
  #isUnwantedOpened(rest: Rest): boolean {
    const { shape, isSuspended, size } = this.#known;
    const { connecting, checkedIn } = rest.status;
    const isWanted = connecting <= Math.max(0, countEligible(shape.maxPerLabel, rest));
    return !isSuspended && !isWanted && checkedIn + connecting > size;
  }

  /** Somebody waits, though a connection is idle or might be opened and nothing is under way. */
  #isAnyoneForgotten(rest: Rest): boolean {
    const { shape, isSuspended, limit, connector } = this.#known;
    const { status, holding, places } = rest;
    const eligible = countEligible(shape.maxPerLabel, rest);
    if (eligible <= 0 || isSuspended) return false;
    // What is being tested counts as checked out, and serves the next in line.
    const tested = status.checkedOut - holding.length - connector.resetting;
    if (status.checkedIn > 0 && eligible > tested) return true;
    const unservedByWhatComes = eligible - status.connecting - tested;
    const isRationed = connector.isTroubled || status.connecting >= Math.max(2, Math.ceil(limit / 4));
    return unservedByWhatComes > 0 && places < limit && !isRationed;
  }
}

function namesOf(faults: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(faults).filter((name) => faults[name]);
}
