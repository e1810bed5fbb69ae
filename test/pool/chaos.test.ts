import { describe, expect, inject, it } from 'vitest';

import { createEngine } from '../../src/engine/create-engine.ts';
import { ChaosConnections } from '../support/chaos-connections.ts';
import { ChaosLoad } from '../support/chaos-load.ts';
import { ChaosProxy } from '../support/chaos-proxy.ts';
import { TROUBLES } from '../support/troubles.ts';

const url = inject('postgresUrl');

describe.runIf(url !== undefined)('Under load, a pool on a real server', () => {
  it.each(TROUBLES)(
    'recovers by itself when $name, loses no connection and answers nobody wrongly',
    async ({ begin, codes }) => {
      const address = url ?? '';
      const victim = `chaos ${process.pid}`;
      const proxy = await ChaosProxy.start(address);
      const admin = createEngine({ url: address, poolSize: 1 });
      const engine = createEngine({
        url: proxy.through(address),
        poolSize: 3,
        maxOverflow: 2,
        poolTimeout: 500,
        connectTimeout: 250,
        poolCloseTimeout: 500,
        driverOptions: { application_name: victim },
      });
      const work = new ChaosConnections(engine);
      const load = new ChaosLoad(work, 12);
      await load.allSucceed();
      load.take();

      await begin({ proxy, admin, victim });
      await load.failures(1);
      await proxy.heal();
      await load.allSucceed();
      const { counts } = load.take();
      await load.stop();

      expect(Object.keys(counts).filter((code) => !['ok', ...codes].includes(code.split(':')[0] ?? ''))).toEqual([]);
      expect([work.wrongAnswers, engine.pool.holders(), engine.pool.status().waiting]).toEqual([0, [], 0]);
      await engine.dispose();
      await admin.dispose();
      expect(engine.pool.status()).toMatchObject({ checkedIn: 0, checkedOut: 0 });
      await proxy.close();
    },
    30_000,
  );
});
